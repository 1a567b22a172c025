"""Fields of a form page and the document of a return: one is the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban import registers
from duban.errors import Problem
from duban.plan.forms import Form
from duban.portal.form_fields import Typed, begun, document, field_of, of_document, of_posted, with_carried
from tests.support.harbour import hazard
from tests.support.harbour_plan import harbour

IDENTITY = {"campaign": "harbour-2024", "unit": "east", "duty": "hazards", "period": "2024-02", "subject": ""}


def form(duty: str = "hazards") -> Form:
    """A form as the east station sees it."""
    found = harbour().form_for(duty, "east")
    assert found is not None
    return found


@given(
    st.dictionaries(
        st.sampled_from(["place", "hazard", "level", "cost"]), st.text(min_size=1).filter(str.strip)
    )
)
def test_what_was_typed_comes_back_from_its_document_as_it_was(row: dict[str, str]) -> None:
    posted = {f"rows.1.{code}": text for code, text in row.items()} | {"rows": "4", "cells.visits": " 3 "}
    typed = of_posted(form(), posted)
    again = of_document(form(), document(IDENTITY, typed))
    assert again.cells == {"visits": " 3 "}
    assert again.rows == (({}, row) if row else ())


def test_fields_that_the_form_does_not_have_are_left_out() -> None:
    typed = of_posted(form(), {"cells.visits": "1", "cells.gone": "2", "signed.other": "x", "rows": "many"})
    assert document(IDENTITY, typed) == {
        "campaign": "harbour-2024", "unit": "east", "duty": "hazards", "period": "2024-02", "zero": False,
        "cells": {"visits": "1"},
    }  # fmt: skip


def test_a_zero_of_a_program_is_a_zero_and_no_blank() -> None:
    assert of_document(form(), {"cells": {"visits": 0}}).cells == {"visits": "0"}
    assert of_document(form(), {"cells": {"visits": None}}).cells == {}
    assert of_document(form(), {"cells": {"visits": [0]}}).cells == {}


def test_more_rows_than_anybody_types_are_not_made() -> None:
    assert len(of_posted(form(), {"rows": "99999"}).rows) == 2000


def test_open_rows_come_first_and_are_locked_wherever_they_stand() -> None:
    register = form().register_
    assert register is not None
    carried = [registers.row(register, {}, hazard(place)) for place in ("甲", "乙")]
    typed = Typed(
        rows=({"place": "丙", "hazard": "堆放"}, {"place": "乙", "hazard": "堆放", "state": "已整改"})
    )
    found, locked = with_carried(register, typed, carried)
    assert [row["place"] for row in found.rows] == ["甲", "丙", "乙"]
    assert found.rows[2]["state"] == "已整改"
    assert locked == {0, 2}
    filled = begun(form(), typed, carried)  # in the workbook they stand first, where their keys are locked
    assert [row["place"] for row in filled.rows] == ["甲", "乙", "丙"]
    assert filled.carried == 2


@pytest.mark.parametrize(
    ("problem", "field"),
    [
        (Problem("not-a-number", place="cells.visits", key="visits"), "cells.visits"),
        (Problem("cell-missing", key="visits"), "cells.visits"),
        (Problem("text-too-long", place="notes.visits", key="visits"), "notes.visits"),
        (Problem("signature-missing", place="signed.head", key="head"), "signed.head"),
        (Problem("not-a-date", place="rows[2].found", key="found"), "rows.2.found"),
        (Problem("cell-missing", place="rows[2]", key="level"), "rows.2.level"),
        (Problem("register-row-missing", key="rows"), "rows"),
        (Problem("zero-not-allowed", key="zero"), "zero"),
        (Problem("attachments-too-few", key="cases"), "files.cases"),
        (Problem("json-syntax"), ""),
    ],
)  # fmt: skip
def test_a_problem_stands_at_its_field(problem: Problem, field: str) -> None:
    assert field_of(problem, form()) == field
