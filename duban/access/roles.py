"""Roles and what each may do: one table, which every page and every call of the API goes by. Pure.

A person of the bureau holds roles by account; a liaison 联络员 is the `unit` role of the units that their
link, their one-time code or their unit's key names. Who speaks for a unit also sees and reviews the units
below it, as units.csv names superiors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from duban.plan import Plan

Role = Literal["coordinator", "leader", "reviewer", "reader", "unit"]
Right = Literal[
    "anyone",  # no sign-in needed
    "person",  # whoever is signed in, for what is theirs
    "unit.see",  # a unit's obligations, returns and receipts
    "unit.report",  # fill in, send, ask for more time
    "unit.review",  # endorse or return as the superior, before the coordinator looks
    "campaign.see",  # board, totals, documents
    "campaign.review",  # accept, return, withdraw an acceptance
    "campaign.decide",  # waive, extend, refuse, recognise, give up, expunge
    "campaign.approve",  # letters and circulars that wait for a person; whom each waits for, it says itself
    "campaign.manage",  # links, keys, roles of a campaign
    "installation",  # accounts
]
RIGHTS: tuple[Right, ...] = get_args(Right)
STAFF: tuple[Role, ...] = tuple(r for r in get_args(Role) if r != "unit")
"""Roles of people with accounts."""
EVERY = "*"
"""As a role's campaign: all of them."""

SEES: frozenset[Right] = frozenset({"person", "unit.see", "campaign.see"})
REVIEWS: frozenset[Right] = SEES | {"unit.review", "campaign.review"}
RIGHTS_OF: dict[Role, frozenset[Right]] = {
    "coordinator": REVIEWS | {"unit.report", "campaign.decide", "campaign.approve", "campaign.manage"},
    "leader": SEES | {"campaign.approve"},
    "reviewer": REVIEWS,
    "reader": frozenset({"person", "campaign.see"}),
    "unit": frozenset({"person", "unit.see", "unit.report"}),
}
"""Within the campaign of a role, and within its unit where it names one."""
OVER_CHILDREN: frozenset[Right] = frozenset({"unit.see", "unit.review"})
"""What who speaks for a unit, or reviews for it, may do about the units below."""


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody holds."""

    role: Role
    campaign: str
    """A slug, or `*`."""
    unit: str = ""
    """The id of the one unit it is about; "": no single one."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who is signed in."""

    id: str
    """`account:<login>`, `contact:<id>` or `key:<id>`."""
    name: str
    """As the audit trail names them: a person's display name, or the name of their unit."""
    held: tuple[Held, ...]
    door: Literal["account", "link", "code", "key"]

    def may(self, right: Right, plan: Plan | None = None, unit: str = "") -> bool:
        """Whether they may do that in a campaign, and about a unit where the right is about one."""
        if right in ("anyone", "person"):
            return True
        if right == "installation":
            return Held("coordinator", EVERY) in self.held
        return plan is not None and any(_allows(h, right, plan, unit) for h in self.held)

    def roles_in(self, campaign: str) -> tuple[Held, ...]:
        """The roles held in a campaign."""
        return tuple(h for h in self.held if h.campaign in (EVERY, campaign))


def _allows(held: Held, right: Right, plan: Plan, unit: str) -> bool:
    if held.campaign not in (EVERY, plan.slug):
        return False
    if right.startswith("unit.") and unit not in plan.unit:
        return False
    if not held.unit:
        return right in RIGHTS_OF[held.role]
    if right in OVER_CHILDREN and held.unit in superiors(plan, unit):
        return held.role in ("unit", "reviewer")
    if held.role == "reviewer":  # one who reviews for a unit reviews those below it, and nothing else
        return right == "unit.see" and held.unit == unit
    return right.startswith("unit.") and held.unit == unit and right in RIGHTS_OF[held.role]


def superiors(plan: Plan, unit: str) -> tuple[str, ...]:
    """Ids of the units above one, the nearest first."""
    return tuple(_above(plan, unit))


def _above(plan: Plan, unit: str) -> Iterator[str]:
    seen, at = {unit}, plan.unit[unit].parent if unit in plan.unit else None
    while at is not None and at in plan.unit and at not in seen:
        seen.add(at)
        yield at
        at = plan.unit[at].parent


def inferiors(plan: Plan, unit: str) -> tuple[str, ...]:
    """Ids of all units below one, in the plan's order."""
    return tuple(u.id for u in plan.units if unit in superiors(plan, u.id))
