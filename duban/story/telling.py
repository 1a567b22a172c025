"""Writing a story: cues in order of time, each one's lines from what was said before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from duban import calendars
from duban.agenda import Obligation
from duban.plan import Plan
from duban.services.receiving import Address
from duban.story import answers, papers, scenes
from duban.story.acts import Act, Cue, Said, Story, Value, Words
from duban.story.sums import fold_units

PROXY = "paper"
"""Door of what comes from units that do not work with this system: the coordinator records it."""


def opening(plan: Plan) -> date:
    """The day a campaign is deployed: its first one, or that of the notice if it came later."""
    return max(plan.start, plan.file.issued or plan.start)


def tell(plan: Plan, seed: int, words: Mapping[str, Any]) -> Story:
    """A story of this plan: the same seed tells the same story to the byte. `words` are the wording's
    `blank` (texts of the form) and `story` (what people in it sign and say)."""
    opened = calendars.at_local(opening(plan), time(), plan.zone)
    acts, full = _determined(plan, words)
    dealt = list(scenes.scenes(full, seed, opened))
    fed = _fed(full, [o for o, behaviour, _ in dealt if behaviour != scenes.NEVER])
    cues = list(scenes.events(full, seed, opened))
    for o, behaviour, workbook in dealt:
        if behaviour == scenes.NEVER or not _can_come(full, o):
            acts += _given_up(full, o, words)
            continue
        since = max([opened, *(f.due_at for f in fed.get(o.key, ()) if f.due_at and _before(f, o))])
        cues += scenes.cues(full, o, behaviour, workbook, since, Random(f"{seed} {o.key}"))
    acts += _Scribe(full, seed, dict(words), fed).write(cues)
    return Story(full, tuple(sorted(acts, key=lambda a: (a.at, a.to.obligation, a.file_name))))


def _before(lower: Obligation, upper: Obligation) -> bool:
    return bool(lower.due_at and upper.due_at and lower.due_at < upper.due_at)


def _fed(plan: Plan, owed: list[Obligation]) -> dict[str, list[Obligation]]:
    """Obligation → those of lower levels that are made for it."""
    found: dict[str, list[Obligation]] = {}
    for o in owed:
        if o.feeds:
            found.setdefault(o.feeds, []).append(o)
    return found


def _can_come(plan: Plan, o: Obligation) -> bool:
    """A duty with neither form nor attachments cannot be answered by a file."""
    return bool(plan.duty[o.duty].form or o.attachments)


def _determined(plan: Plan, words: Mapping[str, Any]) -> tuple[list[Act], Plan]:
    """Due days that were left open are set in the campaign's third day; the plan with them."""
    at = calendars.at_local(opening(plan) + timedelta(days=3), time(10), plan.zone)
    days = {d.id: scenes.middle(plan, at.date() + timedelta(days=7)) for d in scenes.undetermined(plan)}
    acts = [
        Act(at, "determine", Address(plan.slug, plan.coordinator.id, duty, ""), by=plan.coordinator.name,
            reason=words["story"]["determine_reason"], day=day)
        for duty, day in days.items()
    ]  # fmt: skip
    if not days:
        return acts, plan
    full = Plan(file=plan.file, units=plan.units, forms=plan.forms, determined=plan.determined | days)
    return acts, full


def _given_up(plan: Plan, o: Obligation, words: Mapping[str, Any]) -> Iterator[Act]:
    """The coordinator gives up what never comes, and the copies that would have come with it."""
    for owed in (o, *scenes.copies_of(plan, o)):
        at = max(o.due_at or o.opens_at, owed.due_at or owed.opens_at) + scenes.PATIENCE + timedelta(hours=10)
        by, reason = plan.coordinator.name, words["story"]["give_up_reason"]
        yield Act(at, "give-up", address(owed), by=by, reason=reason)


def address(o: Obligation) -> Address:
    """Where a return for an obligation goes."""
    return Address(o.campaign, o.unit, o.duty, o.period or "", o.subject)


@dataclass
class _Scribe:
    """Writes the acts of cues in order of time, remembering what was said."""

    plan: Plan
    seed: int
    words: Words
    fed: dict[str, list[Obligation]]
    meant: dict[str, Said] = field(default_factory=dict)
    """What a unit means to say about an obligation, whether or not a broken file says it."""
    counting: dict[str, Said] = field(default_factory=dict)
    """What has been said so far, by obligation."""
    series: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    """Obligations of one duty, unit and subject in the order they were written about."""

    def write(self, cues: list[Cue]) -> Iterator[Act]:
        """All acts."""
        for cue in sorted(cues, key=lambda c: (c.at, c.owed.key)):
            yield self._act(cue)

    def _act(self, cue: Cue) -> Act:
        o, form = cue.owed, self.plan.form_for(cue.owed.duty, cue.owed.unit)
        attached = papers.files(o, cue)
        outside = o.unit in self.plan.outside
        name = f"{self.plan.unit[o.unit].short}-{o.period or self.plan.duty[o.duty].name}"
        door = PROXY if outside else "workbook" if cue.workbook else "api"
        stem = f"{name}-{o.subject}{cue.mark}" if o.subject else f"{name}{cue.mark}"
        if form is None:
            said = None if cue.manner == "broken" else Said()
            return Act(cue.at, "submit", address(o), files=attached, door=door, said=said)
        first = self._meant(o)
        said = {
            "plain": first, "broken": first, "zero": answers.zeros(form, first, self._before(o)),
            "raised": answers.raised(form, first),
        }[cue.manner]  # fmt: skip
        values = answers.broken(form, said) if cue.manner == "broken" else said.values
        if cue.manner == "zero":
            values = {c: v for c, v in values.items() if form.by_code[c].is_stock}
        make = papers.workbook if cue.workbook else papers.document
        data = make(self.plan, o, values, said.rows, cue.manner == "zero", self.words)
        counts = cue.manner != "broken"
        if counts:
            self.counting[o.key] = said
        ending = "xlsx" if cue.workbook else "json"
        return Act(
            cue.at, "submit", address(o), data, f"{stem}.{ending}", attached, door, said if counts else None
        )

    def _meant(self, o: Obligation) -> Said:
        if o.key not in self.meant:
            line = self.series.setdefault((o.duty, o.unit, o.subject or ""), [])
            self.meant[o.key] = self._writer(o, len(line)).said(self._carried(o, line))
            line.append(o.key)
        return self.meant[o.key]

    def _writer(self, o: Obligation, nth: int) -> answers.Writer:
        form = self.plan.form_for(o.duty, o.unit)
        assert form is not None
        random = Random(f"{self.seed} {o.key} values")
        grown = sum(
            len(line)
            for (duty, *whose), line in self.series.items()
            if whose == [o.unit, o.subject or ""] and self.plan.duty[duty].form == form.id
        )
        return answers.Writer(
            self.plan, form, o, random, self.words, nth, self._known(o), self._before(o), grown
        )

    def _before(self, o: Obligation) -> dict[str, Value]:
        """What the unit stated for the period before."""
        line = self.series.get((o.duty, o.unit, o.subject or ""), [])
        said = [key for key in line if key < o.key and key in self.counting]
        return dict(self.counting[max(said)].values) if said else {}

    def _carried(self, o: Obligation, line: list[str]) -> list[dict[str, Value]]:
        """The rows that were open in the return before."""
        form = self.plan.form_of(o.duty)
        register = form.register_ if form else None
        said = [self.counting[key] for key in line if key in self.counting]
        if not said or register is None or register.closed is None:
            return []
        closing = register.closed
        return [row for row in said[-1].rows if row.get(closing.column) not in closing.values]

    def _known(self, o: Obligation) -> dict[str, Value]:
        """What lower levels have reported for this return so far, added up."""
        lower = [f for f in self.fed.get(o.key, ()) if f.key in self.counting]
        form = self.plan.form_for(o.duty, o.unit)
        if not lower or form is None:
            return {}
        said = [self.counting[f.key].values for f in lower]
        found: dict[str, Value] = {}
        for i in form.indicators:
            stated = [Decimal(values[i.code]) for values in said if i.is_number and i.code in values]
            total = fold_units(i, stated)
            if total is not None:
                found[i.code] = total if i.scale else int(total)
        return found
