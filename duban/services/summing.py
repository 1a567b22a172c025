"""Figures of a whole campaign: totals, groups, targets, rankings, and what stands behind a set of returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from duban import figures, measures
from duban.figures import CellRow, Source, Total
from duban.ledger import queries
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.measures import Figure, Place, Verdict
from duban.plan import Form, Plan
from duban.plan.duties import Measure
from duban.plan.tasks import Target
from duban.services.campaigns import replaced
from duban.services.watching import standings
from duban.standing import Owed, Standing, rates


def source_of(owed: Owed) -> Source:
    """The return that an obligation asks for."""
    return Source(owed.unit, owed.period, owed.subject)


@dataclass(frozen=True, slots=True)
class Content:
    """What counts of some returns: figures, texts, and the names of the files that came with them."""

    cells: list[CellRow] = field(default_factory=list)
    texts: dict[Source, dict[str, str]] = field(default_factory=dict)
    notes: dict[Source, dict[str, str]] = field(default_factory=dict)
    files: dict[Source, list[tuple[str, str]]] = field(default_factory=dict)
    """(attachment, file name) in the order they were sent."""


def content(
    conn: Connection, plan: Plan, duty: str, found: Iterable[Standing], texts: bool = True
) -> Content:
    """The content of the counting versions of a duty's returns; without texts only their figures. What
    was reported under a code that has been replaced since counts for the new one."""
    made = Content()
    sources = {f"{s.owed.key}@{s.version}": source_of(s.owed) for s in found if s.version and s.met}
    known = replaced(conn, plan, duty)
    for submission, indicator, value, text in queries.values(conn, list(sources)):
        source = sources[submission]
        if value is not None:
            code, times = known.get(indicator, (indicator, 1))
            made.cells.append(CellRow(source.period, source.unit, code, value * times, source.subject))
        elif text is not None and texts:
            made.texts.setdefault(source, {})[indicator] = text
    if texts:
        _notes_and_files(conn, sources, made)
    return made


def _notes_and_files(conn: Connection, sources: Mapping[str, Source], made: Content) -> None:
    n, a, known = t.note.c, t.attachment.c, list(sources)
    for start in range(0, len(known), 500):
        chunk = known[start : start + 500]
        for r in conn.execute(select(t.note).where(n.submission.in_(chunk)).order_by(n.submission)):
            made.notes.setdefault(sources[r.submission], {})[r.indicator] = r.text
        wanted = select(t.attachment).where(a.submission.in_(chunk)).order_by(a.submission, a.n)
        for r in conn.execute(wanted):
            made.files.setdefault(sources[r.submission], []).append((r.id, r.name))


def notes_on(conn: Connection, found: Iterable[Standing], indicator: str) -> dict[str, str]:
    """The notes 备注 on one indicator of the versions that count, by submission."""
    n, ids = t.note.c, [f"{s.owed.key}@{s.version}" for s in found if s.version]
    notes: dict[str, str] = {}
    for start in range(0, len(ids), 500):
        mine = (n.indicator == indicator) & n.submission.in_(ids[start : start + 500])
        notes |= dict(conn.execute(select(n.submission, n.text).where(mine)).tuples().all())
    return notes


@dataclass(frozen=True, slots=True)
class DutyFigures:
    """A duty's returns of the whole campaign, with their figures."""

    plan: Plan
    duty: str
    form: Form | None
    standings: list[Standing]
    cells: list[CellRow]

    @property
    def expected(self) -> list[Source]:
        """The returns that belong in a total: those counted, and what came in besides."""
        return [source_of(s.owed) for s in self.standings if s.expected or s.met]

    def totals(self, sources: Sequence[Source] | None = None, only: str | None = None) -> list[Total]:
        """Every figure of the form, or only one, over some of its returns, or all."""
        if self.form is None:
            return []
        expected = self.expected if sources is None else list(sources)
        asked = figures.figure_columns(self.plan, self.form, expected)
        if only is not None:
            asked = [c for c in asked if c.indicator.code == only]
        wanted, codes = set(expected), {c.indicator.code for c in asked}
        mine = [
            c for c in self.cells if c.indicator in codes and Source(c.unit, c.period, c.subject) in wanted
        ]
        return figures.totals(figures.frame(mine), asked, expected)

    def total(self, indicator: str, sources: Sequence[Source] | None = None) -> Total | None:
        """One of them."""
        return next(iter(self.totals(sources, indicator)), None)


def duty_figures(conn: Connection, plan: Plan, duty: str, now: datetime) -> DutyFigures:
    """Everything a duty's returns state, as of `now`."""
    found = standings(conn, plan, Scope(plan.slug, duty=duty), now)
    held = content(conn, plan, duty, found, texts=False)
    return DutyFigures(plan, duty, plan.form_of(duty), found, held.cells)


def campaign_totals(conn: Connection, plan: Plan, duty: str, now: datetime) -> list[Total]:
    """Totals of a duty over all periods and units; n/N counts returns."""
    return duty_figures(conn, plan, duty, now).totals()


@dataclass(frozen=True, slots=True)
class Group:
    """Totals of one group of units."""

    label: str
    name: str
    totals: list[Total]


def totals_by(conn: Connection, plan: Plan, duty: str, now: datetime, by: str) -> list[Group]:
    """Totals per unit, superior (`parent`), `group`, or value of an attribute."""
    label = measures.labels(plan, by)
    return _grouped(duty_figures(conn, plan, duty, now), label, by)


def totals_under(conn: Connection, plan: Plan, duty: str, now: datetime, unit: str) -> list[Group]:
    """What a unit answers for: its own (本级), each of its children with theirs, and last everything."""
    label = measures.below(plan, unit)
    found = duty_figures(conn, plan, duty, now)
    whole = [s for s in found.expected if s.unit in label]
    return [*_grouped(found, label, "unit"), Group("", plan.unit[unit].name, found.totals(whole))]


def _grouped(found: DutyFigures, label: Mapping[str, str], by: str) -> list[Group]:
    groups: dict[str, list[Source]] = {}
    for source in found.expected:
        if source.unit in label:
            groups.setdefault(label[source.unit], []).append(source)
    order = {name: n for n, name in enumerate(dict.fromkeys(label.values()))}
    return [
        Group(key, measures.label_name(found.plan, by, key), found.totals(groups[key]))
        for key in sorted(groups, key=order.__getitem__)
    ]


def verdicts(conn: Connection, plan: Plan, now: datetime) -> list[Verdict]:
    """How each target stands, those of a year once for each year that returns are about."""
    known: dict[str, DutyFigures] = {}
    found = []
    for target in plan.file.targets:
        if target.duty is None:
            found.append(Verdict(target, None))
            continue
        if target.duty not in known:
            known[target.duty] = duty_figures(conn, plan, target.duty, now)
        found += _verdicts(known[target.duty], target)
    return found


def _verdicts(found: DutyFigures, target: Target) -> list[Verdict]:
    def year(source: Source) -> int | None:
        return measures.year_of(found.plan, source) if target.horizon == "year" else None

    still_open = {year(source_of(s.owed)) for s in found.standings if s.open}
    years = sorted({year(s) for s in found.expected}, key=lambda y: y or 0)
    made = []
    for one in years:
        sources = [s for s in found.expected if year(s) == one]
        named = (target.numerator, target.denominator)
        above, under = (found.total(code, sources) if code else None for code in named)
        made.append(Verdict(target, one, above, under, one not in still_open))
    return made


def ranking(conn: Connection, plan: Plan, duty: str, now: datetime) -> list[Place]:
    """The units of a duty's ranking by merit: a draft for a person to decide on."""
    rule = plan.duty[duty].ranking
    if rule is None:
        return []
    units = [u.id for u in plan.who(rule.units)]
    found = {m.duty or duty: duty_figures(conn, plan, m.duty or duty, now) for m in rule.measures}
    values = {u: [_measured(found[m.duty or duty], m, u) for m in rule.measures] for u in units}
    return measures.ranked(values, [m.lowest_first for m in rule.measures])


def _measured(found: DutyFigures, measure: Measure, unit: str) -> Figure:
    if measure.by == "indicator":
        mine = [s for s in found.expected if s.unit == unit]
        total = found.total(measure.indicator or "", mine) if mine else None
        return total.value if total else None
    shares = rates(s for s in found.standings if s.owed.unit == unit)
    return shares.reporting if measure.by == "reporting" else shares.punctuality
