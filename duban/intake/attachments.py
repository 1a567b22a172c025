"""Files that come with a return: how many of which kind a duty wants, and what is not let in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from duban.errors import Problem
from duban.intake.checks import Facts, disagreement, explained, sums
from duban.intake.file_kinds import is_harmful, kind_of, plain_name
from duban.intake.guard import MEGABYTE
from duban.intake.refusal import shown
from duban.plan.duties import Attachment
from duban.plan.forms import Form

EACH = 20 * MEGABYTE
TOGETHER = 50 * MEGABYTE
MOST = 200
"""Files with one return."""
SEALED_PAGE = Attachment(id="sealed-page", name="盖章扫描件", at_least=0, kinds=("image", "document"))
"""A scan of the printed form with signatures and seal: welcome with every form, whatever its duty wants."""


@dataclass(frozen=True)
class Attached:
    """One file, under the plan's name for what it is."""

    id: str
    file_name: str
    data: bytes

    @property
    def name(self) -> str:
        """Its name as it may be shown; never a path."""
        return plain_name(self.file_name)


def attachment_problems(wanted: Sequence[Attachment], given: Sequence[Attached]) -> list[Problem]:
    """Everything that is wrong with the files of a return, each problem naming the attachment."""
    known = {a.id: a for a in wanted}
    problems = list(_too_much(given))
    for file in given:
        if file.id in known:
            problems += _file(known[file.id], file)
        else:
            params, value = {"known": names(wanted)}, shown(file.id)
            problems.append(Problem("attachment-unknown", file.name, key=value, value=value, params=params))
    return problems + list(_missing(wanted, given))


def tally_problems(
    wanted: Sequence[Attachment], given: Sequence[Attached], form: Form, cells: Mapping[str, int],
    notes: Mapping[str, str],
) -> list[Problem]:  # fmt: skip
    """Where the number of files contradicts what the return itself states; a file sent twice is one."""
    found, facts = [], Facts(form, cells)
    for attachment in wanted:
        tally = attachment.count
        if tally is None:
            continue
        number = len({f.data for f in given if f.id == attachment.id})
        sent, stated = [(attachment.name, Decimal(number), False)], facts.members(tally.figures)
        if disagreement(tally.is_, sent, stated):
            measured = next((form.figures[c].unit_of_measure for c in tally.figures if c in form.figures), "")
            params = {
                "name": attachment.name, "is": tally.is_, "unit_of_measure": measured,
                "because": tally.because or "", **sums(sent, stated),
            }  # fmt: skip
            problem = Problem(
                "attachments-and-figures", key=attachment.id, value=str(number), params=params,
                grade=tally.grade,
            )  # fmt: skip
            found.append(explained(problem, notes, tally.figures) if not problem.refuses else problem)
    return found


def sound(wanted: Sequence[Attachment], given: Sequence[Attached]) -> tuple[Attached, ...]:
    """The files fit to be kept, also of a return that is refused: known, of a fit size, nothing that runs."""
    if any(_too_much(given)):
        return ()
    known = {a.id for a in wanted}
    return tuple(
        f for f in given
        if f.id in known and 0 < len(f.data) <= EACH and not is_harmful(f.file_name, f.data)
    )  # fmt: skip


def names(wanted: Sequence[Attachment]) -> str:
    """The attachments of a duty as a message lists them."""
    return "、".join(f"{a.id} ({a.name})" for a in wanted)


def _too_much(given: Sequence[Attached]) -> Iterator[Problem]:
    size = sum(len(f.data) for f in given)
    if size > TOGETHER or len(given) > MOST:
        params = {"limit": TOGETHER // MEGABYTE, "most": MOST, "count": len(given)}
        yield Problem("attachments-too-large", key="attachments", value=_megabytes(size), params=params)


def _file(wanted: Attachment, file: Attached) -> Iterator[Problem]:
    if not file.data:
        yield Problem("attachment-empty", file=file.name, key=wanted.id, params={"name": wanted.name})
    elif len(file.data) > EACH:
        params = {"name": wanted.name, "limit": EACH // MEGABYTE}
        yield Problem(
            "attachment-too-large",
            file=file.name,
            key=wanted.id,
            value=_megabytes(len(file.data)),
            params=params,
        )
    elif is_harmful(file.file_name, file.data):
        yield Problem("attachment-harmful", file=file.name, key=wanted.id, params={"name": wanted.name})
    elif "any" not in wanted.kinds and kind_of(file.file_name, file.data) not in wanted.kinds:
        params = {"name": wanted.name, "kinds": list(wanted.kinds)}
        yield Problem("attachment-wrong-kind", file=file.name, key=wanted.id, value=file.name, params=params)


def _missing(wanted: Sequence[Attachment], given: Sequence[Attached]) -> Iterator[Problem]:
    counts, called = Counter(f.id for f in given), {a.id: a.name for a in wanted}
    different = Counter(key for key, _ in {(f.id, f.data) for f in given})
    for attachment in wanted:
        # As many as there are of another: each case with its decision, which may be one for two cases. A
        # case sent twice is one case.
        count = counts[attachment.id] if attachment.per else different[attachment.id]
        times = different[attachment.per] if attachment.per else 1
        least = attachment.least * times
        if count < least:
            params = {
                "name": attachment.name, "least": least, "count": count,
                "per": called.get(attachment.per or "", ""),
            }  # fmt: skip
            yield Problem("attachments-too-few", key=attachment.id, params=params)


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f}"
