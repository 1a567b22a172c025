"""What a form says about itself in its hidden parts.

The writer of blank forms and the reader of filled ones may not import each other, so what both
must agree on stands here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from duban.errors import BadInput, Problem
from duban.plan.forms import Form
from duban.plan.model import Plan

SHEET = "_duban"
"""Very hidden sheet of identity keys and values."""
FIELDS = ("campaign", "duty", "unit", "period", "form", "form_version")
CHECKSUM = "checksum"

CODE_COLUMN, VALUE_COLUMN = "#code", "#value"
"""Stand in the hidden first row, so that columns are known wherever they moved."""
ZERO = "#zero"
SIGNERS = ("filler", "reviewer", "head")
"""The keys of 填报人, 审核人, 负责人; their rows carry them with `#` before."""
TICK = "√"

TEXT_LIMIT = 4000
NAME_LIMIT = 60


def answer_form(plan: Plan, duty: str) -> Form:
    """The form that answers a duty; BadInput when the plan gives it none."""
    form = plan.form_of(duty)
    if form is None:
        problem = Problem("duty-has-no-form", key="duty", value=duty)
        raise BadInput("bad-address", (problem,), count=1)
    return form


def identity(plan: Plan, duty: str, unit: str, period: str) -> dict[str, str]:
    """Whose form for what a workbook must say it is."""
    form = answer_form(plan, duty)
    values = (plan.slug, duty, unit, period, form.id, str(form.version))
    return dict(zip(FIELDS, values, strict=True))


def checksum(identity: Mapping[str, str], form: Form) -> str:
    """Ties an identity to the rows it was printed with; guards against accidents, not forgers."""
    return _digest([*(identity[f] for f in FIELDS), *form.by_code])


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
