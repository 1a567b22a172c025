"""The program that reader.py runs: workbooks in, sheets out, until its input ends.

Run by its path, so that it imports calamine and nothing of ours and starts in milliseconds.
"""

import io
import pickle
import struct
import sys

from python_calamine import CalamineWorkbook

MEMORY = 2 << 30
"""A workbook that wants more kills the worker, not the machine."""


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    """All sheets, hidden ones too, each from A1 on."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {
        name: [list(row) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
        for name in book.sheet_names
    }


def serve() -> None:
    """Answer requests: eight bytes of length, then the workbook; None back when it cannot be read."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(8):
        data = source.read(struct.unpack("<Q", header)[0])
        try:
            answer: object = sheets(data)
        except Exception:
            answer = None
        body = pickle.dumps(answer)
        sink.write(struct.pack("<Q", len(body)) + body)
        sink.flush()


if __name__ == "__main__":
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    serve()
