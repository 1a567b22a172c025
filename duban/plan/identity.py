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
SUBJECT = "subject"
"""Stands there only where an obligation has one."""
CHECKSUM = "checksum"

CODE_COLUMN, VALUE_COLUMN, NOTE_COLUMN = "#code", "#value", "#note"
"""Stand in the hidden first row, so that columns are known wherever they moved."""
ZERO = "#zero"
ROW_COLUMN = "#row"
"""Begins the hidden line of a register's sheet under which its rows stand."""
COLUMN_MARK = "#col:"
"""Stands there before a column's code."""
SIGNERS = ("filler", "reviewer", "head")
"""The keys of 填报人, 审核人, 负责人; their rows carry them with `#` before."""
TICK = "√"

LIAISON_EMAIL = "liaison_email"
"""What a form that fills in liaisons calls the mailbox; its other rows are liaison_name, liaison_position
and liaison_phone."""

TEXT_LIMIT = 4000
NAME_LIMIT = 60


def answer_form(plan: Plan, duty: str, unit: str) -> Form:
    """The form with which a unit answers a duty; BadInput when the plan gives it none."""
    form = plan.form_for(duty, unit)
    if form is None:
        problem = Problem("duty-has-no-form", key="duty", value=duty)
        raise BadInput("bad-address", (problem,), count=1)
    return form


def identity(plan: Plan, duty: str, unit: str, period: str, subject: str | None = None) -> dict[str, str]:
    """Whose form for what a workbook must say it is."""
    form = answer_form(plan, duty, unit)
    values = (plan.slug, duty, unit, period, form.id, str(form.version))
    found = dict(zip(FIELDS, values, strict=True))
    return found | {SUBJECT: subject} if subject else found


def answers_for(plan: Plan, named: str, unit: str) -> bool:
    """Whether a return that names somebody may be the unit's: by its id, name, short name or alias, or
    by that of a successor."""
    meant, line = plan.named.get(named, ()), [plan.unit[unit]]
    while (successor := plan.unit.get(line[-1].successor or "")) and successor not in line:
        line.append(successor)
    return len(meant) == 1 and meant[0] in line


def checksum(identity: Mapping[str, str], form: Form) -> str:
    """Ties an identity to the rows it was printed with; guards against accidents, not forgers."""
    lines = [*(identity[f] for f in FIELDS), *form.by_code]
    lines += [f"{COLUMN_MARK}{code}" for code in (form.register_.by_code if form.register_ else ())]
    lines += [f"{SUBJECT}:{identity[SUBJECT]}"] if identity.get(SUBJECT) else []
    return _digest(lines)


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
