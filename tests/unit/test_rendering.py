"""Widths, percentages, deadlines and periods as an office writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from duban.errors import DubanError, Problem
from duban.rendering import Renderer, clock_words, deadline_words, pad, percent, period_words, renderer

SHANGHAI = ZoneInfo("Asia/Shanghai")
HAN = st.text(st.sampled_from("曲塘镇分局abc 12"), max_size=12)


def columns(text: str) -> int:
    """Columns of a terminal: two for each of our Chinese characters."""
    return sum(2 if "\u4e00" <= c <= "\u9fff" else 1 for c in text)


# --- widths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "width", "align", "padded"),
    [
        ("曲塘", 6, "left", "曲塘  "),
        ("曲塘", 6, "right", "  曲塘"),
        ("曲塘镇分局", 6, "left", "曲塘镇分局"),
        (12, 4, "right", "  12"),
        ("", 2, "left", "  "),
    ],
)
def test_a_chinese_character_takes_two_columns(text: object, width: int, align: str, padded: str) -> None:
    assert pad(text, width, align) == padded


@given(HAN, st.integers(0, 30), st.sampled_from(["left", "right"]))
def test_padding_fills_up_and_never_cuts(text: str, width: int, align: str) -> None:
    padded = pad(text, width, align)
    assert columns(padded) == max(width, columns(text))
    assert padded.startswith(text) if align == "left" else padded.endswith(text)


# --- percentages ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "places", "text"),
    [
        (Fraction(9, 10), 1, "90.0%"),
        (Fraction(2, 3), 1, "66.7%"),
        (Fraction(1, 3), 0, "33%"),
        (Fraction(1, 8), 0, "13%"),  # 12.5, half up and not to the even 12
        (Fraction(1, 2000), 1, "0.1%"),  # 0.05, half up
        (Fraction(5, 4), 1, "125.0%"),  # above 100 % is an error to show, not to hide
        (Fraction(0), 1, "0.0%"),
        (None, 1, "—"),
    ],
)
def test_a_rate_is_rounded_half_up_when_it_is_printed(ratio: Fraction | None, places: int, text: str) -> None:
    assert percent(ratio, places) == text


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.integers(0, 3))
def test_a_printed_rate_is_within_half_a_unit_of_the_exact_one(met: int, expected: int, places: int) -> None:
    printed = Fraction(percent(Fraction(met, expected), places).rstrip("%"))
    exact = Fraction(100 * met, expected)
    half = Fraction(1, 2 * 10**places)
    assert exact - half < printed <= exact + half


@given(st.integers(0, 10_000))
def test_a_rate_with_a_finite_expansion_agrees_with_decimals(thousandths: int) -> None:
    exact = Decimal(thousandths) / 100
    text = percent(Fraction(thousandths, 10_000), 1)
    assert text == f"{exact.quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


# --- times ----------------------------------------------------------------------------------------


def test_a_deadline_is_said_as_the_end_of_the_day_it_still_includes() -> None:
    assert deadline_words(datetime(2018, 11, 6, tzinfo=SHANGHAI)) == "11月5日（周一）24时前"
    assert deadline_words(datetime(2019, 1, 1, tzinfo=SHANGHAI)) == "12月31日（周一）24时前"


def test_a_deadline_with_a_clock_time_says_it() -> None:
    assert deadline_words(datetime(2018, 11, 5, 12, tzinfo=SHANGHAI)) == "11月5日（周一）12:00前"
    assert deadline_words(None) == "随时"


@given(st.datetimes(datetime(2004, 1, 1), datetime(2026, 12, 31), timezones=st.just(SHANGHAI)))
def test_a_deadline_never_names_a_day_on_which_nothing_is_on_time(due_at: datetime) -> None:
    day = (
        (due_at - timedelta(microseconds=1)).date() if due_at.time() == datetime.min.time() else due_at.date()
    )
    assert deadline_words(due_at).startswith(f"{day.month}月{day.day}日（周")


def test_an_instant_is_shown_on_the_clocks_it_carries() -> None:
    instant = datetime(2018, 11, 5, 15, 59, tzinfo=UTC)
    assert clock_words(instant.astimezone(SHANGHAI)) == "2018-11-05 23:59"
    assert clock_words(None) == "—"


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2018-10-22", "2018年10月22日"),
        ("2018-10-22T1520", "2018年10月22日15:20"),
        ("2020-W53", "2020年第53周"),
        ("2018-09-H2", "2018年9月下半月"),
        ("2018-09", "2018年9月"),
        ("2018-Q3", "2018年第三季度"),
        ("2018-H1", "2018年上半年"),
        ("2018", "2018年"),
        ("", ""),
        ("2018-13", "2018-13"),
    ],
)
def test_a_period_is_said_as_an_office_says_it(period: str, said: str) -> None:
    assert period_words(period) == said


# --- templates ------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wording.yaml").write_text('hello: "你好，{{ name }}"\nproblems: {}\n', "utf-8")
    (tmp_path / "page.html").write_text("<b>{{ name }}</b>\n", "utf-8")
    (tmp_path / "mail.txt").write_text("{{ name }}\n", "utf-8")
    return tmp_path


def test_a_value_a_template_lacks_is_an_error_and_not_a_blank(folder: Path) -> None:
    assert Renderer(folder).say("hello", name="曲塘") == "你好，曲塘"
    with pytest.raises(UndefinedError):
        Renderer(folder).say("hello")
    with pytest.raises(UndefinedError):
        Renderer(folder).render("mail.txt")


def test_names_are_escaped_in_pages_and_not_in_letters(folder: Path) -> None:
    assert Renderer(folder).render("page.html", name="<&>") == "<b>&lt;&amp;&gt;</b>"
    assert Renderer(folder).render("mail.txt", name="<&>") == "<&>"


def test_what_a_user_typed_is_never_run_as_a_template(folder: Path) -> None:
    assert Renderer(folder).say("hello", name="{{ 1 + 1 }}") == "你好，{{ 1 + 1 }}"
    (folder / "mail.txt").write_text("{{ name.__class__.__mro__ }}", "utf-8")
    with pytest.raises(SecurityError):
        Renderer(folder).render("mail.txt", name="x")


def test_a_problem_is_one_line_with_file_place_and_key() -> None:
    problem = Problem("missing", "plan.yaml", "50", "duties[0].rhythm.on")
    assert renderer().problem(problem) == "plan.yaml:50  duties[0].rhythm.on  缺少此项，必须填写"
    assert renderer().problem(Problem("file-empty")) == "文件是空的，请重新选择填好的报表后报送。"


def test_a_code_without_a_sentence_is_shown_rather_than_lost() -> None:
    assert "brand-new" in renderer().problem(Problem("brand-new", value="x"))
    assert "brand-new" in renderer().error(DubanError("brand-new"))


def test_a_mistake_whose_values_were_not_kept_is_still_said() -> None:
    # so it stands on record for a form with personal answers
    said = renderer().problem(Problem("cell-missing", place="填报!D7", key="liaison_phone"))
    assert said == (
        "填报!D7  liaison_phone  此处与填报要求不符；本表含个人信息，校验详情不予留存，请见报送当时的回执。"
    )
