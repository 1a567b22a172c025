"""Hai'an as a typed plan, and YAML as we read it."""

from __future__ import annotations

import itertools
import json
import string
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban.agenda import phases_of
from duban.plan import Bundle, Plan, parse
from duban.plan.rhythm import Event, Every
from duban.plan.source import key_text, read_yaml
from tests.support.plans import changed, load, mistakes, texts

# --- what the notice says -------------------------------------------------------------------------


def test_haian_has_the_three_phases_of_its_notice(haian: Plan) -> None:
    # 六、进度安排: 从即日起(9月6日)至9月中旬; 9月下旬至11月; 12月. 中旬 ends on the 20th.
    assert [(p.kind, p.name, p.start.date, p.end.date) for p in haian.file.phases] == [
        ("survey", "排查部署阶段", date(2018, 9, 6), date(2018, 9, 20)),
        ("action", "集中打击阶段", date(2018, 9, 21), date(2018, 11, 30)),
        ("consolidation", "总结提高阶段", date(2018, 12, 1), date(2018, 12, 31)),
    ]
    assert (haian.file.start.date, haian.file.end.date) == (date(2018, 9, 6), date(2018, 12, 31))


def test_haian_s_phases_follow_each_other_without_gap_or_overlap(haian: Plan) -> None:
    for before, after in itertools.pairwise(haian.file.phases):
        assert (after.start.date - before.end.date).days == 1


def test_both_ends_of_a_phase_belong_to_it(haian: Plan) -> None:
    def touched(first: int, last: int) -> tuple[str, ...]:
        covers = (date(2018, 9, first), date(2018, 9, last))
        return phases_of(haian, haian.duty["monthly"], haian.unit["qutang"], covers)

    # the survey lasts from 6 to 20 September, and the action begins on the 21st
    assert touched(20, 30) == ("survey", "action")
    assert touched(21, 30) == ("action",)
    assert touched(1, 6) == ("survey",)
    assert touched(1, 5) == ()


def test_haian_s_branches_report_by_the_fifth_of_the_next_month_and_at_once(haian: Plan) -> None:
    # 七（三）: 各分局每月5日前，将前一个月有关工作开展情况报稽查科，重大违法犯罪案件查处情况随时上报
    monthly, case, *_ = haian.file.duties
    assert (monthly.by, haian.unit[monthly.to].name) == (("branches",), "稽查科")
    assert isinstance(monthly.rhythm, Every)
    assert (monthly.rhythm.on, monthly.rhythm.in_, monthly.rhythm.at) == ((5,), "next", None)
    assert (monthly.rhythm.first, monthly.rhythm.last) == ("2018-09", "2018-12")
    assert isinstance(case.rhythm, Event)
    assert (case.by, case.to) == (("branches",), "jicha")


def test_haian_has_ten_branches_and_the_three_offices_the_notice_names(haian: Plan) -> None:
    assert len(haian.members("branches")) == 10
    # 五、任务分工
    assert [u.name for u in haian.members("offices")] == [
        "稽查科", "药品医疗器械监管科", "市场主体信用监管科",
    ]  # fmt: skip
    assert haian.members("nobody") == ()


def test_a_unit_keeps_its_channels_in_the_order_it_prefers(haian: Plan) -> None:
    assert [(c.kind, c.address) for c in haian.unit["qutang"].channels] == [
        ("webhook", "qutang"), ("email", "qutang@haian.example"),
    ]  # fmt: skip


def test_fines_are_kept_as_hundredths_of_their_unit_of_measure(haian: Plan) -> None:
    fines = haian.form["monthly"].by_code["fines"]
    assert fines.scaled(Decimal("12.5")) == 1250
    assert fines.decimal(1250) == Decimal("12.50")
    with pytest.raises(ValueError, match="scale"):
        fines.scaled(Decimal("12.505"))


@given(st.integers(-(10**12), 10**12), st.integers(0, 6))
def test_a_scaled_figure_is_the_same_figure_when_read_again(scaled: int, scale: int) -> None:
    fines = load("haian-2018").form["monthly"].by_code["fines"].model_copy(update={"scale": scale})
    assert fines.scaled(fines.decimal(scaled)) == scaled


# --- bundles --------------------------------------------------------------------------------------


def test_the_same_files_in_another_order_are_the_same_plan() -> None:
    files = tuple(texts("haian-2018").items())
    assert Bundle(files).digest == Bundle(files[::-1]).digest
    assert Bundle.from_text(Bundle(files[::-1]).text) == Bundle(tuple(sorted(files)))


def test_one_changed_letter_is_another_plan() -> None:
    assert changed(("units.csv", "海安镇分局", "海安县分局")).digest != changed().digest


def test_a_plan_stays_the_same_when_its_units_were_saved_by_a_spreadsheet(haian: Plan) -> None:
    # Excel writes a byte order mark and CR LF
    units = "\ufeff" + texts("haian-2018")["units.csv"].replace("\n", "\r\n")
    assert parse(Bundle(tuple({**texts("haian-2018"), "units.csv": units}.items()))) == haian


def test_a_date_may_be_written_without_its_precision(haian: Plan) -> None:
    printed = "start: {date: 2018-09-06, source: 从即日起}\nend"
    plan = parse(changed(("plan.yaml", printed, "start: 2018-09-06\nend")))
    assert plan.file.start.date == haian.file.start.date
    assert plan.file.start.precision == "day"


@pytest.mark.parametrize("clock", ["00:00", "08:30", "23:59"])
def test_a_due_day_may_end_at_a_stated_clock_time(clock: str) -> None:
    plan = parse(changed(("plan.yaml", "on: 5\n", f'on: 5\n      at: "{clock}"\n')))
    assert isinstance(plan.file.duties[0].rhythm, Every)
    assert plan.file.duties[0].rhythm.at == time.fromisoformat(clock)


def test_wrong_headings_of_the_units_are_shown_beside_the_right_ones() -> None:
    (problem,) = [
        p for p in mistakes(changed(("units.csv", "id,name", "编号,name"))) if p.file == "units.csv"
    ]
    assert (problem.code, problem.place) == ("csv-columns", "1")
    assert problem.value.startswith("编号,name,short,groups,")
    assert problem.params["expected"] == "id,name,short,groups,origin"
    assert "successor" in problem.params["optional"]


def test_a_form_in_a_file_of_another_name_is_named() -> None:
    found = mistakes(changed(("forms/monthly.yaml", "id: monthly", "id: weekly")))
    assert ("form-file-name", "forms/monthly.yaml", "3", "id") in [
        (p.code, p.file, p.place, p.key) for p in found
    ]


# --- YAML 1.2 -------------------------------------------------------------------------------------


def test_on_off_yes_and_no_are_words_and_not_truth_values() -> None:
    found = read_yaml("x.yaml", "on: 5\noff: no\nyes: y\ntrue_one: true\nfalse_one: false\n")
    assert found.data == {"on": 5, "off": "no", "yes": "y", "true_one": True, "false_one": False}
    assert found.problems == []


def test_dates_and_clocks_stay_text() -> None:
    found = read_yaml("x.yaml", "day: 2018-09-06\nmonth: 2018-09\nclock: 8:30\nsexagesimal: 190:20:30\n")
    assert found.data == {
        "day": "2018-09-06", "month": "2018-09", "clock": "8:30", "sexagesimal": "190:20:30",
    }  # fmt: skip


def test_a_doubled_key_is_reported_at_its_second_line_and_the_first_value_stands() -> None:
    found = read_yaml("x.yaml", "a: 1\nb:\n  c: 2\n  c: 3\na: 4\n")
    assert [(p.code, p.place, p.key) for p in found.problems] == [
        ("duplicate-key", "4", "b.c"), ("duplicate-key", "5", "a"),
    ]  # fmt: skip
    assert found.data == {"a": 1, "b": {"c": 2}}


def test_the_line_of_what_is_missing_is_the_line_of_what_would_hold_it() -> None:
    found = read_yaml("x.yaml", "a: 1\nb:\n  - c: 2\n  - d: 3\n")
    assert [found.line(path) for path in (("b",), ("b", 1), ("b", 1, "c"), ("b", 1, "d"))] == [2, 4, 4, 4]
    assert found.line(("nowhere",)) == 1
    assert key_text(("b", 1, "c")) == "b[1].c"


def test_python_objects_are_not_made_from_yaml() -> None:
    found = read_yaml("x.yaml", "a: 1\nb: !!python/object/apply:os.getcwd []\n")
    assert [p.code for p in found.problems] in ([], ["yaml-syntax"])
    assert found.data is None or found.data["b"] == []


KEYS = st.text(string.ascii_lowercase, min_size=1, max_size=8)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(st.characters(categories=["L", "N", "P", "Zs"]))
)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(DOCUMENTS)
def test_whatever_json_says_yaml_says_too(document: Any) -> None:
    found = read_yaml("x.yaml", json.dumps(document, ensure_ascii=False))
    assert found.problems == []
    assert found.data == document


@given(st.lists(KEYS, min_size=1, max_size=12), st.integers(0, 3))
def test_every_key_is_at_its_line_and_every_repetition_is_reported(keys: list[str], blanks: int) -> None:
    text = "".join(f"{key}: {number}\n" + "\n" * blanks for number, key in enumerate(keys))
    found = read_yaml("x.yaml", text)
    first = {key: keys.index(key) for key in keys}
    assert found.data == first
    assert all(found.line((key,)) == at * (blanks + 1) + 1 for key, at in first.items())
    again = [number for number, key in enumerate(keys) if first[key] != number]
    assert [p.place for p in found.problems] == [str(n * (blanks + 1) + 1) for n in again]
