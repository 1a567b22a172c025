"""Events 随时上报: a unit says when something happened, and which of several of one day it means."""

from __future__ import annotations

from datetime import date
from typing import Any

from duban import events
from duban.debtors import debtors
from duban.errors import BadInput
from duban.ledger.queries import Scope
from duban.portal.asking import Ask
from duban.portal.refusals import Forbidden
from duban.services.addresses import Address, check_address
from duban.services.watching import standings


def asked(ask: Ask, unit: str, duty: str) -> dict[str, Any]:
    """What the page that asks for the day shows. Raises Forbidden for what is no event of the unit."""
    plan = ask.plan
    if duty not in plan.duty or not events.is_event(plan, duty, unit):
        raise Forbidden()
    mine = [d for d in debtors(plan, plan.duty[duty]) if d.unit.id == unit]
    if not mine:
        raise Forbidden()
    today = min(ask.now().astimezone(plan.zone).date(), plan.end)
    return {
        "unit": plan.unit[unit], "duty": plan.duty[duty], "today": today,
        "subjects": [(d.subject, plan.subject_name(plan.duty[duty], d.subject)) for d in mine if d.subject],
        "day": ask.text("day") or today.isoformat(), "clock": ask.text("clock"),
        "subject": ask.text("subject"), "errors": {}, "same_day": same_day(ask, unit, duty, ask.text("day")),
    }  # fmt: skip


def same_day(ask: Ask, unit: str, duty: str, day: str) -> list[Address]:
    """What the unit has reported for that day before."""
    if not day:
        return []
    with ask.office.ledger.read() as conn:
        scope = Scope(ask.plan.slug, duty=duty, unit=unit)
        found = [s.owed for s in standings(conn, ask.plan, scope, ask.now())]
    return [Address.of(ask.plan.slug, o) for o in found if o.event and o.period[:10] == day]


def named(ask: Ask, campaign: str, unit: str, duty: str) -> tuple[Address | None, dict[str, str]]:
    """The event that is meant, or what is wrong with what was entered."""
    shown = asked(ask, unit, duty)
    say = ask.office.texts.say
    try:
        day = date.fromisoformat(ask.text("day"))
    except ValueError:
        return None, {"day": say("portal.unit.event_day")}
    clock = ask.text("clock").replace(":", "")
    subject = ask.text("subject") or None
    if shown["subjects"] and subject not in {s for s, _ in shown["subjects"]}:
        return None, {"subject": say("portal.unit.event_subject")}
    before = shown["same_day"]
    if before and not shown["subjects"]:
        if not ask.text("another"):
            return None, {"again": say("portal.unit.event_again", n=len(before))}
        subject = _next({a.subject for a in before})
    to = Address(campaign, unit, duty, f"{day.isoformat()}T{clock}" if clock else day.isoformat(), subject)
    try:
        check_address(ask.plan, to, ask.now().astimezone(ask.plan.zone).date())
    except BadInput:
        span = f"{ask.plan.start} … {shown['today']}"
        return None, {"day": say("portal.unit.event_span", span=span)}
    return to, {}


def _next(known: set[str | None]) -> str:
    """The next number: the first event of a day has none."""
    return next(str(n) for n in range(2, len(known) + 3) if str(n) not in known)
