"""Units in a story keep to the rules of their forms."""

from __future__ import annotations

from decimal import Decimal

import pytest

from duban.plan import Form
from duban.plan.source import read_yaml
from duban.rendering import renderer
from duban.story import tell
from duban.story.acts import Value
from duban.story.rules import settled
from tests.support.plans import load

CASES = """
id: cases
title: 案件情况
origin: coordinator
sections:
  - id: cases
    name: 案件
    indicators:
      - {code: filed, name: 立案, unit_of_measure: 件}
      - {code: closed, name: 办结, unit_of_measure: 件}
      - {code: open, name: 在办, unit_of_measure: 件, periods: last}
      - {code: fines, name: 罚没金额, unit_of_measure: 万元, type: decimal, scale: 2}
checks:
  - {left: [open, closed], is: equal, right: filed, before: open}
  - {if: {fines: positive}, needs: closed}
"""
FORM = Form.model_validate(read_yaml("forms/cases.yaml", CASES).data)
BEFORE: dict[str, Value] = {"open": 4}


def values(filed: int, closed: int, left: int, fines: str = "0") -> dict[str, Value]:
    return {"filed": filed, "closed": closed, "open": left, "fines": Decimal(fines)}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (values(9, 3, 10), values(9, 3, 10)),  # 4 + 9 = 3 + 10
        (values(9, 3, 60), values(9, 3, 10)),
        (values(9, 3, 0), values(9, 3, 10)),
        (values(9, 20, 60), values(9, 13, 0)),
        (values(9, 0, 60, "1.50"), values(9, 1, 12, "1.50")),  # a case behind the fine
    ],
)
def test_cases_come_out_even(said: dict[str, Value], meant: dict[str, Value]) -> None:
    assert settled(FORM, said, BEFORE, fixed=()) == meant


def test_without_a_return_before_nothing_has_to_come_out_even() -> None:
    assert settled(FORM, values(9, 3, 60), {}, fixed=()) == values(9, 3, 60)


def test_what_lower_levels_have_reported_stays() -> None:
    assert settled(FORM, values(9, 3, 60), BEFORE, fixed={"open", "closed"})["open"] == 60


def test_cumulative_figures_of_a_story_never_fall() -> None:
    plan = load("sanming-2023")
    last: dict[tuple[str, str], Decimal] = {}
    growing = {i.code for i in plan.form["statistics"].indicators if i.cumulative}
    told = [a for a in tell(plan, 3, renderer().words).acts if a.said and a.to.duty in ("midterm", "final")]
    for act in sorted(told, key=lambda a: (a.to.duty == "final", a.at)):
        for code, value in act.said.values.items() if act.said else ():
            if code in growing:
                figure = Decimal(value)
                assert figure >= last.get((act.to.unit, code), Decimal(0)), (act.to, code)
                last[act.to.unit, code] = figure
    assert len(last) > 300
