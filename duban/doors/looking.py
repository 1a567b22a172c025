"""What lies in the drop folder: files that belong together, by where they lie. Nothing is touched here.

Never followed: symbolic links. Never looked at: names that begin with a dot, what a program is still
writing (`.part`, `.tmp`, `~$`), and the folders Duban itself puts things into.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from duban import events
from duban.agenda import of_duty
from duban.plan import Plan
from duban.services.addresses import Address

TAKEN, ACCEPTED, REFUSED = ".taken", "accepted", "refused"
OURS = (TAKEN, ACCEPTED, REFUSED)
UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".upload")
LEFT_BY_SYSTEMS = ("thumbs.db", "desktop.ini")
FORMS = (".xlsx", ".json")
DEEPEST = 12
MOST = 5000
"""Files of one look; what is beyond them waits for the next."""

Completed = Callable[[os.stat_result], float]


def completed(stat: os.stat_result) -> float:
    """When a file was complete in this folder, in seconds since 1970. The later of both times: a program
    that keeps the time of the last change while it copies sets `mtime` back, and nobody sets `ctime`."""
    return max(stat.st_mtime, stat.st_ctime)


@dataclass(frozen=True, slots=True)
class Found:
    """A file at its place below the folder."""

    path: PurePath
    size: int
    changed: int
    """mtime in nanoseconds: what tells that a file has changed between two looks."""
    completed: float


@dataclass(frozen=True, slots=True)
class Package:
    """Files that make one return."""

    place: PurePath
    """Its file, or the folder that is its address."""
    main: Found | None
    folder: PurePath | None
    """What lies in it goes with the file."""
    others: tuple[Found, ...] = ()
    to: Address | None = None

    @property
    def files(self) -> tuple[Found, ...]:
        """All of it."""
        return (self.main, *self.others) if self.main else self.others

    @property
    def completed(self) -> float:
        """A return is complete when its last file is."""
        return max(f.completed for f in self.files)


class Looker:
    """One look at the folder."""

    def __init__(self, root: Path, plans: Mapping[str, Plan], done: Completed = completed) -> None:
        """`plans` are those in force, by each name that a folder may carry."""
        self.root, self.plans, self.done = root, plans, done
        self.room = MOST

    def look(self) -> list[Package]:
        """Every package, in the order of their names. Raises OSError when the folder cannot be read."""
        return list(self._below(PurePath()))

    def _below(self, place: PurePath) -> Iterator[Package]:
        if len(place.parts) > DEEPEST or self.room <= 0:
            return
        files, folders = self._entries(place)
        if files and (to := address_of(place, self.plans)):
            yield from self._whole(place, to)
            return
        for file in sorted(files, key=lambda f: (f.path.suffix.lower() not in FORMS, f.path.name)):
            mine = place / file.path.stem
            others: tuple[Found, ...] | None = ()
            if mine in folders and file.path.suffix.lower() in FORMS:
                folders.remove(mine)
                others = self._all(mine)
            else:
                mine = PurePath()
            if others is not None:
                yield Package(file.path, file, mine if mine.parts else None, others)
        for folder in folders:
            yield from self._below(folder)

    def _whole(self, place: PurePath, to: Address) -> Iterator[Package]:
        files = self._all(place)
        if files:
            yield Package(place, None, place, files, to)

    def _all(self, place: PurePath) -> tuple[Found, ...] | None:
        """Everything below a folder; None while something there is still being written."""
        found: list[Found] = []
        for entry in self._scan(place):
            if entry.is_dir(follow_symlinks=False):
                below = self._all(place / entry.name) if len(place.parts) < DEEPEST else ()
                if below is None:
                    return None
                found += below
            elif is_unfinished(entry.name):
                return None
            elif is_file(entry):
                found += self._found(place, entry)
        return tuple(found)

    def _entries(self, place: PurePath) -> tuple[list[Found], list[PurePath]]:
        files: list[Found] = []
        folders: list[PurePath] = []
        for entry in self._scan(place):
            if entry.is_dir(follow_symlinks=False):
                if place.parts or entry.name not in OURS:
                    folders.append(place / entry.name)
            elif is_file(entry) and not is_unfinished(entry.name) and self.room > 0:
                self.room -= 1
                files += self._found(place, entry)
        return files, folders

    def _scan(self, place: PurePath) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / place) as entries:
                seen = [e for e in entries if not e.name.startswith(".") and not e.is_symlink()]
        except FileNotFoundError:
            if not place.parts:
                raise
            return []  # another worker has just taken it
        return sorted(seen, key=lambda e: e.name)

    def _found(self, place: PurePath, entry: os.DirEntry[str]) -> list[Found]:
        try:
            stat = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return []
        return [Found(place / entry.name, stat.st_size, stat.st_mtime_ns, self.done(stat))]


def told(name: str) -> str:
    """A file's name as it can be written down: bytes that are no UTF-8 are the GBK of an older share, and
    nothing in it moves the cursor of whoever reads it."""
    text = os.fsencode(name).decode("gb18030", "replace") if not name.isascii() and _is_raw(name) else name
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _is_raw(name: str) -> bool:
    return any("\udc80" <= c <= "\udcff" for c in name)


def is_unfinished(name: str) -> bool:
    """Whether a program is still at work on it."""
    return name.startswith("~$") or name.lower().endswith(UNFINISHED)


def is_file(entry: os.DirEntry[str]) -> bool:
    """A plain file that somebody put there."""
    return entry.is_file(follow_symlinks=False) and entry.name.lower() not in LEFT_BY_SYSTEMS


def address_of(place: PurePath, plans: Mapping[str, Plan]) -> Address | None:
    """What a folder `campaign/unit/duty[/period][/subject]` is the address of, for duties that have no form
    to say it; units and duties by id or by name."""
    parts = place.parts
    plan = plans.get(parts[0]) if len(parts) >= 3 else None
    units = plan.named.get(parts[1], ()) if plan else ()
    if plan is None or len(units) != 1:
        return None
    named = [d for d in plan.file.duties if parts[2] in (d.id, d.name)]
    if len(named) != 1 or named[0].form is not None or not named[0].attachments:
        return None
    duty, unit = named[0].id, units[0].id
    mine = [o for o in of_duty(plan, duty) if o.unit == unit]
    rest = list(parts[3:])
    timed = events.is_event(plan, duty, unit) or any(o.period for o in mine)
    wanted = timed + any(o.subject for o in mine)
    if len(rest) != wanted:
        return None
    period = rest.pop(0) if timed else ""
    return Address(plan.slug, unit, duty, period, rest[0] if rest else None)
