"""Parts of a plan in words: rhythms, names, attachments. The sentences are in templates/wording.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from typing import Any

from duban import calendars
from duban.debtors import rhythm_of
from duban.plan import Duty, Form, Plan, Unit
from duban.plan.dates import PrintedDate, Span
from duban.plan.duties import RESERVED, Attachment, Copy
from duban.plan.forms import Check, Tally
from duban.plan.rhythm import Chained, Covers, Dates, EndOfPhase, Event, Every, Once, Rhythm
from duban.plan.stated import WEEKDAYS
from duban.plan.tasks import Target
from duban.rendering import Renderer, period_words


def duty_rhythm_words(texts: Renderer, plan: Plan, duty: Duty) -> str:
    """A duty's rhythm, with the other ones that some of its units have."""
    others = [
        texts.say("rhythm.variant", who=names_words(texts, plan, v.for_), when=_rhythm(texts, plan, v.rhythm))
        for v in duty.variants
    ]
    return "；".join([rhythm_words(texts, plan, duty), *others])


def unit_rhythm_words(texts: Renderer, plan: Plan, duty: Duty, unit: Unit) -> str:
    """A duty's rhythm as it holds for one unit."""
    mine = rhythm_of(plan, duty, unit)
    return rhythm_words(texts, plan, duty) if mine is duty.rhythm else _rhythm(texts, plan, mine)


def rhythm_words(texts: Renderer, plan: Plan, duty: Duty) -> str:
    """A duty's own rhythm as a notice would print it: `每月5日前报上月`."""
    when = _rhythm(texts, plan, duty.rhythm)
    if isinstance(duty.rhythm, Once) and duty.id in plan.determined and duty.rhythm.due == "undetermined":
        when += texts.say("rhythm.determined", day=date_words(texts, plan.determined[duty.id]))
    return when


def _rhythm(texts: Renderer, plan: Plan, rhythm: Rhythm) -> str:
    if isinstance(rhythm, Event):
        return texts.say("rhythm.event", within=rhythm.within)
    kinds: dict[type, Any] = {
        Every: _every, Dates: _dates, Once: _once, EndOfPhase: _end_of_phase, Chained: _chained,
    }  # fmt: skip
    when: str = kinds[type(rhythm)](texts, plan, rhythm)
    skip = rhythm.skip if isinstance(rhythm, Every) else "none"
    return when + texts.say("rhythm.besides", roll=rhythm.roll, skip=skip)


def _at(texts: Renderer, plan: Plan, at: time | str | None) -> str:
    if at is None:
        return ""
    closing = at == "closing"
    clock = plan.file.office.closing if isinstance(at, str) else at
    return texts.say("rhythm.at", closing=closing, clock=clock.strftime("%H:%M"))


def _every(texts: Renderer, plan: Plan, rhythm: Every) -> str:
    days = "、".join(_day_of(texts, rhythm, on) for on in rhythm.on or ("last",))
    values = {
        "days": days, "several": len(rhythm.on or ()) > 1, "next": rhythm.in_ == "next",
        "month": rhythm.month or (0 if (rhythm.on or ("last",)) == ("last",) else 1),
        "at": _at(texts, plan, rhythm.at), "cutoff": rhythm.cutoff,
    }  # fmt: skip
    said = texts.say(f"rhythm.every.{rhythm.every}", **values) + _covers(texts, rhythm.covers, "period")
    if rhythm.first is None and rhythm.last is None:
        return said
    ends = {k: period_words(v) if v else "" for k, v in (("first", rhythm.first), ("last", rhythm.last))}
    return said + texts.say("rhythm.span", **ends)


def _day_of(texts: Renderer, rhythm: Every, on: int | str) -> str:
    weekday = calendars.WEEKDAYS[WEEKDAYS.index(str(on))] if on in WEEKDAYS else ""
    return texts.say("rhythm.day", on=on, weekday=weekday, every=rhythm.every)


def _covers(texts: Renderer, covers: Covers, usual: str) -> str:
    if covers == usual:
        return ""
    if isinstance(covers, Span):
        return texts.say("rhythm.covers.span", start=covers.start.date, end=covers.end.date)
    return texts.say(f"rhythm.covers.{covers}")


def _dates(texts: Renderer, plan: Plan, rhythm: Dates) -> str:
    days = [date_words(texts, d.date) for d in sorted(rhythm.dates, key=lambda d: d.date.date)]
    said = texts.say("rhythm.by", day="、".join(days), at=_at(texts, plan, rhythm.at))
    return said + _covers(texts, rhythm.covers, "previous")


def _once(texts: Renderer, plan: Plan, rhythm: Once) -> str:
    if not isinstance(rhythm.due, PrintedDate):
        return texts.say("rhythm.undetermined")
    said = texts.say("rhythm.by", day=date_words(texts, rhythm.due), at=_at(texts, plan, rhythm.at))
    return said + _covers(texts, rhythm.covers, "to-date")


def _end_of_phase(texts: Renderer, plan: Plan, rhythm: EndOfPhase) -> str:
    phase = plan.phase[rhythm.end_of]
    values = {"phase": phase, "days": rhythm.days, "at": _at(texts, plan, rhythm.at)}
    return texts.say("rhythm.end-of-phase", **values) + _covers(texts, rhythm.covers, "period")


def _chained(texts: Renderer, plan: Plan, rhythm: Chained) -> str:
    return texts.say(
        "rhythm.chained", target=plan.duty[rhythm.duty], r=rhythm, at=_at(texts, plan, rhythm.at)
    )


def date_words(texts: Renderer, day: date | PrintedDate) -> str:
    """`2017年12月20日`, `2018年9月中旬`, `2018年12月底`: as exactly as the notice prints it."""
    printed = day if isinstance(day, PrintedDate) else PrintedDate(date=day.isoformat())
    exact = printed.date
    first = printed.precision != "day" and exact.day in (1, 11, 21)
    values = {"day": exact, "precision": printed.precision, "soft": printed.soft, "first": first}
    return texts.say("rhythm.date", xun=min(exact.day - 1, 29) // 10, **values)


def names_words(texts: Renderer, plan: Plan, names: Iterable[str]) -> str:
    """Units and groups by their full names, in the order given."""
    groups = {n: g.name for g in plan.file.groups for n in (g.id, g.name, *g.aliases)}
    said = []
    for name in names:
        if name in RESERVED:
            said.append(texts.say(f"rhythm.who.{name}"))
        elif name in groups:
            said.append(groups[name])
        else:
            said.extend(u.name for u in plan.named.get(name, ()))
    return "、".join(dict.fromkeys(said))


def debtors_words(texts: Renderer, plan: Plan, duty: Duty) -> str:
    """Who owes a duty, and who of them does not."""
    excepted = names_words(texts, plan, duty.except_)
    return texts.say("rhythm.who.of", who=names_words(texts, plan, duty.by), excepted=excepted)


def copies_words(texts: Renderer, plan: Plan, copies: Iterable[Copy]) -> str:
    """Who gets copies; with `same` only those of the same county, say."""
    return "、".join(
        texts.say("rhythm.who.copy", who=names_words(texts, plan, copy.to), same=copy.same) for copy in copies
    )


def attachments_words(texts: Renderer, plan: Plan, attachments: Iterable[Attachment]) -> str:
    """What has to come with a return: name, number, who sends it."""
    known = {a.id: a.name for d in plan.file.duties for a in d.attachments}
    return "、".join(
        texts.say(
            "rhythm.attachment", a=a, who=names_words(texts, plan, a.for_), per=known.get(a.per or "", ""),
            tally=tally_words(texts, plan, a.count),
        )
        for a in attachments
    )  # fmt: skip


def tally_words(texts: Renderer, plan: Plan, tally: Tally | None) -> str:
    """How many files in words of what is reported: `与所报“立案”的件数相等`."""
    if tally is None:
        return ""
    named = {i.code: i.name for form in plan.forms for i in form.numbers}
    return texts.say("rhythm.tally", t=tally, figures=[named.get(code, code) for code in tally.figures])


def check_words(texts: Renderer, form: Form, check: Check) -> str:
    """A rule between figures, by their names."""
    named = {code: i.name for code, i in (*form.by_code.items(), *form.figures.items())}
    words = {
        key: [named.get(c, c) for c in getattr(check, key)] for key in ("left", "right", "before", "needs")
    }
    figures = any(code in form.figures for code in check.needs)
    conditions = [(named.get(code, code), wanted) for code, wanted in check.if_.items()]
    return texts.say("rhythm.check", c=check, conditions=conditions, figures=figures, **words)


def target_words(texts: Renderer, plan: Plan, target: Target) -> str:
    """What is to be reached, by which figures, by when."""
    form = plan.form_of(target.duty) if target.duty else None
    named = {i.code: i.name for i in form.numbers} if form else {}
    figures = [named.get(code, code) for code in (target.numerator, target.denominator) if code]
    goal = target.above if target.above is not None else target.at_least
    percent = goal is not None and (target.denominator is not None or goal.denominator > 1)
    said = (
        None if goal is None else f"{Decimal(goal.numerator * (100 if percent else 1)) / goal.denominator:f}"
    )
    duty = plan.duty[target.duty].name if target.duty else ""
    return texts.say("rhythm.target", t=target, figures=figures, goal=said, percent=percent, duty=duty)
