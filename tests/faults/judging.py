"""What a campaign's end shows: the servers' logs held against the story, our records against those logs."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, select

from duban.ledger import Ledger, journal
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.outbox.sending import message_id
from duban.services.campaigns import deployed_plan
from duban.services.outgoing import messages
from tests.faults.audit import Findings, audit
from tests.faults.expected import must_arrive
from tests.faults.logs import Log
from tests.faults.outside import PATIENCE
from tests.faults.scene import Scene
from tests.faults.stations import SLUG
from tests.faults.traps import AFTER_250

RECORDED = {"ask": "request"}
"""What our records call it, where that is another word."""


def judge(
    played: Scene, log: Log, ledger: Ledger, folder: Path, deaths: Sequence[tuple[float, str]], troubled: bool
) -> tuple[Findings, Counter[str]]:
    """What was found, and whence doubles came. In the folder is what the players have left."""
    with ledger.read() as conn:
        found = audit(played, log, _open_attempts(conn), troubled)
        _check_records(conn, found)
        _check_list(conn, found, played, troubled)
    causes = _causes(found, log, folder / "last-words", deaths)
    return found, Counter(f"{cause}, {channel}" for cause, channel in causes)


def _open_attempts(conn: Connection) -> Counter[str]:
    """Attempts without an outcome, by the name of their message in the servers' logs; in a chat its token."""
    a, o, g, c = t.attempt.c, t.outcome.c, t.digest.c, t.contact.c
    said = select(o.n).where(o.digest == a.digest, o.n == a.n)
    wanted = (
        select(g.id, g.subject, g.channel, c.address)
        .join(t.attempt, g.id == a.digest)
        .join(t.contact, c.id == g.contact)
        .where(~said.exists())
    )
    return Counter(
        r.address if r.channel == "dingtalk" else message_id(r.id, r.subject) for r in conn.execute(wanted)
    )


def _check_records(conn: Connection, found: Findings) -> None:
    for name in (SLUG, journal.INSTALLATION):
        proof = verify(conn, name)
        if proof.broken_at is not None:
            found.tampered.append(f"{name}: {proof.broken_at}")
    found.lost += [f"never sealed: {row.message}" for row in conn.execute(select(t.unsealed.c.message))]


def _check_list(conn: Connection, found: Findings, played: Scene, troubled: bool) -> None:
    """What was refused at the last address stands on the coordinator's list."""
    listed = {
        (m.unit, m.period, m.kind)
        for m in messages(conn, deployed_plan(conn, SLUG))
        if m.state == "undelivered"
    }
    for demand in found.undelivered:
        named = demand.unit, demand.period, RECORDED.get(demand.kind, demand.kind)
        if named not in listed and must_arrive(demand, played, troubled):
            found.tampered.append(f"{demand}: refused for good, and not on the list of what did not arrive")


def _causes(
    found: Findings, log: Log, last_words: Path, deaths: Sequence[tuple[float, str]]
) -> list[tuple[str, str]]:
    """Why each double came about, and its channel: killed there on purpose; killed at a point, where another
    lane had one on its way; left without an answer by the server; or killed by chance."""
    spoken = [json.loads(line) for line in last_words.read_text().splitlines()] if last_words.exists() else []
    on_purpose = Counter(
        (channel, address if channel == "dingtalk" else name)
        for point, channel, address, name in spoken
        if point == AFTER_250
    )
    first = {m.name: m for m in reversed(log.arrived) if m.name}
    causes = []
    for channel, name in found.doubles:
        known = first.get(name)
        key = known.channel if known else "dingtalk", name
        if on_purpose[key]:
            on_purpose[key] -= 1
            causes.append(("on purpose", channel))
        elif key in log.mute:
            causes.append(("no answer", channel))
        else:
            point = next((p for at, p in sorted(deaths) if known and at > known.clock), "any")
            causes.append(("by chance" if point == "any" else "beside a point", channel))
    return causes


def at_risk(log: Log, answered: Path) -> dict[str, float]:
    """Seconds, by channel, between the server's taking of a message and the reading of its answer: whoever is
    killed then leaves a double."""
    read: dict[str, list[float]] = defaultdict(list)
    for line in answered.read_text().splitlines() if answered.exists() else ():
        clock, name = line.split()
        read[name].append(float(clock))
    found: dict[str, float] = defaultdict(float)
    for message in log.arrived:
        after = [clock for clock in read[message.name or message.address] if clock > message.clock]
        if after and min(after) - message.clock < PATIENCE:
            found[message.channel] += min(after) - message.clock
    return found
