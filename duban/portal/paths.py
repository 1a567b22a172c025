"""Where things are: the addresses of pages, made in one place."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from duban.services.addresses import Address

NO_PERIOD = "-"
"""Stands in a path for the period of a duty of a single date."""


def campaign(slug: str, leaf: str = "") -> str:
    """A campaign's pages: `/c/haian-2018/review`."""
    return f"/c/{quote(slug)}" + (f"/{leaf}" if leaf else "")


def unit(slug: str, unit: str) -> str:
    """What a unit owes: `/c/haian-2018/u/libao`."""
    return f"{campaign(slug)}/u/{quote(unit)}"


def obligation(to: Address, leaf: str = "", **more: str) -> str:
    """One obligation: `/c/haian-2018/u/libao/d/monthly/2018-10`, an obligation's subject as `?subject=`,
    with `more` of a query."""
    path = f"{unit(to.campaign, to.unit)}/d/{quote(to.duty)}/{quote(to.period or NO_PERIOD, safe='')}"
    path += f"/{leaf}" if leaf else ""
    query = ({"subject": to.subject} if to.subject else {}) | more
    return path + (f"?{urlencode(query)}" if query else "")


def version(to: Address, number: int, leaf: str = "") -> str:
    """One version of a return: `…/v/2`, its `receipt`, its `file`, its `files/3`."""
    return obligation(to, f"v/{number}" + (f"/{leaf}" if leaf else ""))


def address(campaign: str, unit: str, duty: str, period: str, subject: str | None) -> Address:
    """What such a path names."""
    return Address(campaign, unit, duty, "" if period == NO_PERIOD else period, subject or None)
