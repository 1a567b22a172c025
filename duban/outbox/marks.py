"""Marks: a line on this machine's disk at the moment a provider has taken a message.

An outcome takes a transaction of some milliseconds, a line some microseconds, and it outlives its process:
who is killed between the provider's answer and the outcome's commit has left word, and the next run on this
machine writes the outcome down instead of sending again."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Note = Callable[[str, int], None]
"""Leaves word that an attempt at a digest has succeeded."""
ENDING = ".marks"


@contextmanager
def noting(folder: Path | None) -> Iterator[Note]:
    """A file of our own to leave word in, gone when all is well; without a folder nothing is left."""
    if folder is None:
        yield lambda digest, n: None
        return
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, made = tempfile.mkstemp(dir=folder, prefix=".sent-")
    path = folder / (Path(made).name[1:] + ENDING)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.rename(made, path)  # locked before anybody looks for it

        def note(digest: str, n: int) -> None:
            os.write(descriptor, json.dumps([digest, n]).encode() + b"\n")

        yield note
        os.unlink(path)
    finally:
        os.close(descriptor)


def left(folder: Path | None, settle: Callable[[list[tuple[str, int]]], None]) -> None:
    """Hand over what processes have noted that are no more, each one's once."""
    for path in sorted(folder.glob(f"*{ENDING}")) if folder else ():
        with suppress(FileNotFoundError), path.open("rb") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # its process lives
            settle(list(_read(stream)))
            os.unlink(path)


def _read(lines: Iterable[bytes]) -> Iterator[tuple[str, int]]:
    for line in lines:
        with suppress(ValueError):  # a line that its process could not finish
            digest, n = json.loads(line)
            yield str(digest), int(n)
