"""What types cannot say: references that must exist, days that must not contradict each other.

Each module reads what stands in the files piece by piece, so that one broken piece hides no mistake
in another.
"""

from __future__ import annotations

from duban.errors import Problem
from duban.plan.rules import chains, duties, forms, naming, rhythms, size, spans, tasks, units
from duban.plan.rules.folder import Folder

PARTS = (spans, naming, rhythms, chains, duties, tasks, units, size)


def problems(folder: Folder) -> list[Problem]:
    """Mistakes between the parts of a campaign folder, and within its forms."""
    found = [p for part in PARTS for p in part.problems(folder)] if folder.plan.raw else []
    return found + [p for form in folder.forms if form.raw for p in forms.problems(form)]
