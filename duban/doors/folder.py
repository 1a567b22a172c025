"""The drop folder: a local folder or a mounted share that units put their returns into.

A package is taken when two looks, some seconds apart, found it the same; it is received as of when its last
file was complete, and put away with an answer beside it. Every step may be repeated: receiving the same
files twice is once, and the answer travels with them in one rename.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath

from duban.doors.answers import answer_text, verdict
from duban.doors.claims import Claim, Shelf
from duban.doors.drained import Drained, Outcome, failed, outcome
from duban.doors.looking import (
    ACCEPTED,
    FORMS,
    LEFT_BY_SYSTEMS,
    REFUSED,
    Completed,
    Found,
    Looker,
    Package,
    address_of,
    completed,
    told,
)  # fmt: skip
from duban.doors.returns import Answer, File, Incoming, campaigns, take
from duban.errors import BadInput, DoorShut, Problem, SubmissionInvalid
from duban.intake.attachments import EACH, MOST, TOGETHER
from duban.intake.guard import FILE, MEGABYTE
from duban.intake.stated import stated_identity
from duban.ledger import Ledger
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services.addresses import Address
from duban.services.campaigns import deployed_plan
from duban.settings import ZONE

DOOR = "folder"
PATIENCE = 900.0
"""Seconds for which a file that does not say whose it is waits for the return it may belong to."""
QUIET = 120.0
"""Seconds after the last of several files that no form announces, before they count as all there are."""
SETTLE = 10.0


@dataclass(frozen=True)
class DropFolder:
    """Where it is, and how long a file has to stay the same."""

    root: Path
    settle: float = SETTLE
    wait: Callable[[float], None] = time.sleep
    done: Completed = completed
    """When a file was complete, by its status."""


def drain_folder(
    ledger: Ledger, folder: DropFolder, texts: Renderer, *, owner: str, as_of: datetime | None = None
) -> Drained:
    """Take in everything that is complete. Raises DoorShut when the folder cannot be read."""
    worker = _Worker(ledger, folder, texts, owner, as_of)
    try:
        found, waiting = worker.settled()
        shelf = Shelf(folder.root, owner)
    except OSError as error:
        raise DoorShut("door-shut", place=str(folder.root), detail=error.strerror or "") from error
    try:
        now = shelf.clock()
        outcomes = [worker.finish(shelf, claim) for claim in shelf.left_behind(now)]
        for package in found:
            if not worker.is_wanted(package, now):
                waiting += 1
            elif claim := shelf.claim(package):
                outcomes.append(worker.finish(shelf, claim, package))
    finally:
        shelf.close()
    done = tuple(o for o in outcomes if o is not None)
    return Drained(done, waiting + sum(o is None for o in outcomes))


class _Worker:
    """One drain of the folder."""

    def __init__(
        self, ledger: Ledger, folder: DropFolder, texts: Renderer, owner: str, as_of: datetime | None
    ) -> None:
        self.ledger, self.folder, self.texts, self.as_of = ledger, folder, texts, as_of
        with ledger.read() as conn:
            names = campaigns(conn)
            self.plans: dict[str, Plan] = {name: deployed_plan(conn, slug) for name, slug in names.items()}

    def settled(self) -> tuple[list[Package], int]:
        """What two looks found the same, and how much has changed between them."""
        first = self._look()
        if not first:
            return [], 0
        self.folder.wait(self.folder.settle)
        second = self._look()
        before = {p.place: _print(p) for p in first}
        same = [p for p in second if before.get(p.place) == _print(p)]
        return same, len(second) - len(same)

    def _look(self) -> list[Package]:
        return Looker(self.folder.root, self.plans, self.folder.done).look()

    def is_wanted(self, package: Package, now: float) -> bool:
        """Whether it can be taken: what does not say whose it is may be an attachment that came early."""
        age = now - package.completed
        if package.to is not None:
            return age > QUIET
        if age > PATIENCE:
            return True
        if package.main is None or package.main.path.suffix.lower() not in FORMS:
            return False
        try:
            data = _read(self.folder.root / package.main.path, FILE)
            stated_identity(data, package.main.path.name)
        except (SubmissionInvalid, OSError):
            return False
        return True

    def finish(self, shelf: Shelf, claim: Claim, package: Package | None = None) -> Outcome | None:
        """Receive what was claimed and put it away; None when it turned out to be still on its way."""
        name = told(claim.place.as_posix())
        try:
            if package is not None and self._moved_on(claim, package):
                shelf.put_back(claim)
                return None
            answer = self._answer(claim)
            self._put_away(shelf, claim, answer)
        except Exception as error:  # one return that cannot be taken now must not stop all the others
            return failed(DOOR, name, error)
        return outcome(DOOR, replace(answer, name=name))

    def _moved_on(self, claim: Claim, package: Package) -> bool:
        """Whether somebody wrote on between the second look and the claim."""
        place = claim.place.parent
        files = {f.path: (f.size, f.changed) for f in package.files}
        now = {place / p.relative_to(claim.box): (s.st_size, s.st_mtime_ns) for p, s in _files(claim.box)}
        return {k: v for k, v in now.items() if k.name.lower() not in LEFT_BY_SYSTEMS} != files

    def _answer(self, claim: Claim) -> Answer:
        at = datetime.fromtimestamp(claim.completed, UTC) + self.ledger.offset
        try:
            given = self._incoming(claim)
        except BadInput as error:
            return Answer(told(claim.place.name), error=error)
        return take(self.ledger, given, door=DOOR, received_at=at, as_of=self.as_of)

    def _incoming(self, claim: Claim) -> Incoming:
        main = claim.box / claim.place.name if claim.main else None
        found = {p: s for p, s in _files(claim.box) if p.name.lower() not in LEFT_BY_SYSTEMS}
        others = sorted(p for p in found if p != main)
        size = sum(found[p].st_size for p in others)
        if size > TOGETHER or len(others) > MOST:
            params = {"limit": TOGETHER // MEGABYTE, "most": MOST, "count": len(others)}
            shown = f"{size / MEGABYTE:.1f}"
            problem = Problem("attachments-too-large", key="attachments", value=shown, params=params)
            raise BadInput("not-taken", (problem,))
        files = [File(told(p.name), _read(p, EACH), told(_group(p.relative_to(claim.box)))) for p in others]
        top = claim.place.parts[0] if len(claim.place.parts) > 1 else ""
        first = File(told(main.name), _read(main, FILE)) if main else None
        return Incoming(told(claim.place.name), first, tuple(files), self._address(claim), told(top))

    def _address(self, claim: Claim) -> Address | None:
        return None if claim.main else address_of(claim.place, self.plans)

    def _put_away(self, shelf: Shelf, claim: Claim, answer: Answer) -> None:
        kind = verdict([answer])
        words = self.texts.words["doors"]["files"]
        text = answer_text([answer], self.texts).replace("\n", "\r\n")
        _write_new(
            claim.box, f"{claim.name[:50]}.{words[kind]}", text.encode("utf-8-sig")
        )  # as Windows reads it
        at = answer.receipt.received_at if answer.receipt else self.ledger.now(self.as_of).astimezone(ZONE)
        shelf.file_away(claim, ACCEPTED if kind == "accepted" else REFUSED, at.date().isoformat())


def _print(package: Package) -> list[tuple[PurePath, int, int]]:
    return [(f.path, f.size, f.changed) for f in sorted(package.files, key=_path)]


def _path(file: Found) -> PurePath:
    return file.path


def _files(box: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every plain file below, links neither followed nor read."""
    for parent, folders, names in os.walk(box, followlinks=False):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in names:
            path = Path(parent) / name
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and not name.startswith("."):
                yield path, status


def _group(path: PurePath) -> str:
    """The sub-folder that says what an attachment is: the one next to the top."""
    return path.parts[1] if len(path.parts) > 2 else ""


def _read(path: Path, limit: int) -> bytes:
    """A file's bytes, one more than the limit at most, so that too much is seen; no link is followed."""
    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as stream:
        return stream.read(limit + 1)


def _write_new(folder: Path, name: str, data: bytes) -> None:
    """Write beside what is there, replacing only an answer of an earlier try."""
    path = folder / f".{name}.tmp"
    path.write_bytes(data)
    os.replace(path, folder / name)
