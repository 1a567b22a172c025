"""The only Jinja2 environment: everything a user reads comes out of templates/ through here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    FunctionLoader,
    StrictUndefined,
    UndefinedError,
    select_autoescape,
)
from jinja2.exceptions import SecurityError
from wcwidth import wcswidth

from duban import calendars, periods
from duban.errors import DubanError, Problem
from duban.sandbox import MOST_LETTERS, STEP, STEPS, Sandbox
from duban.settings import ROOT

Own = tuple[tuple[str, str], ...]
"""Templates of a campaign by name in its folder, `templates/messages/digest-subject.txt`."""


class Renderer:
    """Templates and wording of one folder."""

    def __init__(self, folder: Path) -> None:
        self.env = Sandbox(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            autoescape=select_autoescape(["html"], default_for_string=False, default=False),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )
        self.env.filters |= {
            "pad": pad, "percent": percent, "day": calendars.day_words, "clock": clock_words,
            "deadline": deadline_words, "due": due_words, "period": period_words, "problem": self.problem,
            "say": self.say, "figure": figure, "sentence": self.sentence,
        }  # fmt: skip
        with (folder / "wording.yaml").open(encoding="utf-8") as stream:
            self.words: Mapping[str, Any] = yaml.load(stream, yaml.CSafeLoader)
        self.env.globals |= {"words": self.words, STEP: STEPS.step}
        self._sentence = lru_cache(maxsize=1024)(self.env.from_string)
        self._own = lru_cache(maxsize=32)(self._with)

    def own(self, templates: Own) -> Renderer:
        """The same with a campaign's own templates before those of the folder, which they may include."""
        return self._own(templates) if templates else self

    def _with(self, templates: Own) -> Renderer:
        found = copy(self)
        texts = dict(templates)

        def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
            path = f"templates/{name}"
            return (texts[path], path, lambda: True) if path in texts else None

        loaders = [FunctionLoader(load), *([self.env.loader] if self.env.loader else [])]
        found.env = self.env.overlay(loader=ChoiceLoader(loaders))
        found.env.bounded = True
        return found

    def render(self, template: str, **values: Any) -> str:
        """A template of the folder with its values; a value it lacks is an error."""
        STEPS.begin()
        text = self.env.get_template(template).render(**values)
        if self.env.bounded and len(text) > MOST_LETTERS:
            raise SecurityError(f"too long: {len(text)}")
        return text

    def say(self, code: str, **values: Any) -> str:
        """The sentence of `wording.yaml` named `code`, e.g. `cli.deployed`."""
        text: Any = self.words
        for part in code.split("."):
            text = text[part]
        return self._sentence(str(text)).render(**values)

    def problem(self, problem: Problem) -> str:
        """One mistake as a line: file, place, key, what is wrong and what was expected."""
        sentence = self.sentence(problem) + self.say(f"grades.{problem.grade}", p=problem)
        return self.env.get_template("cli/problem.txt").render(p=problem, sentence=sentence)

    def sentence(self, problem: Problem) -> str:
        """What is wrong and what was expected. Of forms with personal answers no values are on record to
        say it with again."""
        known = problem.code in self.words["problems"]
        try:
            return nested(self.say(f"problems.{problem.code}" if known else "problems.unknown", p=problem))
        except UndefinedError:
            if problem.params:
                raise
            return self.say("grades.withheld", p=problem)

    def error(self, error: DubanError) -> str:
        """An error as a sentence."""
        known = error.code in self.words["errors"]
        return self.say(f"errors.{error.code}" if known else "errors.unknown", e=error, **error.params)


def nested(text: str) -> str:
    """Quotation marks within quotation marks are single ones: “‘双随机’抽查企业”. Unpaired ones stay."""
    if "“" not in text or text.count("“") != text.count("”"):
        return text
    depth, found = 0, []
    for c in text:
        depth += c == "“"
        found.append({"“": "‘", "”": "’"}.get(c, c) if depth > 1 else c)
        depth -= c == "”"
    return "".join(found)


@lru_cache(maxsize=4)
def renderer(folder: Path = ROOT / "templates") -> Renderer:
    """The renderer of a template folder."""
    return Renderer(folder)


def pad(value: object, width: int, align: str = "left") -> str:
    """Text filled up to `width` columns of a terminal, where a Chinese character takes two."""
    text = str(value)
    room = " " * max(0, width - max(wcswidth(text), 0))
    return room + text if align == "right" else text + room


def figure(value: Decimal | int | None) -> str:
    """A figure as a table shows it, `1,234.50`; what nobody has stated is no zero."""
    return "—" if value is None else f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"


def percent(ratio: Fraction | None, places: int = 1) -> str:
    """An exact ratio as a percentage, rounded half up once, here."""
    if ratio is None:
        return "—"
    exact = Decimal(ratio.numerator * 100) / Decimal(ratio.denominator)
    return f"{exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)}%"


def clock_words(instant: datetime | None) -> str:
    """`2018-11-05 23:59`, on the clocks it carries."""
    return instant.strftime("%Y-%m-%d %H:%M") if instant else "—"


def deadline_words(due_at: datetime | None) -> str:
    """An exclusive boundary as an office says it: `11月5日（周一）24时前`, or with its clock time."""
    if due_at is None:
        return renderer().say("dates.any-time")
    if due_at.time() == time():
        return renderer().say("dates.by-end-of", day=calendars.day_words(due_at.date() - timedelta(days=1)))
    return renderer().say("dates.by", day=calendars.day_words(due_at.date()), at=due_at.strftime("%H:%M"))


def due_words(due_at: datetime | None) -> str:
    """The same with its year: `2018年11月5日（周一）24时前`."""
    if due_at is None:
        return deadline_words(None)
    year = (due_at - timedelta(microseconds=1)).year
    return renderer().say("dates.due", year=year, deadline=deadline_words(due_at))


def period_words(period: str) -> str:
    """`2018-10` as `2018年10月`, `2018-Q3` as `2018年第三季度`, an event's `2018-10-22T1520` with its
    clock; anything else as it is."""
    day, _, clock = period.partition("T")
    try:
        length = periods.length_of(day)
        first = periods.span(day)[0]
    except ValueError:
        return period
    week = first.isocalendar()
    values = {
        "year": week.year if length == "week" else first.year, "month": first.month, "day": first.day,
        "week": week.week, "half": 0 if first.day == 1 else 1, "half_year": 0 if first.month == 1 else 1,
        "quarter": (first.month - 1) // 3, "clock": f"{clock[:2]}:{clock[2:]}" if clock else "",
    }  # fmt: skip
    return renderer().say(f"dates.{length}", **values)
