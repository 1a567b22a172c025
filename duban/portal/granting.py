"""A posted form that gives somebody a role or takes one away, on a campaign's page or for all campaigns."""

from __future__ import annotations

from typing import cast

from duban.access.roles import Held, Role
from duban.portal.asking import Ask
from duban.services.accounts import give_role, take_role


def give(ask: Ask) -> str:
    """Give the role; there is nothing to show once."""
    give_role(ask.office.ledger, ask.text("login"), held(ask), ask.me.name)
    return ""


def take(ask: Ask) -> str:
    """Take it away; there is nothing to show once."""
    take_role(ask.office.ledger, ask.text("login"), held(ask), ask.me.name)
    return ""


def held(ask: Ask) -> Held:
    """The role that the form names: on a campaign's page always one of this campaign."""
    campaign = ask.text("campaign") if ask.plan_ is None else ask.plan_.slug
    return Held(cast(Role, ask.text("role")), campaign, ask.text("unit"))
