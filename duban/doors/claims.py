"""Taking a return out of the drop folder, so that of several workers exactly one has it.

A claim is a folder `.taken/<owner>/<id>/` with a note of where its `box/` came from. Renaming is atomic on
one file system: who moves the file has it, and whoever comes second finds it gone. The note is written
first, so that another worker can finish what a dead one has left half moved.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from duban.doors.looking import TAKEN, Package, told

HOLDS = 600.0
"""Seconds after which a claim whose worker went silent is anybody's."""
NOTE, BOX, CLOCK = "note.json", "box", "clock"


@dataclass(frozen=True, slots=True)
class Claim:
    """A return that one worker has."""

    path: Path
    place: PurePath
    """Where it lay."""
    main: bool
    """Whether a file of that name is its form; else it is a folder with an address."""
    folder: PurePath | None
    completed: float

    @property
    def box(self) -> Path:
        """Where its files are now."""
        return self.path / BOX

    @property
    def name(self) -> str:
        """What it is put away as: its file's stem, or the parts of its address after the campaign."""
        return told(self.place.stem if self.main else "-".join(self.place.parts[1:]))

    @property
    def moves(self) -> list[PurePath]:
        """What has to be moved, the deciding one first."""
        return [self.place, *([self.folder] if self.main and self.folder else [])]


class Shelf:
    """The claims of one worker in one folder."""

    def __init__(self, root: Path, owner: str) -> None:
        """Makes the worker's own folder."""
        self.root = root
        self.mine = root / TAKEN / (re.sub(r"[^A-Za-z0-9]+", "-", owner)[:40] + "-" + uuid.uuid4().hex[:8])
        (root / TAKEN).mkdir(mode=0o700, exist_ok=True)  # ours alone: its notes say when a file was complete
        self.mine.mkdir()

    def clock(self) -> float:
        """The time on the share's own clock, which need not be ours."""
        path = self.mine / CLOCK
        path.write_bytes(b"")
        os.utime(path)
        return path.stat().st_mtime

    def claim(self, package: Package) -> Claim | None:
        """Take it; None when somebody else was faster."""
        claim = Claim(
            self.mine / uuid.uuid4().hex, package.place, package.main is not None, package.folder,
            package.completed,
        )  # fmt: skip
        claim.box.mkdir(parents=True)
        _write_note(claim)
        return claim if self._fill(claim) else None

    def _fill(self, claim: Claim) -> bool:
        """Move what is not moved yet. A claim that got nothing is none."""
        for place in claim.moves:
            target = claim.box / place.name
            if not target.exists():
                with suppress(FileNotFoundError):
                    _move(self.root / place, target, keep=not claim.main)
        if (claim.box / claim.place.name).exists():
            return True
        self.drop(claim)
        return False

    def left_behind(self, now: float) -> list[Claim]:
        """Claims whose worker went silent, now ours."""
        found = []
        for path in sorted((self.root / TAKEN).glob(f"*/*/{NOTE}")):
            with suppress(OSError):  # another worker was faster, or it will be tried again
                if path.parent.parent != self.mine and now - path.lstat().st_mtime > HOLDS:
                    found.append(self._retaken(path.parent))
        return [claim for claim in found if claim is not None]

    def _retaken(self, path: Path) -> Claim | None:
        """The whole claim moves at once, so that two workers cannot both take it again."""
        target = self.mine / path.name
        os.rename(path, target)
        with suppress(OSError):
            path.parent.rmdir()  # its worker is gone
        os.utime(target / NOTE)
        claim = _read_note(target)
        if claim is None or claim.box.is_symlink() or not claim.box.is_dir():
            shutil.rmtree(target, ignore_errors=True)  # it was moving nothing yet, or all is put away
            return None
        return claim if self._fill(claim) else None

    def put_back(self, claim: Claim) -> None:
        """Undo a claim, without overwriting what came to the place meanwhile; that stays claimed."""
        for place in reversed(claim.moves):
            source, target = claim.box / place.name, self.root / place
            if source.exists() and not os.path.lexists(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                os.rename(source, target)
        if not any(claim.box.iterdir()):
            self.drop(claim)

    def file_away(self, claim: Claim, shelf: str, day: str) -> Path:
        """Move the box to `<shelf>/<day>/<name>/`, under the next free name. One rename: it is there with
        its answer, or not at all; renaming never replaces a folder that holds something."""
        name = claim.name[:60].strip(". ") or "_"
        parent = self.root / shelf / day
        parent.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            target = parent / (name if number == 1 else f"{name} ({number})")
            try:
                if not os.path.lexists(target):
                    os.rename(claim.box, target)
                    self.drop(claim)
                    return target
            except OSError:
                if not os.path.lexists(target):
                    raise
            number += 1

    def drop(self, claim: Claim) -> None:
        """Forget a claim that holds nothing any more."""
        shutil.rmtree(claim.path, ignore_errors=True)

    def close(self) -> None:
        """Leave no empty folder behind; what could not be finished stays for whoever comes later."""
        (self.mine / CLOCK).unlink(missing_ok=True)
        with suppress(OSError):
            self.mine.rmdir()


def _move(source: Path, target: Path, *, keep: bool) -> None:
    """Move it away; a folder that is an address is wanted again, so an empty one takes its place."""
    status = source.stat() if keep else None
    os.rename(source, target)
    if status is not None:
        with suppress(OSError):
            source.mkdir()
            source.chmod(stat.S_IMODE(status.st_mode))
            os.chown(source, status.st_uid, status.st_gid)


def _write_note(claim: Claim) -> None:
    said: dict[str, Any] = {
        "place": claim.place.as_posix(), "main": claim.main, "completed": claim.completed,
        "folder": claim.folder.as_posix() if claim.folder else None,
    }  # fmt: skip
    (claim.path / NOTE).write_text(json.dumps(said), encoding="utf-8")


def _read_note(path: Path) -> Claim | None:
    """A note as we wrote it; None for one that a crash cut short, before anything was moved."""
    try:
        said = json.loads((path / NOTE).read_text(encoding="utf-8"))
        place = PurePath(said["place"])
        folder = PurePath(said["folder"]) if said["folder"] else None
        main, completed = bool(said["main"]), float(said["completed"])
    except (ValueError, KeyError, TypeError):
        return None
    if any(not p.name or p.is_absolute() or ".." in p.parts for p in (place, folder) if p is not None):
        return None
    return Claim(path, place, main, folder, completed)
