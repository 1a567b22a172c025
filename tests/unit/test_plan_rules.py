"""Mistakes that no type can see: parts of a plan that contradict each other."""

from __future__ import annotations

from datetime import date

import pytest

from duban.agenda import of_duty
from duban.plan import Bundle, Plan, parse
from duban.rendering import renderer
from tests.support.plans import changed, mistakes, texts

PLAN, UNITS, MONTHLY = "plan.yaml", "units.csv", "forms/monthly.yaml"


def codes(bundle: Bundle) -> list[tuple[str, str, str]]:
    """(code, file, key) of every mistake; each is also said in words."""
    found = mistakes(bundle)
    assert all(f"（{p.code}）" not in renderer().problem(p) for p in found)
    return [(p.code, p.file, p.key) for p in found]


def with_files(files: dict[str, str], slug: str = "haian-2018") -> Bundle:
    """A campaign's files, some of them replaced or added."""
    return Bundle(tuple({**texts(slug), **files}.items()))


def with_duty(text: str) -> Bundle:
    """Hai'an with one more duty of its branches to 稽查科."""
    head = "duties:\n  - id: more\n    origin: coordinator\n    name: 另报\n"
    rest = "" if "    by:" in text else "    by: branches\n"
    rest += "" if "    to:" in text else "    to: 稽查科\n"
    rest += "" if "    rhythm:" in text else "    rhythm: {every: month, on: 5, in: next}\n"
    return changed((PLAN, "duties:\n", head + rest + text))


# --- the span that a notice may leave open --------------------------------------------------------

START = "start: {date: 2018-09-06, source: 从即日起}\nend"
END = "end: {date: 2018-12-31, precision: month, source: 到12月底}\n"
GIVEN = "origin: coordinator\nstart: 2018-09-06\nend: 2018-12-31\n"


def without_span() -> str:
    plan = texts("haian-2018")[PLAN]
    return plan.replace(START, "end", 1).replace(END, "", 1)


def test_a_span_that_nobody_states_can_be_given_when_deploying() -> None:
    found = mistakes(with_files({PLAN: without_span()}))
    assert [(p.code, p.file, p.key) for p in found] == [
        ("span-missing", PLAN, "end"), ("span-missing", PLAN, "start"),
    ]  # fmt: skip
    assert "given.yaml" in renderer().problem(found[0])
    assert "--start" in renderer().problem(found[1])


def test_given_yaml_states_the_span_that_plan_yaml_leaves_open(haian: Plan) -> None:
    plan = parse(with_files({PLAN: without_span(), "given.yaml": GIVEN}))
    assert (plan.start, plan.end) == (haian.start, haian.end)


def test_a_span_stated_in_both_files_is_told_where_it_stands_again() -> None:
    assert codes(with_files({"given.yaml": GIVEN})) == [
        ("stated-twice", "given.yaml", "start"), ("stated-twice", "given.yaml", "end"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}\n"])
def test_a_given_yaml_that_says_nothing_changes_nothing(haian: Plan, text: str) -> None:
    assert parse(with_files({"given.yaml": text})) == haian


@pytest.mark.parametrize("text", ["", "5", "title: ]"])
def test_a_form_that_cannot_be_read_is_not_also_blamed_for_what_it_lacks(text: str) -> None:
    # 查处案件数 of the monthly table ranks the branches
    found = mistakes(with_files({MONTHLY: text}))
    assert {p.file for p in found} == {MONTHLY}
    assert {p.code for p in found} <= {"not-a-mapping", "yaml-syntax"}


def test_a_wrong_day_of_given_yaml_is_told_in_given_yaml() -> None:
    given = GIVEN.replace("2018-12-31", "2018-09-05")
    found = mistakes(with_files({PLAN: without_span(), "given.yaml": given}))
    assert ("end-before-start", "given.yaml", "3", "end") in [(p.code, p.file, p.place, p.key) for p in found]


def determined(line: str) -> dict[str, str]:
    return {"given.yaml": f"origin: coordinator\ndetermined:\n  {line}\n"}


def test_an_undetermined_duty_is_due_on_the_day_that_is_set_since() -> None:
    # 药品网络经营主体 have no units yet: one is added under 曲塘分局
    row = "wangdian,某网店,某网店,regulated,qutang,,,,coordinator\n"
    units = {UNITS: texts("haian-2018")[UNITS].rstrip("\n") + "\n" + row}
    plan = parse(with_files({**units, **determined("self-check: 2018-10-31")}))
    assert [(o.unit, o.to, o.due_day) for o in of_duty(plan, "self-check")] == [
        ("wangdian", "qutang", date(2018, 10, 31)),
    ]  # fmt: skip


def test_only_an_undetermined_duty_can_be_set_a_day() -> None:
    assert codes(with_files(determined("monthly: 2018-10-31"))) == [
        ("not-undetermined", "given.yaml", "determined.monthly"),
    ]  # fmt: skip
    assert codes(with_files(determined("weekly: 2018-10-31"))) == [
        ("unknown-reference", "given.yaml", "determined.weekly"),
    ]  # fmt: skip


def test_a_day_set_before_the_campaign_is_a_slip_of_the_pen() -> None:
    assert codes(with_files(determined("self-check: 2018-09-05"))) == [
        ("due-before-start", "given.yaml", "determined.self-check"),
    ]  # fmt: skip
    assert parse(with_files(determined("self-check: 2018-09-06")))


# --- one broken piece hides no mistake in another -------------------------------------------------


def test_a_duty_with_a_misspelt_key_is_still_asked_whom_it_means() -> None:
    found = codes(with_duty("    nmae: x\n    except: 无此单位\n    form: never\n    grace: many\n"))
    assert found == [
        ("unknown-key", PLAN, "duties[0].nmae"),
        ("unknown-reference", PLAN, "duties[0].except"),
        ("unknown-reference", PLAN, "duties[0].form"),
        ("not-an-integer", PLAN, "duties[0].grace"),
    ]


def test_who_stands_in_a_broken_row_is_not_unknown_besides() -> None:
    assert codes(changed((UNITS, "email=jicha@haian.example", "jicha@haian.example"))) == [
        ("bad-channel", UNITS, "channels"),
    ]  # fmt: skip


def test_a_group_with_a_broken_id_is_not_missed_where_its_name_is_used() -> None:
    found = codes(changed((PLAN, "{id: institutions, name", "{id: Institutions, name")))
    assert found == [("bad-pattern", PLAN, "groups[2].id")]


def test_an_unknown_name_is_answered_with_the_nearest_ones() -> None:
    (found,) = mistakes(with_duty("    to: 稽查课\n"))
    assert str(found.params["known"]).startswith("稽查科、")


# --- who is meant ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ("    to: branches\n", "not-one-unit", "to"),  # ten units
        ("    to: associations\n", "not-one-unit", "to"),  # none so far
        ("    to: parent\n", "no-parent", "to"),
        ("    cc: {to: 稽查科, same: county}\n", "unknown-reference", "cc.same"),  # no unit has a county
        ("    copy_of: copy\n", "unknown-reference", "copy_of"),
        ("    per: task\n    by: lead\n    quota: {at_least: 2, unit_of_measure: 篇}\n",
         "quota-with-per", "quota"),
        ("    attachments:\n      - {id: a, name: 甲, for: 稽查科}\n", "not-a-debtor", "attachments[0].for"),
        ("    variants:\n      - {for: jicha, rhythm: {due: 2018-10-31}}\n", "not-a-debtor",
         "variants[0].for"),
        ("    attachments:\n      - {id: a, name: 甲, per: b}\n      - {id: b, name: 乙, per: a}\n",
         "circular", "attachments[0].per"),
    ],
)  # fmt: skip
def test_a_duty_that_contradicts_the_units_is_told_where(text: str, code: str, key: str) -> None:
    assert (code, PLAN, f"duties[0].{key}") in codes(with_duty(text))


def test_a_copy_of_a_copy_is_told_which_duty_to_name() -> None:
    duty = "    by: branches\n    to: 稽查科\n    rhythm: {due: 2018-12-31}\n    copy_of: "
    third = "  - id: third\n    origin: coordinator\n    name: 再报\n"
    (found,) = mistakes(with_duty(f"{duty}monthly\n{third}{duty}more\n"))
    assert (found.code, found.key, found.params) == ("copy-of-copy", "duties[1].copy_of", {"of": "monthly"})


def test_a_variant_may_be_chained_to_the_duty_it_varies() -> None:
    text = "    variants:\n      - {for: 曲塘分局, rhythm: {before: more, days: 3}}\n"
    plan = parse(with_duty(text))
    # December's return is due on 5 January 2019, 曲塘分局's three days before
    last = {o.unit: o.due_day for o in of_duty(plan, "more") if o.period == "2018-12"}
    assert (last["qutang"], last["nanmo"]) == (date(2019, 1, 2), date(2019, 1, 5))


def test_some_months_of_daily_returns_is_fine_and_three_centuries_are_too_many() -> None:
    daily = "    rhythm: {every: day, in: same}\n"
    assert len(of_duty(parse(with_duty(daily)), "more")) == 117 * 10  # 6 September to 31 December
    files = dict(with_duty(daily).files)
    files[PLAN] = files[PLAN].replace(END, "end: 2199-12-31\n")
    assert ("too-many-obligations", PLAN, "duties[0].rhythm") not in codes_of(files)  # 661 620 of them
    files[PLAN] = files[PLAN].replace(START, "start: 1900-01-01\nend")
    assert ("too-many-obligations", PLAN, "duties[0].rhythm") in codes_of(files)


def codes_of(files: dict[str, str]) -> list[tuple[str, str, str]]:
    """The mistakes of these files with an unknown form, so that there always is one."""
    files = {**files, PLAN: files[PLAN].replace("form: monthly", "form: never", 1)}
    return codes(Bundle(tuple(files.items())))


# --- waivers, targets, rankings -------------------------------------------------------------------

WAIVER = (
    "waivers:\n"
    "  - {{origin: coordinator, units: {units}, duty: monthly, periods: [{period}], reason: 台风}}\n"
)


@pytest.mark.parametrize(
    ("units", "period", "found"),
    [
        ("曲塘分局", "2018-10", None),
        ("曲塘分局", "2019-01", ("unknown-period", PLAN, "waivers[0].periods[0]")),
        ("曲塘分局", "2018-Q4", ("unknown-period", PLAN, "waivers[0].periods[0]")),
        ("稽查科", "2018-10", ("not-a-debtor", PLAN, "waivers[0].units")),
    ],
)
def test_a_waiver_names_periods_and_units_of_its_duty(
    units: str, period: str, found: tuple[str, str, str] | None
) -> None:
    files = dict(texts("haian-2018"))
    files[PLAN] += "\n" + WAIVER.format(units=units, period=period)
    bundle = Bundle(tuple(files.items()))
    if found:
        assert codes(bundle) == [found]
    else:
        waived = [o.key for o in of_duty(parse(bundle), "monthly") if o.waived]
        assert waived == ["haian-2018/monthly/qutang/2018-10"]


@pytest.mark.parametrize("edit", [("every: month", "every: fortnight"), ("first: 2018-09", "first: 2019-09")])
def test_a_waiver_is_not_blamed_for_the_periods_of_a_broken_rhythm(edit: tuple[str, str]) -> None:
    waiver = "\n" + WAIVER.format(units="曲塘分局", period="2018-10") + "\nduties:\n"
    found = codes(changed((PLAN, "\nduties:\n", waiver), (PLAN, *edit)))
    assert {key for _, _, key in found} <= {f"duties[0].rhythm.{k}" for k in ("every", "first", "last")}


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ('duty: monthly, numerator: cases_filed, denominator: inspected, at_least: "5%"', None),
        ('numerator: cases_filed, at_least: "5%"', ("indicator-without-duty", "numerator")),
        ('duty: monthly, numerator: bribes, at_least: "5%"', ("unknown-reference", "numerator")),
        ('duty: monthly, numerator: summary, at_least: "5%"', ("not-a-figure", "numerator")),
        ('duty: yearly, at_least: "5%"', ("unknown-reference", "duty")),
        ("horizon: year", ("target-without-goal", "id")),
    ],
)
def test_a_target_is_measured_by_figures_of_its_duty(rest: str, found: tuple[str, str] | None) -> None:
    files = dict(texts("haian-2018"))
    files[PLAN] += f"\ntargets:\n  - {{id: more, origin: coordinator, name: 目标, {rest}}}\n"
    bundle = Bundle(tuple(files.items()))
    if found is None:
        assert parse(bundle).file.targets[0].denominator == "inspected"
    else:
        assert codes(bundle) == [(found[0], PLAN, f"targets[0].{found[1]}")]


# --- what the sentences say -----------------------------------------------------------------------


def sentences(*edits: tuple[str, str, str]) -> list[str]:
    return [renderer().problem(p) for p in mistakes(changed(*edits))]


def test_a_choice_is_told_without_the_punctuation_of_our_tools() -> None:
    (said,) = sentences((PLAN, "in: next", "in: previous"))
    assert said.endswith("“previous”不可用，应为 next、same 之一")


def test_of_several_keys_the_sentence_names_each() -> None:
    (said,) = sentences((PLAN, "{when: event}", "{when: event, within: {hours: 24, days: 1}}"))
    assert said.endswith("hours、days、working_days 必须且只能写一项")


def test_a_task_number_may_begin_with_a_digit_and_the_sentence_says_so() -> None:
    (said,) = sentences((PLAN, 'id: "2.6"', 'id: "（六）"'))
    assert "应为编号，如 1.1 或 m1" in said


def test_an_attribute_has_one_value() -> None:
    header = ("id,name,short,groups,parent,channels,opens", "id,name,short,groups,parent,attributes,opens")
    row = ("email=jicha@haian.example", "officers=6;officers=7")
    rows = texts("haian-2018")[UNITS].replace("email=", "email=").splitlines()
    assert header[0] in rows[0]
    table = "\n".join([rows[0].replace(*header), rows[1].replace(*row)])
    found = [p for p in mistakes(with_files({UNITS: table})) if p.file == UNITS]
    assert [(p.code, p.place, p.key) for p in found] == [("duplicate-key", "2", "attributes")]


def test_a_broken_scale_is_not_compared_with_others() -> None:
    bad = ("name: 其中：移送公安机关,", "name: 其中：移送公安机关, type: decimal, scale: 9,")
    assert codes(changed((MONTHLY, *bad))) == [
        ("too-large", MONTHLY, "sections[0].indicators[4].scale"),
    ]  # fmt: skip
