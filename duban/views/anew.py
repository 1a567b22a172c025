"""What `duban new` makes and shows: the new folder, what a person has to look at, the new warnings."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from duban.errors import BadInput, PlanInvalid, Problem
from duban.plan import Bundle, parse
from duban.plan.renewing import SLUG, Change, renewed
from duban.services.renewing import write_folder
from duban.views.check import plan_warnings

YEARS = range(1950, 2151)
"""In which a new campaign may begin: all its days then lie in years that a plan can state."""

if TYPE_CHECKING:
    from duban.console import Console


def made_anew(app: Console, slug: str, old: Bundle, start: date, folder: Path) -> dict[str, Any]:
    """Write the new campaign's folder. Raises BadInput for a bad slug, a start in no year of ours or a
    folder that exists, and PlanInvalid for an old campaign that makes no plan."""
    if not SLUG.fullmatch(slug):
        raise BadInput("bad-slug", value=slug)
    if start.year not in YEARS:
        raise BadInput("bad-start", value=str(start), first=YEARS[0], last=YEARS[-1])
    before = parse(old)

    def mark(changes: list[Change]) -> str:
        return app.texts.say("new.mark", before=[c.before for c in changes if c.moved], n=len(changes))

    made = renewed(old, slug, start, mark)
    write_folder(made.bundle, folder)
    problems: tuple[Problem, ...] = ()
    warned: list[Problem] = []
    try:
        plan = parse(made.bundle)
        warned = plan_warnings(plan)
    except PlanInvalid as error:
        problems = error.problems
    return {
        "slug": slug, "folder": folder, "old": before, "changes": made.changes, "problems": problems,
        "warnings": warned, "closed": [u for u in before.units if u.opens or u.closes],
    }  # fmt: skip
