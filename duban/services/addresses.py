"""What a submission answers: the obligation that a unit, a duty, a period and a subject name."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import Connection, bindparam, select

from duban import agenda, debtors, events
from duban.errors import BadInput, Problem
from duban.ledger import tables as t
from duban.plan import Duty, Plan, Unit

SUBJECT = re.compile(r"[0-9a-z][0-9a-z.-]{0,19}")
_KNOWN = select(t.obligation.c.id).where(
    t.obligation.c.id.in_(bindparam("keys", expanding=True)), ~t.obligation.c.dropped
)


class Named(Protocol):
    """Whatever says of which obligation it is."""

    @property
    def unit(self) -> str:
        """The unit's id."""

    @property
    def duty(self) -> str:
        """The duty's id."""

    @property
    def period(self) -> str:
        """Empty for a duty of a single date."""

    @property
    def subject(self) -> str:
        """Empty where it has none."""


@dataclass(frozen=True, slots=True)
class Address:
    """What a submission answers."""

    campaign: str
    unit: str
    duty: str
    period: str
    subject: str | None = None

    @classmethod
    def of(cls, campaign: str, named: Named) -> Address:
        """That of an obligation which the ledger has."""
        return cls(campaign, named.unit, named.duty, named.period, named.subject or None)

    @property
    def obligation(self) -> str:
        """The obligation's key."""
        return agenda.obligation_key(self.campaign, self.duty, self.unit, self.period, self.subject)


def resolved(plan: Plan, to: Address, today: date | None = None) -> Address:
    """The address with its unit by id, whatever it was called; what a closed unit still owes is found
    under its successor's name too, where that owes no such thing itself. Where a day is given, a unit that
    is still there then is no closed one."""
    named = plan.named.get(to.unit, ())
    to = replace(to, unit=named[0].id if len(named) == 1 else to.unit, subject=to.subject or None)
    if to.duty not in plan.duty or to.unit not in plan.unit or owed(plan, to):
        return to
    gone = (u for u in plan.units if u.successor == to.unit and not (today and u.is_open(today, date.max)))
    closed = [replace(to, unit=u.id) for u in gone]
    owing = [address for address in closed if owed(plan, address)]
    return owing[0] if len(owing) == 1 else to


def owed(plan: Plan, to: Address) -> agenda.Obligation | None:
    """The obligation itself, of the agenda or made by being reported."""
    return _by_key(plan).get(to.obligation) or made_by_report(plan, to)


def _by_key(plan: Plan) -> dict[str, agenda.Obligation]:
    return plan.memo("by-key", lambda: {o.key: o for o in agenda.obligations(plan) if not o.is_event})


def made_by_report(plan: Plan, to: Address) -> agenda.Obligation | None:
    """The obligation that comes to be by this very report: an event's, or one beyond a quota."""
    if not events.is_event(plan, to.duty, to.unit):
        return events.beyond_quota(plan, to.duty, to.unit, to.period, to.subject)
    try:
        return events.event(plan, to.duty, to.unit, to.period, to.subject)
    except ValueError:
        return None


def check_owed(conn: Connection, plan: Plan, to: Address, now: datetime) -> None:
    """Raises BadInput for an address that neither the ledger knows, as what was due before an amendment,
    nor the plan in force; and for an event that has not happened yet."""
    check_known(plan, to, known_keys(conn, [to.obligation]), now)


def known_keys(conn: Connection, keys: Sequence[str]) -> set[str]:
    """Those obligations of a few hundred that the ledger knows and no amendment has dropped."""
    sayable = [k for k in keys if k.isprintable()]  # no database takes every character
    return set(conn.scalars(_KNOWN, {"keys": sayable})) if sayable else set()


def check_known(plan: Plan, to: Address, known: Collection[str], now: datetime) -> None:
    """The same where it has been asked already which obligations the ledger knows."""
    duty = plan.duty.get(to.duty)
    owed = to.obligation in known and duty is not None and to.unit in plan.unit
    if not owed or not (duty and (duty.form or duty.attachments)):
        check_address(plan, to, now.astimezone(plan.zone).date())


def check_address(plan: Plan, to: Address, today: date | None = None) -> None:
    """Raises BadInput with every part of the address that names nothing owed."""
    duty, unit = plan.duty.get(to.duty), plan.unit.get(to.unit)
    if to.obligation in _by_key(plan) and duty and (duty.form or duty.attachments):
        return
    problems = []
    if duty is None:
        problems.append(Problem("unknown-duty", key="duty", value=to.duty, params={"known": list(plan.duty)}))
    elif duty.form is None and not duty.attachments:
        problems.append(Problem("duty-has-no-form", key="duty", value=to.duty))
    owing = list(dict.fromkeys(d.unit.id for d in debtors.debtors(plan, duty))) if duty else list(plan.unit)
    if unit is None:
        problems.append(Problem("unknown-unit", key="unit", value=to.unit, params={"known": owing}))
    elif duty and unit.id not in owing:
        problems.append(Problem("unit-does-not-owe", key="unit", value=unit.name, params={"duty": duty.name}))
    if duty and unit and not problems:
        is_event = events.is_event(plan, duty.id, unit.id)
        problems += _event(plan, duty, unit, to, today) if is_event else _period(plan, duty, to)
    if problems:
        raise BadInput("bad-address", tuple(problems), count=len(problems))


def _period(plan: Plan, duty: Duty, to: Address) -> list[Problem]:
    """A period and subject that the unit's agenda has, or one more than a quota wants."""
    mine = [o for o in agenda.of_duty(plan, duty.id) if o.unit == to.unit]
    known = list(dict.fromkeys(o.period or "" for o in mine))
    if to.period not in known:
        return [Problem("unknown-period", key="period", value=to.period, params={"known": known})]
    subjects = [o.subject or "" for o in mine if (o.period or "") == to.period]
    return [] if owed(plan, to) else _subject(subjects, to)


def _subject(known: list[str], to: Address) -> list[Problem]:
    if known == [""]:
        return [Problem("subject-not-wanted", key="subject", value=to.subject or "")]
    return [Problem("unknown-subject", key="subject", value=to.subject or "", params={"known": known})]


def _event(plan: Plan, duty: Duty, unit: Unit, to: Address, today: date | None) -> list[Problem]:
    """An event's period is the day it happened, with its clock where that matters."""
    last = min(plan.end, today or plan.end)
    params = {"span": f"{plan.start} … {last}"}
    try:
        day, _ = events.happened(to.period)
    except ValueError:
        return [Problem("bad-event-day", key="period", value=to.period, params=params)]
    if not plan.start <= day <= last or not unit.is_open(day, day):
        return [Problem("bad-event-day", key="period", value=to.period, params=params)]
    known = [d.subject or "" for d in debtors.debtors(plan, duty) if d.unit == unit]
    if known != [""]:
        return [] if to.subject in known else _subject(known, to)
    # several events of one day are told apart by a word of the unit's own
    if to.subject and not SUBJECT.fullmatch(to.subject):
        return [Problem("bad-subject", key="subject", value=to.subject)]
    return []


def copied(plan: Plan, to: Address) -> list[Address]:
    """What a return meets besides: the unit's obligations of the same period that are a copy of this one."""
    duties = (d.id for d in plan.file.duties if d.copy_of == to.duty)
    return [address for duty in duties if owed(plan, address := replace(to, duty=duty))]
