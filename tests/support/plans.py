"""Campaign folders of the repository as typed plans."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from duban.plan import Bundle, Plan, parse

CAMPAIGNS = Path(__file__).parents[2] / "data" / "campaigns"


@cache
def load(slug: str) -> Plan:
    """The plan in data/campaigns/<slug>."""
    folder = CAMPAIGNS / slug
    forms = sorted(f"forms/{path.name}" for path in (folder / "forms").glob("*.yaml"))
    names = ["plan.yaml", "units.csv", *forms]
    return parse(Bundle(tuple((name, (folder / name).read_text("utf-8")) for name in names)))
