"""Any door's bytes → one parsed submission, or every mistake in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from duban import registers
from duban.errors import Problem, SubmissionInvalid
from duban.intake.document import read_document
from duban.intake.guard import bounded, in_turn
from duban.intake.refusal import refused
from duban.intake.rows import read_rows
from duban.intake.validate import validate
from duban.intake.values import Sent, Values, read_values
from duban.intake.workbook import read_workbook
from duban.past import Past
from duban.plan.duties import Duty
from duban.plan.forms import Form
from duban.plan.identity import answer_form, identity
from duban.plan.model import Plan
from duban.registers import Row

MARK_AND_BLANKS = b"\xef\xbb\xbf \t\r\n"
"""What may stand before a JSON document's brace."""


@dataclass(frozen=True)
class Parsed:
    """A submission's content: exactly what the unit stated, blanks left out, and what its rows count to."""

    zero: bool
    cells: dict[str, int]  # value x 10^scale
    texts: dict[str, str]
    signed: dict[str, str]  # by filler, reviewer, head
    form_version: int
    notes: dict[str, str] = field(default_factory=dict)
    """备注 by indicator."""
    rows: tuple[Row, ...] = ()
    """Of the register 台账."""
    problems: tuple[Problem, ...] = ()
    """Queries and notes: what is to be explained, or has been."""


def read_submission(
    data: bytes,
    file_name: str,
    *,
    plan: Plan,
    duty: str,
    unit: str,
    period: str,
    subject: str | None = None,
    carried: Sequence[Row] = (),
    past: Sequence[Past] = (),
) -> Parsed:
    """Read what `unit` sent for a duty and period; SubmissionInvalid carries every problem found.

    `carried` are the rows of its register that were open before, `past` what it has reported before.
    """
    form, rule = answer_form(plan, duty, unit), plan.duty[duty]
    try:
        sent, problems = _sent(data, file_name, plan, identity(plan, duty, unit, period, subject), form)
        parsed = _parsed(form, rule, sent, problems, carried, past)
    except SubmissionInvalid as error:
        raise refused(error.problems, file_name) from error
    return replace(parsed, problems=tuple(replace(p, file=file_name) for p in parsed.problems))


def _sent(
    data: bytes, file_name: str, plan: Plan, expected: dict[str, str], form: Form
) -> tuple[Sent, list[Problem]]:
    bounded(data)
    with in_turn(data):
        if data.lstrip(MARK_AND_BLANKS).startswith(b"{"):
            return read_document(data, plan, expected, form)
        return read_workbook(data, file_name, plan, expected, form)


def _parsed(
    form: Form, duty: Duty, sent: Sent, problems: list[Problem], carried: Sequence[Row], past: Sequence[Past]
) -> Parsed:
    values = read_values(form, sent)
    unread = sent.unread | {p.key for p in values.problems}
    rows: tuple[Row, ...] = ()
    wrong: list[Problem] = []
    counted: Mapping[str, int] = {}
    if form.register_ is not None:
        rows, wrong = read_rows(form, form.register_, sent.rows, carried)
        counted = {} if any(p.refuses for p in wrong) else registers.counts(form.register_, rows)
    valid = validate(
        form, zero=sent.zero, zero_allowed=duty.zero_report, cells=values.cells, texts=values.texts,
        unread=unread, notes=values.notes, counted=counted, past=past,
    )  # fmt: skip
    found = [*problems, *values.problems, *(_placed(p, sent) for p in valid.problems)]
    found += [*_unsigned(duty, sent, values), *wrong]
    if any(p.refuses for p in found):
        raise refused(found)
    cells, version = {**valid.cells, **counted}, sent.form_version
    return Parsed(sent.zero, cells, values.texts, values.signed, version, values.notes, rows, tuple(found))


def _placed(problem: Problem, sent: Sent) -> Problem:
    entry = sent.cells.get(problem.key)
    if entry is None and problem.code == "cell-missing":  # a document leaves out what a workbook leaves blank
        return replace(problem, place=f"cells.{problem.key}")
    return replace(problem, place=entry.place) if entry else problem


def _unsigned(duty: Duty, sent: Sent, values: Values) -> Iterator[Problem]:
    """Everybody whose signature the duty wants 填报人, 审核人, 负责人 and who has not signed."""
    unread = {p.key for p in values.problems}
    for signer in duty.sign:
        if signer not in values.signed and signer not in unread:
            place = sent.signed[signer].place if signer in sent.signed else f"signed.{signer}"
            yield Problem("signature-missing", place=place, key=signer)
