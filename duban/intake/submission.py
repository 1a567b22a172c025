"""Any door's bytes → one parsed submission, or every mistake in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from duban.errors import Problem, SubmissionInvalid
from duban.intake.document import read_document
from duban.intake.guard import bounded
from duban.intake.refusal import refused
from duban.intake.validate import validate
from duban.intake.values import Sent, read_values
from duban.intake.workbook import read_workbook
from duban.plan.forms import Form
from duban.plan.identity import answer_form, identity
from duban.plan.model import Plan

MARK_AND_BLANKS = b"\xef\xbb\xbf \t\r\n"
"""What may stand before a JSON document's brace."""


@dataclass(frozen=True)
class Parsed:
    """A submission's content: exactly what the unit stated, blanks left out."""

    zero: bool
    cells: dict[str, int]  # value x 10^scale
    texts: dict[str, str]
    signed: dict[str, str]  # by filler, reviewer, head
    form_version: int


def read_submission(data: bytes, file_name: str, *, plan: Plan, duty: str, unit: str, period: str) -> Parsed:
    """Read what `unit` sent for a duty and period; SubmissionInvalid carries every problem found."""
    form = answer_form(plan, duty)
    try:
        sent, problems = _sent(data, file_name, plan, identity(plan, duty, unit, period), form)
        return _parsed(form, sent, problems, zero_allowed=plan.duty[duty].zero_report)
    except SubmissionInvalid as error:
        raise refused(error.problems, file_name) from error


def _sent(
    data: bytes, file_name: str, plan: Plan, expected: dict[str, str], form: Form
) -> tuple[Sent, list[Problem]]:
    bounded(data)
    if data.lstrip(MARK_AND_BLANKS).startswith(b"{"):
        return read_document(data, plan, expected, form)
    return read_workbook(data, file_name, plan, expected, form)


def _parsed(form: Form, sent: Sent, problems: list[Problem], *, zero_allowed: bool) -> Parsed:
    values = read_values(form, sent)
    unread = sent.unread | {p.key for p in values.problems}
    valid = validate(
        form, zero=sent.zero, zero_allowed=zero_allowed, cells=values.cells, texts=values.texts, unread=unread
    )
    found = [*problems, *values.problems, *(_placed(p, sent) for p in valid.problems)]
    if found:
        raise refused(found)
    return Parsed(sent.zero, valid.cells, values.texts, values.signed, sent.form_version)


def _placed(problem: Problem, sent: Sent) -> Problem:
    entry = sent.cells.get(problem.key)
    return replace(problem, place=entry.place) if entry else problem
