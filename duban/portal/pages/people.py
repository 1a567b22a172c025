"""Who may come in to a campaign: liaisons and their links, keys of the API, roles of accounts."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import Response

from duban.access.roles import EVERY, STAFF
from duban.errors import DubanError
from duban.plan import Unit
from duban.portal import paths
from duban.portal.asking import Ask
from duban.portal.granting import give, take
from duban.portal.guards import ManageCampaign
from duban.portal.refusals import Forbidden
from duban.services.accounts import accounts
from duban.services.hearing import masked
from duban.services.keys import keys, make_key, revoke_key
from duban.services.linking import Liaison, links, revoke_links, show_link

routes = APIRouter(include_in_schema=False)
FIELD = {
    "bad-name": "name", "bad-unit": "unit", "unknown-account": "login", "bad-role": "role",
}  # fmt: skip
"""The field at which an error stands; others stand at the top."""


@routes.get("/c/{campaign}/people")
def people(ask: ManageCampaign, campaign: str, did: str = "", find: str = "") -> Response:
    """Liaisons, of the units so called, keys and roles; addresses are masked and links not shown."""
    done = ask.office.texts.words["portal"]["people"]["done"]
    return _people(ask, done=str(done[did]) if did in done else "", find=find.strip())


@routes.post("/c/{campaign}/people")
def change(ask: ManageCampaign, campaign: str) -> Response:
    """Show one liaison's link, revoke a unit's, make or revoke a key, give or take a role."""
    act = ask.text("act")
    if act == "show":
        return _people(ask, asked=(ask.text("unit"), ask.text("contact")), find=ask.text("find"))
    if act not in ACTS:
        raise Forbidden()
    try:
        made = ACTS[act](ask)
    except DubanError as error:
        wrong = {FIELD.get(error.code, ""): ask.office.texts.error(error)}
        return _people(ask, act=act, errors=wrong, status=422)
    if made:
        return _people(ask, key=made)
    return ask.go(f"{paths.campaign(campaign, 'people')}?did={act}")


def _revoke(ask: Ask) -> str:
    revoke_links(ask.office.ledger, ask.plan.slug, ask.text("unit"), ask.me.name)
    return ""


def _make_key(ask: Ask) -> str:
    return make_key(ask.office.ledger, ask.plan.slug, ask.text("unit"), ask.text("name"), ask.me.name)


def _revoke_key(ask: Ask) -> str:
    revoke_key(ask.office.ledger, ask.plan.slug, ask.text("key"), ask.me.name)
    return ""


ACTS: dict[str, Callable[[Ask], str]] = {
    "revoke": _revoke, "make-key": _make_key, "revoke-key": _revoke_key, "give": give, "take": take,
}  # fmt: skip
"""What can be done; each returns a key to show once, or nothing."""


def _people(
    ask: Ask, *, done: str = "", asked: tuple[str, str] = ("", ""), key: str = "", act: str = "",
    find: str = "", errors: dict[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    plan = ask.plan
    with ask.office.ledger.read() as conn:
        found = links(conn, plan)
        shown = next((x for x in found if (x.unit, str(x.contact)) == asked), None)
        mine, staff = keys(conn, plan), accounts(conn, plan.zone)
    link, office = "", ask.office
    if shown is not None and shown.personal:
        link = show_link(office.ledger, office.settings, plan.slug, shown.unit, shown.contact, ask.me.name)
    units = _by_unit(ask, found)
    listed = [(unit, theirs) for unit, theirs in units if _is_called(plan.unit[unit], find)]
    roles = [(x, h) for x in staff for h in x.held if h.campaign in (EVERY, plan.slug)]
    entered = {name: ask.text(name) for name in ("unit", "name", "login", "role")} if errors else {}
    return ask.page(
        "people.html", status, units=units, listed=listed, find=find, shown=shown, link=link, masked=masked,
        keys=mine, key=key, roles=roles, known=STAFF, every=EVERY, done=done, act=act, errors=errors or {},
        entered=entered,
    )  # fmt: skip


def _is_called(unit: Unit, find: str) -> bool:
    return any(find in name for name in (unit.name, unit.short, *unit.aliases))


def _by_unit(ask: Ask, found: list[Liaison]) -> list[tuple[str, list[Liaison]]]:
    """Each unit that works with this system, with its liaisons."""
    plan = ask.plan
    return [(u.id, [x for x in found if x.unit == u.id]) for u in plan.units if u.id not in plan.outside]
