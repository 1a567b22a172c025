"""Every message to come by a plan alone, and what a message to come is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from duban import notices
from duban.agenda import Obligation
from duban.assignments import concerned
from duban.moments import Moment
from duban.notices import COORDINATOR, UNIT
from duban.plan import Plan, Unit
from duban.services.announcing import begins
from duban.services.circulating import mornings

Stage = Literal["decided", "due", "planned", "proposed"]
"""decided: on record, and waits for the next delivery; due: its moment has come, and the next run says it;
planned: its moment is still to come; proposed: it leaves once a person has approved it."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A message to come, if nothing changes by then."""

    at: datetime
    """Its moment; what is due or decided goes with the next run."""
    kind: str
    days: int
    to: str
    """Id of the unit that hears of it: the debtor, whoever took over from it, or the coordinator."""
    hearer: str
    """Who of them: `unit:libao`, `head:libao`, `leader:libao`, `coordinator`."""
    key: str
    """The obligation's; "": it is about no single return."""
    unit: str
    duty: str
    """"": it is about none."""
    period: str
    subject: str
    due_at: datetime | None
    channel: str | None
    """None: the plan names no way to reach them."""
    stage: Stage
    proposed: str = ""
    """Kind of what waits for a person, where the message asks for an answer to that."""


def in_order(found: Iterable[Coming]) -> list[Coming]:
    """By time; at one time by due time."""
    return sorted(found, key=lambda x: (x.at, x.due_at or x.at, x.kind, x.key, x.to))


def unit_told(plan: Plan, hearer: str) -> str:
    """Id of the unit that a recipient stands for."""
    named = notices.unit_of(hearer)
    return plan.coordinator.id if named == COORDINATOR else named


def hearer_at(plan: Plan, kind: str, unit: str, at: datetime) -> str:
    """Who hears at an instant of what a unit owes: itself, or once it has closed, whoever took over."""
    return notices.recipient_of(kind, notices.speaker(plan, unit, at.astimezone(plan.zone).date()))


def planned(plan: Plan, found: Iterable[Obligation], since: datetime | None = None) -> list[Coming]:
    """The messages that a plan's obligations ask for, or those from `since` on, in order of time."""
    made = []
    for o in found:
        if o.waived or o.due_at is None:
            continue
        for moment in spoken(o.moments):
            if since is None or moment.at >= since:
                made.append(_of_moment(plan, o, moment))
    return in_order(made)


def spoken(moments: Iterable[Moment]) -> Iterator[Moment]:
    """Without the chase of the morning on which blue is said in its place."""
    mine = list(moments)
    blue = {m.at for m in mine if m.kind == "blue"}
    yield from (m for m in mine if m.kind != "chase" or m.at not in blue)


def _of_moment(plan: Plan, o: Obligation, moment: Moment) -> Coming:
    hearer = hearer_at(plan, moment.kind, o.unit, moment.at)
    to = unit_told(plan, hearer)
    return Coming(
        moment.at, moment.kind, moment.days, to, hearer, o.key, o.unit, o.duty, o.period or "",
        o.subject or "", o.due_at, channel_of(plan.unit[to], moment.kind), "planned",
    )  # fmt: skip


def announced(plan: Plan, since: datetime | None = None) -> list[Coming]:
    """What a plan tells to many, or from `since` on: its beginning to each unit, drafts of circulars."""
    made = []
    for unit in (u for u in plan.units if plan.file.messages.kickoff and u.id in concerned(plan)):
        made.append(of_many(plan, begins(plan, unit), "kickoff", UNIT + unit.id, channel_of(unit)))
    way = channel_of(plan.coordinator)
    for duty in plan.file.duties:
        for at, _, period in mornings(plan, duty):
            made.append(of_many(plan, at, "circular", COORDINATOR, way, duty=duty.id, period=period))
    return in_order(x for x in made if since is None or x.at >= since)


def of_many(
    plan: Plan, at: datetime, kind: str, hearer: str, channel: str | None, stage: Stage = "planned", *,
    duty: str = "", period: str = "",
) -> Coming:  # fmt: skip
    """A message about no single return."""
    to = unit_told(plan, hearer)
    return Coming(at, kind, 0, to, hearer, "", to, duty, period, "", None, channel, stage)


def channel_of(unit: Unit, kind: str = "") -> str | None:
    """The kind of channel that a plan gives for whoever hears of it."""
    ways = {"orange": unit.head, "red": unit.leader}.get(kind, unit.channels)
    return next((c.kind for c in ways), None)
