"""Posted forms: read as they come, files to disk, with bounds on everything that is counted."""

from __future__ import annotations

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from duban.portal.limits import bound
from duban.portal.refusals import BadForm, TooLarge

MOST_FILES = 200
MOST_FIELDS = 20_000
"""A register of 1,000 rows has many."""
MOST_TEXT = 4 << 20
"""Bytes of all fields together that are no files: they are held in memory."""
MOST_UNKNOWN = 64 << 10
"""Bytes that are read of whoever is not signed in."""


class Parser(MultiPartParser):
    """Starlette's, holding little in memory: a small part of each file, and a bounded sum of fields."""

    spool_max_size = 64 << 10
    text_size = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Count what goes to memory. Raises TooLarge."""
        if self._current_part.file is None:
            self.text_size += end - start
            if self.text_size > MOST_TEXT:
                raise TooLarge()
        super().on_part_data(data, start, end)


def is_small(request: Request) -> bool:
    """Whether a body says that it is small enough to be read of whoever is not signed in."""
    length = request.headers.get("content-length", "")
    return length.isascii() and length.isdigit() and int(length[:12]) <= MOST_UNKNOWN


async def read_form(request: Request, *, known: bool = True) -> FormData:
    """The fields and files of a POST; empty for one that is no form. Raises TooLarge, BadForm."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    if options.get(b"charset", b"utf-8").lower() != b"utf-8":
        raise BadForm("charset")  # our pages are UTF-8; some of the other decoders are slow or not for text
    try:
        if kind == b"multipart/form-data":
            if not known:
                bound(request.scope, MOST_UNKNOWN)
            return await Parser(
                request.headers, request.stream(), max_files=MOST_FILES, max_fields=MOST_FIELDS,
                max_part_size=MOST_TEXT,
            ).parse()  # fmt: skip
        if kind == b"application/x-www-form-urlencoded":
            bound(request.scope, MOST_TEXT if known else MOST_UNKNOWN)
            return await FormParser(
                request.headers, request.stream(), max_fields=MOST_FIELDS, max_part_size=MOST_TEXT
            ).parse()
    except MultiPartException as error:
        raise BadForm(error.message) from None
    return FormData()
