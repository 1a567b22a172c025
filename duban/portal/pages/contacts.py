"""How a unit is reached 联络方式: who is told, who stands in for its liaisons, which channel comes first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from duban import agenda
from duban.errors import DubanError
from duban.notices import HEAD, LEADER, UNIT
from duban.plan import Duty, Plan
from duban.portal import paths
from duban.portal.asking import Ask
from duban.portal.guards import ReportUnit, SeeUnit
from duban.portal.refusals import Forbidden
from duban.services.addresses import Address
from duban.services.deputising import (
    LONGEST,
    channels_of,
    deputies,
    drop_deputy,
    known_channels,
    name_deputy,
    prefer,
    preference,
)
from duban.services.hearing import Hears, hearers, masked

routes = APIRouter(include_in_schema=False)
ENTERED = ("name", "phone", "channel", "address", "since", "until")
FIELD = {
    "deputy-nameless": "name", "deputy-address": "address", "deputy-days": "until", "deputy-past": "until",
    "unknown-channel": "channel",
}  # fmt: skip
"""The field at which an error stands; others stand at the top."""


@routes.get("/c/{campaign}/u/{unit}/contacts")
def contacts(ask: SeeUnit, campaign: str, unit: str, did: str = "") -> Response:
    """Who hears what is said to a unit. Addresses are masked; names are for the unit and the coordinator."""
    done = ask.office.texts.words["portal"]["contacts"]["done"]
    return _contacts(ask, unit, done=str(done[did]) if did in done else "")


@routes.post("/c/{campaign}/u/{unit}/contacts")
def change(ask: ReportUnit, campaign: str, unit: str) -> Response:
    """Name a deputy or take one out, choose a channel."""
    act = ask.text("act")
    if act not in ACTS:
        raise Forbidden()
    try:
        wrong = ACTS[act](ask, unit)
    except DubanError as error:
        field = FIELD.get(error.code, str(error.params.get("what", "")))
        wrong = {field: ask.office.texts.error(error)}
    if wrong:
        return _contacts(ask, unit, act=act, errors=wrong)
    return ask.go(f"{paths.unit(campaign, unit)}/contacts?did={act}")


def _name(ask: Ask, unit: str) -> Mapping[str, str]:
    days = {name: _day(ask.text(name)) for name in ("since", "until")}
    since, until = days["since"], days["until"]
    if since is None or until is None:
        said = str(ask.office.texts.words["portal"]["contacts"]["day-missing"])
        return {name: said for name, day in days.items() if day is None}
    name_deputy(
        ask.office.ledger, ask.plan.slug, unit, name=ask.text("name"), phone=ask.text("phone"),
        channel=ask.text("channel"), address=ask.text("address"), since=since, until=until, by=ask.me.name,
    )  # fmt: skip
    return {}


def _drop(ask: Ask, unit: str) -> Mapping[str, str]:
    number = ask.text("n")
    n = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
    drop_deputy(ask.office.ledger, ask.plan.slug, unit, n, by=ask.me.name)
    return {}


def _prefer(ask: Ask, unit: str) -> Mapping[str, str]:
    if not ask.text("channel"):
        return {"channel": str(ask.office.texts.words["portal"]["contacts"]["channel-missing"])}
    wanted = ask.text("channel")
    prefer(ask.office.ledger, ask.plan.slug, unit, None if wanted == NONE else wanted, ask.me.name)
    return {}


NONE = "none"
"""Of channels: as units.csv says."""
ACTS: dict[str, Callable[[Ask, str], Mapping[str, str]]] = {
    "deputy": _name, "undeputy": _drop, "prefer": _prefer,
}  # fmt: skip
"""What can be done; each returns what is wrong by field."""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _contacts(
    ask: Ask, unit: str, *, done: str = "", act: str = "", errors: Mapping[str, str] | None = None
) -> Response:  # fmt: skip
    plan, full = ask.plan, ask.may("unit.report", unit)
    with ask.office.ledger.read() as conn:
        told = _told(hearers(conn, plan, unit))
        stand_in = deputies(conn, plan.slug, unit)
        kinds, chosen = channels_of(conn, plan, unit), preference(conn, plan.slug, unit)
    duty = _names_liaisons(plan, unit)
    return ask.page(
        "contacts.html", 422 if errors else 200, unit=plan.unit[unit], told=told, deputies=stand_in,
        kinds=kinds, chosen=chosen or NONE, listed=[NONE], known=known_channels(plan), masked=masked,
        full=full, duty=duty, where=_where(plan, unit, duty), done=done, act=act, errors=errors or {},
        longest=LONGEST,
        entered={name: ask.text(name) for name in ENTERED} if act == "deputy" else {},
        today=ask.now().astimezone(plan.zone).date(),
    )  # fmt: skip


def _told(found: Sequence[Hears]) -> dict[str, list[Hears]]:
    """Who hears first, who hears as well, who is turned to, who is written to by letter."""
    letters = [x for x in found if x.rank == 0 and x.recipient.startswith((HEAD, LEADER))]
    mine = [x for x in found if x.recipient.startswith(UNIT)]
    also = [x for x in mine if x.rank == 0 and "/" in x.recipient]
    told = {x.contact for x in also}
    first = [x for x in mine if "/" not in x.recipient and x.contact not in told]
    if not mine and not letters:
        return {}
    return {"first": first[:1], "also": also, "next": first[1:], "letter": letters}


def _names_liaisons(plan: Plan, unit: str) -> Duty | None:
    """The duty by which a unit says who its liaisons are."""
    for duty in plan.file.duties:
        form = plan.form_for(duty.id, unit)
        if form is not None and form.fills and any(o.unit == unit for o in agenda.of_duty(plan, duty.id)):
            return duty
    return None


def _where(plan: Plan, unit: str, duty: Duty | None) -> str:
    """Where that is reported, the last time it was asked for."""
    if duty is None:
        return ""
    last = [o for o in agenda.of_duty(plan, duty.id) if o.unit == unit][-1]
    return paths.obligation(Address(plan.slug, unit, duty.id, last.period or "", last.subject))
