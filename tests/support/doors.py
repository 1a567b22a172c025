"""A drop folder as a share offers it: files with the times they were complete at."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from duban.doors.drained import Drained
from duban.doors.folder import DropFolder, drain_folder
from duban.ledger import Ledger
from duban.rendering import renderer
from tests.support.harbour import at


def by_mtime(stat: os.stat_result) -> float:
    """A test can set only this one of a file's times; the share sets both."""
    return stat.st_mtime


class Share:
    """The folder, on the harbour's clock."""

    def __init__(self, root: Path, ledger: Ledger) -> None:
        self.root, self.ledger = root, ledger
        root.mkdir()

    def put(self, place: str, data: bytes, when: str) -> Path:
        """A unit's upload, complete at a time."""
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (at(when).timestamp(),) * 2)
        return path

    def drain(
        self, now: str, *, owner: str = "one", wait: Callable[[float], None] = lambda _: None
    ) -> Drained:
        """One drain at a time of the ledger's."""
        folder = DropFolder(self.root, wait=wait, done=by_mtime)
        return drain_folder(self.ledger, folder, renderer(), owner=owner, as_of=at(now))

    def tree(self) -> list[str]:
        """Every file there is, but those that are taken."""
        return sorted(
            p.relative_to(self.root).as_posix()
            for p in self.root.rglob("*")
            if p.is_file() and ".taken" not in p.parts
        )

    def said(self, place: str) -> str:
        """An answer as an officer's editor shows it."""
        raw = (self.root / place).read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf")
        assert b"\r\n" in raw
        return raw.decode("utf-8-sig").replace("\r\n", "\n")


def identified(duty: str, unit: str, period: str = "", **more: Any) -> bytes:
    """A JSON return that says whose it is."""
    return json.dumps(
        {"campaign": "harbour-2024", "duty": duty, "unit": unit, "period": period} | more
    ).encode()


def ages_ago(path: Path) -> None:
    """Let a file look as if its worker had died long since."""
    old = time.time() - 3600
    os.utime(path, (old, old))
