"""Files that leave: always to be saved, never to be shown by the browser, under their own names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from duban.intake.file_kinds import extension, plain_name

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

READERS = ThreadPoolExecutor(2, "download")
"""So many files are in memory at once; what leaves slowly lies on disk. Threads of their own, as each keeps
room for as much as it has ever held."""
PIECE = 256 << 10


def download(data: bytes, name: str) -> Response:
    """A file under a name that may be Chinese (RFC 6266)."""
    kind, headers = _said(name)
    return Response(data, media_type=kind, headers=headers)


def download_kept(content: Callable[[], bytes | None], name: str) -> Response | None:
    """A file of any size that is on record; None if it is not."""
    found = READERS.submit(_laid_down, content).result()
    if found is None:
        return None
    file, size = found
    kind, headers = _said(name)
    return StreamingResponse(
        _pieces(file), media_type=kind, headers={**headers, "Content-Length": str(size)}
    )  # fmt: skip


def _laid_down(content: Callable[[], bytes | None]) -> tuple[IO[bytes], int] | None:
    """A file and its size."""
    data = content()
    if data is None:
        return None
    file = TemporaryFile()  # noqa: SIM115 - closed when it has left
    file.write(data)
    file.seek(0)
    return file, len(data)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


def _said(name: str) -> tuple[str, dict[str, str]]:
    """Content type and headers."""
    shown = plain_name(name) or "file"
    ascii_name = "file" + (
        f".{ending}" if (ending := extension(shown)).isalnum() and ending.isascii() else ""
    )
    said = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(shown, safe='')}"
    kind = WORKBOOK if extension(shown) == "xlsx" else "application/octet-stream"
    return kind, {"Content-Disposition": said}
