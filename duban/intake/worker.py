"""The program that reader.py runs: workbooks in, sheets out, until its input ends.

Run by its path, so that it imports calamine and nothing of ours and starts in milliseconds.
"""

import io
import pickle
import struct
import sys

from python_calamine import CalamineWorkbook

MEMORY = 160 << 20
"""A workbook that wants more kills the worker, not the machine. The program takes 12 MB, a hundred thousand
texts of three hundred characters each 120 more."""
LIGHT, LITTLE = (4 << 20) // 100, 44 << 20
"""What a file of up to so many bytes may take; it inflates to four megabytes at most (guard.py)."""
ANSWER = 48 << 20
"""Bytes of all sheets; one text that a hundred thousand cells share makes more of them."""


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    """All sheets, hidden ones too, each from A1 on."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {
        name: [list(row) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
        for name in book.sheet_names
    }


def limit(memory: int) -> None:
    """Bound what the next file may take."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, MEMORY))


def serve() -> None:
    """Answer requests: eight bytes of length, then the workbook; None back when it cannot be read."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(8):
        size = struct.unpack("<Q", header)[0]
        limit(LITTLE if size <= LIGHT else MEMORY)
        data = source.read(size)
        try:
            answer: object = sheets(data)
        except Exception:
            answer = None
        body = pickle.dumps(answer)
        if len(body) > ANSWER:
            body = pickle.dumps(None)
        sink.write(struct.pack("<Q", len(body)) + body)
        sink.flush()


if __name__ == "__main__":
    serve()
