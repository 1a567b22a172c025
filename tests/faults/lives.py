"""Lives of players: what one process does until it ends or is killed, and how far all of them have come."""

from __future__ import annotations

import json
import mmap
import os
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

STEP = struct.Struct("<ii")


@dataclass(frozen=True)
class Life:
    """What one process does until it ends or is killed."""

    seed: int
    units: int
    months: int
    url: str
    channels: dict[str, str]
    progress: str
    """The file in which it notes how far it has come."""
    upto: int
    """The stage before which it ends by itself."""
    worker: int = 0
    workers: int = 1
    lanes: int = 1
    """So many are worked at once."""
    admin: str = ""
    """From where the database is shut and opened; "": it never is."""
    trap: str = ""
    nth: int = 0
    after: float | None = None
    """Killed so many seconds after its birth."""

    def line(self) -> str:
        """For the input of the player."""
        return json.dumps(asdict(self)) + "\n"


@dataclass(frozen=True)
class Ended:
    """How a life ended: `done`, `killed`, or `failed` with what went wrong."""

    how: str
    detail: str = ""
    at_any_instant: bool = False
    """Killed by the clock and not at its point."""


def read_progress(path: str | Path, worker: int = 0) -> tuple[int, int]:
    """The stage that a worker is in, and how many of its acts are done."""
    with open(path, "rb") as stream:
        stream.seek(worker * STEP.size)
        found = stream.read(STEP.size)
    return STEP.unpack(found) if len(found) == STEP.size else (0, 0)


def write_progress(path: str | Path, stage: int, done: int, worker: int = 0) -> None:
    """Note it, so that whoever comes after a kill goes on here."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.pwrite(descriptor, STEP.pack(stage, done), worker * STEP.size)
    os.close(descriptor)


class Progress:
    """How far all workers have come; read so often that it is kept at hand."""

    def __init__(self, path: Path, workers: int) -> None:
        self.path, self._workers = path, workers
        for worker in range(workers):
            write_progress(path, 0, 0, worker)
        with path.open("rb") as stream:
            self._at_hand = mmap.mmap(stream.fileno(), workers * STEP.size, access=mmap.ACCESS_READ)

    def stage(self) -> int:
        """The stage that is played: who is done with it waits in the next one."""
        return min(int(STEP.unpack_from(self._at_hand, w * STEP.size)[0]) for w in range(self._workers))

    def close(self) -> None:
        """Nobody looks any more."""
        self._at_hand.close()
