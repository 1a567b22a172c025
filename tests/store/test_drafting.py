"""Drafts: shared by the people of a unit, never a record."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from duban.errors import BadInput, NotAllowed
from duban.intake.attachments import TOGETHER, Attached
from duban.ledger import tables as t
from duban.services.addresses import Address
from duban.services.campaigns import deployed_plan
from duban.services.drafting import ALL, SavedForm, drop_form, look_over, save_form, saved_files, saved_form
from tests.support.harbour import document
from tests.support.town import HAIAN, Town, at

OCTOBER = Address(HAIAN, "libao", "monthly", "2018-10")
PDF = Attached("sealed-page", "盖章.pdf", b"%PDF-1.4\n1")
WHEN = at("2018-11-01 09:00")


def saved(town: Town) -> SavedForm | None:
    """The draft as it is."""
    with town.ledger.read() as conn:
        return saved_form(conn, deployed_plan(conn, HAIAN), OCTOBER)


def save(town: Town, said: str, by: str = "甲", began: int | None = None, **more: object) -> SavedForm:
    """Somebody saves."""
    return save_form(
        town.ledger, OCTOBER, {"said": said}, by=by, began=began, as_of=WHEN, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_draft_comes_back_with_its_files_and_leaves_no_record(deployed: Town) -> None:
    records = deployed.records()
    save(deployed, "一", files=[PDF])
    found = saved(deployed)
    assert found is not None
    assert (found.document, found.by, found.at) == ({"said": "一"}, "甲", WHEN)
    assert [(f.n, f.id, f.name, f.size) for f in found.files] == [(1, "sealed-page", "盖章.pdf", 10)]
    with deployed.ledger.read() as conn:
        assert saved_files(conn, OCTOBER) == (PDF,)
    assert deployed.records() == records
    drop_form(deployed.ledger, OCTOBER, as_of=WHEN)
    assert saved(deployed) is None


def test_the_later_of_two_is_told_and_overwrites_nothing(deployed: Town) -> None:
    first = save(deployed, "一", began=0)
    save(deployed, "二", "乙", began=first.mark)
    with pytest.raises(NotAllowed) as told:
        save(deployed, "三", began=first.mark, files=[PDF])
    assert (told.value.code, told.value.params["by"]) == ("draft-changed", "乙")
    found = saved(deployed)
    assert found is not None
    assert found.document == {"said": "二"}
    assert [f.name for f in found.files] == ["盖章.pdf"]
    assert save(deployed, "三", began=found.mark).document == {"said": "三"}


def test_two_savings_at_one_instant_have_two_marks(deployed: Town) -> None:
    first = save(deployed, "一")
    assert save(deployed, "二", began=first.mark).mark > first.mark
    assert save(deployed, "二", began=first.mark).document == {"said": "二"}


def test_a_draft_that_was_sent_meanwhile_becomes_a_new_one_and_that_is_said(deployed: Town) -> None:
    first = save(deployed, "一")
    drop_form(deployed.ledger, OCTOBER, as_of=WHEN)
    with pytest.raises(NotAllowed) as told:
        save(deployed, "二", began=first.mark)
    assert told.value.params["by"] == ""
    found = saved(deployed)
    assert found is not None
    assert found.document == {"said": "二"}


def test_files_come_and_go_by_themselves(deployed: Town) -> None:
    save(deployed, "一", files=[PDF])
    other = Attached("sealed-page", "第二页.pdf", b"%PDF-1.4\n2")
    found = save_form(deployed.ledger, OCTOBER, None, by="乙", files=[PDF, other], as_of=WHEN)
    assert found.document == {"said": "一"}
    assert [(f.n, f.name) for f in found.files] == [(1, "盖章.pdf"), (2, "第二页.pdf")]
    left = save_form(deployed.ledger, OCTOBER, None, by="乙", dropped=[1], as_of=WHEN)
    assert [(f.n, f.name) for f in left.files] == [(2, "第二页.pdf")]


def test_files_that_are_more_than_a_return_may_bring_are_not_kept(deployed: Town) -> None:
    huge = Attached("sealed-page", "大.pdf", b"%PDF" + bytes(TOGETHER))
    with pytest.raises(NotAllowed, match="draft-too-large"):
        save(deployed, "一", files=[huge])
    found = saved(deployed)
    assert found is not None
    assert (found.document, found.files) == ({"said": "一"}, ())


def test_a_draft_is_looked_over_without_being_received(deployed: Town) -> None:
    problems = look_over(deployed.ledger, OCTOBER, document({"clues": 1}), as_of=WHEN)
    assert ("cell-missing", "fines") in {(p.code, p.key) for p in problems}
    assert deployed.count(t.submission) == 0
    nowhere = Address(HAIAN, "libao", "monthly", "2017-01")
    with pytest.raises(BadInput):
        look_over(deployed.ledger, nowhere, document({}), as_of=WHEN)


def lies_with_drafts(town: Town, size: int, periods: tuple[str, ...]) -> None:
    """Libao has left drafts with files of this size."""
    for period in periods:
        to = Address(HAIAN, "libao", "monthly", period)
        save_form(town.ledger, to, {"said": "旧"}, by="甲", files=[PDF], as_of=WHEN)
        with town.ledger.write(as_of=WHEN) as w:
            sqlite = w.conn.dialect.name == "sqlite"
            zeros = f"zeroblob({size})" if sqlite else f"decode(repeat('00', {size}), 'hex')"
            w.conn.execute(text(f"UPDATE saved_file SET content = {zeros} WHERE obligation = :key"),
                           {"key": to.obligation})  # fmt: skip


def test_the_files_of_all_drafts_of_a_unit_have_room_for_three_full_returns(deployed: Town) -> None:
    lies_with_drafts(deployed, TOGETHER, ("2018-09", "2018-11", "2018-12"))
    with pytest.raises(NotAllowed, match="drafts-too-large"):
        save(deployed, "一", files=[PDF])
    found = saved(deployed)
    assert found is not None
    assert (found.document, found.files) == ({"said": "一"}, ())  # what was typed is kept
    other = Address(HAIAN, "haian", "monthly", "2018-10")  # and others have room of their own
    assert save_form(deployed.ledger, other, {}, by="乙", files=[PDF], as_of=WHEN).files
    drop_form(deployed.ledger, Address(HAIAN, "libao", "monthly", "2018-09"), as_of=WHEN)
    assert save(deployed, "一", files=[PDF]).files


def test_where_even_what_is_typed_has_no_room_nothing_is_kept(deployed: Town) -> None:
    lies_with_drafts(deployed, ALL // 3 + 1, ("2018-09", "2018-11", "2018-12"))
    with pytest.raises(NotAllowed, match="drafts-full"):
        save(deployed, "一")
    assert saved(deployed) is None
