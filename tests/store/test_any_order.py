"""Whatever people do in whatever order: each day reads later as it read then, and the chain is whole."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from duban.calendars import to_micros
from duban.errors import DubanError
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Bundle
from duban.rehearsal import PaperTransport
from duban.rendering import renderer
from duban.services.campaigns import deployed_plan
from duban.services.deciding import decide
from duban.services.delivering import deliver
from duban.services.deploying import deploy
from duban.services.receiving import Address, Attached, receive
from duban.services.running import run_campaign
from duban.services.watching import standings
from duban.standing import Standing
from tests.support.harbour import CASES, HARBOUR, PDF, SIGNED, Harbour, at, document, hazard
from tests.support.harbour_plan import BUNDLE

WAIVER = """waivers:
  - {units: east, duty: hazards, periods: [2024-03], reason: 停, origin: coordinator}
"""
EDITS = (
    ("on: 5, in: next", "on: 8, in: next"), ("on: 5, in: next", "on: 2, in: next"),
    ("due: 2024-04-10", "due: 2024-03-10"), ("due: 2024-04-10", "due: 2024-05-10"),
    ("due: 2024-04-10", "due: undetermined"), ("due: 2024-03-31", "due: 2024-02-28"),
    ("at_least: 2, unit", "at_least: 3, unit"), ("at_least: 2, unit", "at_least: 1, unit"),
    ("end: 2024-06-30", "end: 2024-05-31"), ("within: {hours: 24}", "within: {hours: 2}"),
    ("    form: hazards\n", "    form: hazards\n    grace: 3\n    moments: {remind: [3], chase: [1, 4]}\n"),
    ("duties:\n", WAIVER + "duties:\n"),
)  # fmt: skip


@dataclass
class Crowd:
    """People who act by chance."""

    port: Harbour
    chance: random.Random
    now: datetime

    def amend(self) -> None:
        files = dict(BUNDLE.files)
        for old, new in self.chance.sample(EDITS, self.chance.randint(0, 3)):
            files["plan.yaml"] = files["plan.yaml"].replace(old, new, 1)
        deploy(self.port.ledger, Bundle(tuple(sorted(files.items()))), reason="改", as_of=self.now)

    def report(self) -> None:
        duty, unit = self.chance.choice(("hazards", "summary", "briefs", "finding")), "east"
        month = f"2024-0{self.chance.randint(1, 6)}"
        period, subject, data = month, None, document({"narrative": "甲"})
        files: tuple[Attached, ...] = ()
        if duty == "hazards":
            unit = self.chance.choice(("east", "west", "north"))
            state = self.chance.choice(("整改中", "已整改"))
            row = hazard(self.chance.choice("甲乙"), state)
            data = document({"visits": 1}, rows=[row], signed=SIGNED)
        elif duty == "summary":
            said = self.chance.choice("一二")
            period, files = "", CASES
            data = document({"ships": 5, "ships_big": 2, "ships_small": 3, "report": said})
        elif duty == "finding":
            period = f"{month}-10T1000"
        sent: dict[str, Any] = {"attachments": files}
        if duty == "briefs":
            subject, sent["attachments"] = str(self.chance.randint(1, 4)), (Attached("brief", "报.pdf", PDF),)
        to = Address(HARBOUR, unit, duty, period, subject)
        form = None if duty == "briefs" else data
        receive(self.port.ledger, to, form, "表", door="api", as_of=self.now, **sent)

    def rule(self) -> None:
        owed = self.chance.choice(self.stands(self.now)).owed
        kind: Any = self.chance.choice(("return", "return", "accept", "extend", "waive", "give-up"))
        until = self.now.replace(hour=0) + timedelta(days=self.chance.randint(1, 20))
        to = Address(HARBOUR, owed.unit, owed.duty, owed.period, owed.subject or None)
        decide(
            self.port.ledger, to, kind, by="office", reason="由", as_of=self.now,
            until=until if kind in ("return", "extend") else None,
        )  # fmt: skip

    def run(self) -> None:
        run_campaign(self.port.ledger, HARBOUR, texts=renderer(), documents=None, owner="run", as_of=self.now)
        deliver(self.port.ledger, PaperTransport(), renderer(), owner="out", as_of=self.now)

    def stands(self, when: datetime) -> list[Standing]:
        with self.port.ledger.read() as conn:
            return standings(conn, deployed_plan(conn, HARBOUR, when), Scope(HARBOUR), when)

    def days(self) -> Iterator[Callable[[], None]]:
        acts = (self.amend, self.report, self.report, self.report, self.rule, self.rule, self.run)
        for _ in range(40):
            self.now += timedelta(hours=self.chance.choice((1, 5, 24, 50, 120)))
            yield self.chance.choice(acts)


def seen(found: list[Standing]) -> set[tuple[Any, ...]]:
    return {
        (s.owed.key, s.state, s.came_in, s.due_at, s.limit, s.on_time, s.version, s.expected) for s in found
    }


@pytest.mark.parametrize("seed", range(4))
def test_every_day_reads_later_as_it_read_then(port: Harbour, seed: int) -> None:
    crowd = Crowd(port, random.Random(seed), at("2024-01-02 09:00"))
    then: dict[datetime, set[tuple[Any, ...]]] = {}
    for act in crowd.days():
        with suppress(DubanError):  # what makes no sense at that time is refused, and leaves nothing
            act()
        now = crowd.stands(crowd.now)
        then[crowd.now] = seen(now)
        spoken_of = {s.owed.key: s.limit for s in now if s.open}
        m = t.moment.c
        for key, due_at in port.rows(select(m.obligation, m.due_at).where(~m.settled)):
            limit = spoken_of.get(key)
            assert limit is None or to_micros(limit) == due_at, key
    for when, was in then.items():
        assert seen(crowd.stands(when)) == was, when
    assert len(then) == 40
    assert port.proven()
