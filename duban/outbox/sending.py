"""Claim, send, record. `attempt` is committed before the data leaves, its outcome after; an attempt
without an outcome is a possible double and nothing else is (DESIGN, The ledger; docs/decisions/0012)."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from duban.access.links import Doorway
from duban.calendars import to_micros
from duban.errors import DeliveryFailed, DubanError, Permanent, TooFast, Unclear, Unreachable
from duban.ledger import Ledger, journal, parcels
from duban.ledger.parcels import Parcel, Waiting
from duban.outbox import claiming, marks
from duban.outbox.claiming import Claimed, Closed
from duban.outbox.lanes import Enclosing, Lane, Roads, SecondLook, Transport
from duban.outbox.marks import Note

log = logging.getLogger(__name__)

LANES = 8
"""So many lanes are worked at once."""
SILENT = 3
"""After so many sends in a row that nobody answered, a lane is left alone until the next run."""
PATIENCE = timedelta(minutes=4)
"""For so long a run waits for places of a limited lane; what is left waits for the next."""


@dataclass
class Sent:
    """What a run did: digests that left, that did not, and messages taken back before they could."""

    sent: int = 0
    failed: int = 0
    withdrawn: int = 0

    def __add__(self, other: Sent) -> Sent:
        return Sent(
            self.sent + other.sent, self.failed + other.failed, self.withdrawn + other.withdrawn
        )  # fmt: skip


def send_ready(
    ledger: Ledger, transport: Transport, *, owner: str, door: Doorway | None = None,
    look: SecondLook | None = None, as_of: datetime | None = None, lanes: int | None = None,
    noted: Path | None = None, forms: Enclosing | None = None,
) -> Sent:  # fmt: skip
    """Send every digest whose time has come, with links through `door` and the `forms` that mails speak of,
    each after a second look. On a virtual ledger one after another in order, unless told otherwise: its
    journal has to come out alike. `noted` is a folder of this machine where word is left of what has arrived,
    before it is on record."""
    at_once = lanes or (LANES if ledger.kind == "wall" else 1)
    with marks.noting(noted) as note:
        run = _Run(ledger, transport, owner, door, look, as_of, note, forms)
        marks.left(noted, run.settle)
        seen: set[str] = set()
        done = Sent()
        while waiting := [w for w in run.waiting() if w.digest not in seen]:
            seen |= {w.digest for w in waiting}
            done += run.all_of(waiting, at_once)
    return done


def message_id(digest: str, subject: str) -> str:
    """The Message-ID of a digest: the same at every try, so that mail programs can tell a double."""
    return f"<{hashlib.sha256(f'{digest} {subject}'.encode()).hexdigest()[:32]}@duban.example>"


@dataclass
class _Run:
    ledger: Ledger
    transport: Transport
    owner: str
    door: Doorway | None
    look: SecondLook | None
    as_of: datetime | None
    note: Note
    forms: Enclosing | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)
    """Our own lanes queue here and not in the database, where waiting is dearer."""
    silent: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Sends in a row that nobody answered, by lane."""
    patience: timedelta = PATIENCE

    def settle(self, arrived: Sequence[tuple[str, int]]) -> None:
        """Write down what those have left word of who were killed before they could."""
        if arrived:
            with self.ledger.write(journal.INSTALLATION, as_of=self.as_of) as w:
                claiming.settle(w, arrived)

    def waiting(self) -> list[Waiting]:
        with self.ledger.read() as conn:
            return parcels.deliverable(conn, to_micros(self.ledger.now(self.as_of)))

    def all_of(self, waiting: Sequence[Waiting], at_once: int) -> Sent:
        by_lane: dict[Lane, list[Waiting]] = defaultdict(list)
        for one in waiting:
            by_lane[self._lane(one)].append(one)
        if at_once == 1 or len(by_lane) == 1:
            return self._work([(self._lane(one), one.digest) for one in waiting])
        with ThreadPoolExecutor(min(at_once, len(by_lane)), thread_name_prefix="lane") as pool:
            jobs = [
                pool.submit(self._work, [(lane, one.digest) for one in mine])
                for lane, mine in by_lane.items()
            ]
        return sum((job.result() for job in jobs), Sent())

    def _lane(self, waiting: Waiting) -> Lane:
        if isinstance(self.transport, Roads):
            return self.transport.lane(waiting.channel, waiting.address)
        return Lane(waiting.channel)

    def _work(self, jobs: Sequence[tuple[Lane, str]]) -> Sent:
        done = Sent()
        if self.ledger.kind == "wall":  # workers that begin at different places do not meet at each digest
            first = zlib.crc32(self.owner.encode()) % max(1, len(jobs))
            jobs = [*jobs[first:], *jobs[:first]]
        with self._round() as post:
            for lane, digest in jobs:
                if self.silent[lane.name] < SILENT:
                    done += self._one(post, lane, digest)
        return done

    @contextmanager
    def _round(self) -> Iterator[Transport]:
        if isinstance(self.transport, Roads):
            with self.transport.open() as post:
                yield post
        else:
            yield self.transport

    def _one(self, post: Transport, lane: Lane, digest: str) -> Sent:
        claimed = self._claim(lane, digest)
        if claimed is None:
            return Sent()
        if isinstance(claimed, Closed):
            return Sent(withdrawn=claimed.withdrawn)
        failure = _send(post, claimed.parcel)
        if failure is None:
            self.note(digest, claimed.n)
        self.silent[lane.name] = self.silent[lane.name] + 1 if _unanswered(failure) else 0
        if isinstance(failure, TooFast):
            self.silent[lane.name] = SILENT
        with self.turn, self.ledger.write(journal.INSTALLATION, as_of=self.as_of) as w:
            claiming.record(w, claimed, lane, self.owner, failure, self.look)
        return Sent(sent=1) if failure is None else Sent(failed=1)

    def _claim(self, lane: Lane, digest: str) -> Claimed | Closed | None:
        """Ours, or taken back, or None: somebody else's, or no place for it now."""
        while True:
            try:
                with self.turn, self.ledger.write(journal.INSTALLATION, as_of=self.as_of) as w:
                    found = claiming.claim(w, lane, digest, self.owner, self.door, self.look, self.forms)
                    pause = found - w.micros if isinstance(found, int) else 0
            except (DBAPIError, DubanError):
                raise
            except Exception:  # one that cannot be looked at waits, and holds up nobody
                log.exception("cannot send %s", digest)
                return None
            if not isinstance(found, int):
                return found
            wait = timedelta(microseconds=pause)
            if self.ledger.kind == "virtual" or wait > self.patience:
                return None
            self.patience -= wait
            time.sleep(wait.total_seconds())


def _send(transport: Transport, parcel: Parcel) -> DeliveryFailed | None:
    try:
        transport.send(parcel, message_id(parcel.digest, parcel.subject))
    except DeliveryFailed as failure:
        return failure
    except Exception as error:  # one message that no channel can carry must not stop all the others
        return Permanent(type(error).__name__)
    return None


def _unanswered(failure: DeliveryFailed | None) -> bool:
    return isinstance(failure, Unreachable | Unclear)
