"""Files that leave: always to be saved, never to be shown by the browser, under their own names."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from duban.intake.file_kinds import extension, plain_name

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(data: bytes, name: str) -> Response:
    """A file under a name that may be Chinese (RFC 6266)."""
    shown = plain_name(name) or "file"
    ascii_name = "file" + (
        f".{ending}" if (ending := extension(shown)).isalnum() and ending.isascii() else ""
    )
    said = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(shown, safe='')}"
    kind = WORKBOOK if extension(shown) == "xlsx" else "application/octet-stream"
    return Response(data, media_type=kind, headers={"Content-Disposition": said})
