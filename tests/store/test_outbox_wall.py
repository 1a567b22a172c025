"""The outbox in real time: lanes at once, and a run that waits for a place."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from duban.ledger import Ledger, journal, open_ledger
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.ledger.proof import verify
from duban.outbox import send_ready
from duban.outbox.lanes import Lane
from duban.outbox.pacing import Limit


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    made = open_ledger(url, kind="wall")
    yield made
    made.close()


def sealed(ledger: Ledger, count: int) -> None:
    """So many digests, ready to leave; every second one by another channel."""
    with ledger.write(journal.INSTALLATION) as w:
        for n in range(1, count + 1):
            channel = ("email", "webhook")[n % 2]
            w.conn.execute(t.contact.insert(), {"id": n, "channel": channel, "address": f"a{n}"})
            row = {
                "id": f"{n}/2018-10-08", "contact": n, "channel": channel, "day": "2018-10-08",
                "occasion": "", "sealed_at": w.micros, "subject": "s", "plain": "p", "html": "h",
            }  # fmt: skip
            w.record("digest", journal.INSTALLATION, [row])
            ready = {"digest": row["id"], "state": "ready", "owner": "", "until": 0, "tries": 0}
            w.conn.execute(t.delivery.insert(), {**ready, "next_at": w.micros})


class Post:
    """Keeps when each parcel came and by which thread; a lane may be limited, and slow."""

    def __init__(self, limits: tuple[Limit, ...] = (), slow: str = "") -> None:
        self.limits, self.slow = limits, slow
        self.came: list[tuple[str, float, str]] = []

    def lane(self, channel: str, address: str) -> Lane:
        return Lane(channel, self.limits)

    @contextmanager
    def open(self) -> Iterator[Post]:
        yield self

    def send(self, parcel: Parcel, message_id: str) -> None:
        if parcel.channel == self.slow:
            time.sleep(0.4)
        self.came.append((parcel.digest, time.monotonic(), threading.current_thread().name))


def attempts(ledger: Ledger) -> tuple[int, int]:
    with ledger.read() as conn:
        return tuple(conn.scalar(select(func.count()).select_from(x)) or 0 for x in (t.attempt, t.outcome))  # type: ignore[return-value]


def test_lanes_are_worked_at_once_and_the_journal_stays_whole(ledger: Ledger) -> None:
    sealed(ledger, 12)
    post = Post(slow="webhook")
    began = time.monotonic()
    assert send_ready(ledger, post, owner="one").sent == 12
    mails = [at for digest, at, _ in post.came if int(digest.split("/")[0]) % 2 == 0]
    assert max(mails) - began < 1.5, "six slow webhooks take 2.4 seconds"
    assert len({name for _, _, name in post.came}) == 2
    assert attempts(ledger) == (12, 12)
    with ledger.read() as conn:
        assert verify(conn, journal.INSTALLATION).reason == ""


def test_workers_together_send_each_digest_once(ledger: Ledger) -> None:
    sealed(ledger, 40)
    post = Post()
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(send_ready, ledger, post, owner=f"worker {n}") for n in range(4)]
        assert sum(job.result().sent for job in jobs) == 40
    assert len({digest for digest, _, _ in post.came}) == len(post.came) == 40


def test_a_run_waits_for_a_place_rather_than_leave_a_message_for_the_next(ledger: Ledger) -> None:
    sealed(ledger, 8)  # four by each channel
    post = Post(limits=(Limit(2, 1),))
    assert send_ready(ledger, post, owner="one").sent == 8
    assert attempts(ledger) == (8, 8)
    for channel in (0, 1):
        times = sorted(at for digest, at, _ in post.came if int(digest.split("/")[0]) % 2 == channel)
        # Never three within the second; half a second is kept for clocks that differ.
        assert all(later - earlier >= 1.0 for earlier, later in zip(times, times[2:], strict=False))
