"""A liaison at a form page, without a screen: nothing typed is lost, nothing of others is shown."""

from __future__ import annotations

import io
import re
from typing import Any

import httpx
import openpyxl
from sqlalchemy import select

from duban.ledger import admission as a
from duban.ledger import tables as t
from tests.support.gate import Gate
from tests.support.town import FIGURES, at

HERE = "/c/haian-2018/u/baidian/d/monthly/2018-10"
PDF = ("盖章页.pdf", b"%PDF-1.4\n1", "application/pdf")


def fields(gate: Gate, role: str = "unit", do: str = "submit", **more: Any) -> dict[str, str]:
    """October's form filled in correctly, with the figures of the cast."""
    filled = {f"cells.{code}": str(value) for code, value in FIGURES.items()}
    return {"csrf": gate.csrf(role), "do": do, "began": "0", **filled, **more}


def value_of(page: str, name: str) -> str | None:
    """What stands in a field of a page."""
    found = re.search(rf'<input[^>]* name="{re.escape(name)}" value="([^"]*)"', page)
    area = re.search(rf'<textarea[^>]* name="{re.escape(name)}"[^>]*>\n?([^<]*)</textarea>', page)
    return found[1] if found else area[1] if area else None


def versions(gate: Gate) -> int:
    """How many versions the ledger has."""
    return gate.town.count(t.submission)


def test_a_form_that_was_sent_leads_to_its_receipt_and_twice_is_once(gate: Gate) -> None:
    with gate.client("unit") as client:
        sent = client.post(HERE, data=fields(gate), files={"files.sealed-page": PDF})
        assert (sent.status_code, sent.headers["Location"]) == (303, f"{HERE}/v/1/receipt")
        again = client.post(HERE, data=fields(gate))
        assert (again.status_code, again.headers["Location"]) == (303, f"{HERE}/v/1/receipt")
        receipt = client.get(f"{HERE}/v/1/receipt").text
    assert versions(gate) == 1
    for said in ("haian-2018-000001", "白甸镇分局", "2018年10月专项行动情况月报", "逾期", "盖章页.pdf"):
        assert said in receipt
    assert gate.town.count(a.saved_form) == 0


def test_a_refused_form_comes_back_as_it_was_typed_and_is_on_no_record(gate: Gate) -> None:
    typed = fields(gate, **{"cells.clues": "９", "cells.clues_police": "１２", "cells.fines": "3万元 "})
    with gate.client("unit") as client:
        answer = client.post(HERE, data=typed, files={"files.sealed-page": PDF})
        later = client.get(HERE).text
    assert answer.status_code == 422
    for page in (answer.text, later):
        assert value_of(page, "cells.clues_police") == "１２"
        assert value_of(page, "cells.fines") == "3万元 "
        assert value_of(page, "cells.sellers") == "12"
        assert "盖章页.pdf" in page
    assert '<a href="#cells-fines">' in answer.text
    said = answer.text[answer.text.index('id="cells-clues_police-said1"') :]
    assert "大于“收集违法线索”的 9" in said[:300]
    assert versions(gate) == 0


def test_what_a_program_sent_wrong_stands_in_the_form_as_it_was_written(gate: Gate) -> None:
    sent = '{"cells": {"fines": "很多", "events": 0, "sellers": 0.10, "clues": 12345678901234567890}}'
    assert not gate.town.send("baidian", "2018-10", "2018-11-06 09:00", sent.encode(), "a.json").valid
    with gate.client("unit") as client:
        page = client.get(HERE).text
    found = [value_of(page, f"cells.{code}") for code in ("fines", "events", "sellers", "clues", "ads")]
    assert found == ["很多", "0", "0.10", "12345678901234567890", ""]


def test_a_page_opens_whatever_a_program_has_sent(gate: Gate) -> None:
    deep = b'{"cells": {"clues": ' + b"[" * 5000 + b"]" * 5000 + b"}}"
    assert not gate.town.send("baidian", "2018-10", "2018-11-06 09:00", deep, "a.json").valid
    with gate.client("unit") as client:
        assert client.get(HERE).status_code == 200


def test_a_query_is_asked_once_and_then_the_unit_is_believed(gate: Gate) -> None:
    gate.town.report("baidian", "2018-09", "2018-11-06 09:00")
    with gate.client("unit") as client:
        first = client.post(HERE, data=fields(gate))
        asked = value_of(first.text, "asked") or ""
        began = value_of(first.text, "began") or ""
        assert (first.status_code, versions(gate)) == (200, 1)
        assert "请再看一眼" in first.text
        assert asked
        second = client.post(HERE, data=fields(gate, asked=asked, began=began))
    assert (second.status_code, second.headers["Location"]) == (303, f"{HERE}/v/1/receipt")


def test_another_odd_figure_in_the_same_place_is_asked_about_again(gate: Gate) -> None:
    gate.town.report("baidian", "2018-09", "2018-11-06 09:00")
    with gate.client("unit") as client:
        page = client.post(HERE, data=fields(gate)).text
        for status in (200, 303):
            asked, began = (value_of(page, name) or "" for name in ("asked", "began"))
            more = {"cells.cases_open": "3"}  # 2 were asked about
            answer = client.post(HERE, data=fields(gate, asked=asked, began=began, **more))
            page = answer.text
            assert answer.status_code == status


def test_of_two_people_at_one_form_the_later_is_told_and_loses_nothing(gate: Gate) -> None:
    with gate.client("unit") as client:
        first = client.post(HERE, data=fields(gate, do="save", **{"cells.ads": "7"}))
        second = client.post(HERE, data=fields(gate, do="save", **{"cells.ads": "8"}))
        assert first.status_code == 303
        assert second.status_code == 409
        assert "草稿没有覆盖" in second.text
        assert value_of(second.text, "cells.ads") == "8"
        assert value_of(client.get(HERE).text, "cells.ads") == "7"
        began = value_of(second.text, "began") or ""
        third = client.post(HERE, data=fields(gate, do="save", began=began, **{"cells.ads": "8"}))
        assert third.status_code == 303
        assert value_of(client.get(HERE).text, "cells.ads") == "8"


def test_whoever_still_types_when_another_has_sent_is_told_so(gate: Gate) -> None:
    with gate.client("unit") as client:
        client.post(HERE, data=fields(gate, do="save"))
        began = value_of(client.get(HERE).text, "began") or ""
        client.post(HERE, data=fields(gate, began=began))
        late = client.post(HERE, data=fields(gate, began=began, **{"cells.ads": "8"}))
    assert late.status_code == 409
    assert "已有人报送" in late.text
    assert value_of(late.text, "cells.ads") == "8"
    assert versions(gate) == 1


def test_what_was_typed_outlives_a_session_and_a_new_sign_in(gate: Gate) -> None:
    with gate.client() as nobody:
        ended = nobody.post(HERE, data=fields(gate), files={"nothing": b""})
    assert ended.status_code == 401
    assert value_of(ended.text, "cells.fines") == "3.25"
    stale = fields(gate) | {"csrf": "of another session"}
    with gate.client("unit") as client:
        again = client.post(HERE, data=stale)
        assert (again.status_code, versions(gate)) == (403, 0)
        assert value_of(again.text, "cells.fines") == "3.25"
        fresh = stale | {"csrf": value_of(again.text, "csrf") or ""}
        assert client.post(HERE, data=fresh).headers["Location"] == f"{HERE}/v/1/receipt"


def test_a_form_from_elsewhere_is_not_offered_again(gate: Gate) -> None:
    with gate.client("unit") as client:
        client.headers["Origin"] = "https://elsewhere.example"
        answer = client.post(HERE, data=fields(gate) | {"csrf": ""})
    assert answer.status_code == 403
    assert "3.25" not in answer.text


def test_another_units_link_shows_nothing_of_it(gate: Gate) -> None:
    gate.town.report("baidian", "2018-10", "2018-11-06 09:00", values=dict(FIGURES) | {"sellers": 7713})
    pages = ("", "/workbook", "/v/1", "/v/1/receipt", "/v/1/file", "/v/1/files/1")
    with gate.client("other") as client:
        answers = [client.get(HERE + leaf) for leaf in pages]
        answers += [client.get("/c/haian-2018/u/baidian"), client.post(HERE, data=fields(gate, "other"))]
    for answer in answers:
        assert answer.status_code == 403
        assert "白甸" not in answer.text
        assert "7713" not in answer.text
        assert "月报" not in answer.text


def test_a_superior_reads_a_childs_return_and_cannot_send_for_it(gate: Gate) -> None:
    gate.town.report("baidian", "2018-10", "2018-11-06 09:00", values=dict(FIGURES) | {"sellers": 7713})
    with gate.client("parent") as client:
        own = client.get("/c/haian-2018/u/nanmo").text
        page = client.get(HERE).text
        assert '<a href="/c/haian-2018/u/baidian">白甸镇分局</a>' in own
        assert 'id="form"' not in page
        assert "7713" in client.get(f"{HERE}/v/1").text
        assert client.post(HERE, data=fields(gate, "parent")).status_code == 403
    assert versions(gate) == 1


def test_a_wrong_workbook_is_answered_with_cell_value_and_expectation(gate: Gate) -> None:
    with gate.client("unit") as client:
        blank = client.get(f"{HERE}/workbook")
        assert "filename*=UTF-8''" in blank.headers["Content-Disposition"]
        book = openpyxl.load_workbook(io.BytesIO(blank.content))
        sheet = book["填报"]
        row = next(r for r in sheet.iter_rows() if "罚没金额" in str(r[1].value))
        row[3].value = "3万元"
        kept = io.BytesIO()
        book.save(kept)
        upload = {"workbook": ("月报.xlsx", kept.getvalue(), "application/octet-stream")}
        wrong = client.post(f"{HERE}/workbook", data={"csrf": gate.csrf("unit")}, files=upload)
        assert wrong.status_code == 422
        assert f"填报!D{row[3].row}" in wrong.text
        assert "3万元" in wrong.text
        other = gate.town.form("libao", "2018-10")
        upload = {"workbook": ("李堡.xlsx", other, "application/octet-stream")}
        foreign = client.post(f"{HERE}/workbook", data={"csrf": gate.csrf("unit")}, files=upload)
        assert foreign.status_code == 422
        assert "李堡镇分局" in foreign.text
        right = gate.town.form("baidian", "2018-10")
        upload = {"workbook": ("月报.xlsx", right, "application/octet-stream")}
        sent = client.post(f"{HERE}/workbook", data={"csrf": gate.csrf("unit")}, files=upload)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"{HERE}/v/3/receipt")


def test_a_returned_form_is_corrected_in_the_workbook_where_its_figures_stand_already(gate: Gate) -> None:
    gate.town.report("baidian", "2018-10", "2018-11-06 08:50", notes={"clues": "含转来的"})
    gate.town.decide("baidian", "2018-10", "return", "2018-11-06 08:55", until=at("2018-11-09 00:00"))
    with gate.client("unit") as client:
        book = openpyxl.load_workbook(io.BytesIO(client.get(f"{HERE}/workbook").content))
        rows = {str(r[1].value): r for r in book["填报"].iter_rows() if r[1].value}
        fines = next(r for name, r in rows.items() if "罚没金额" in name)
        # the figures of the cast and the note, as figures and not as text
        assert (fines[3].value, rows["收集违法线索"][3].value, rows["收集违法线索"][4].value) == (
            3.25,
            9,
            "含转来的",
        )
        fines[3].value = 4.5
        kept = io.BytesIO()
        book.save(kept)
        upload = {"workbook": ("月报.xlsx", kept.getvalue(), "application/octet-stream")}
        sent = client.post(f"{HERE}/workbook", data={"csrf": gate.csrf("unit")}, files=upload)
        assert (sent.status_code, sent.headers["Location"]) == (303, f"{HERE}/v/2/receipt")
        assert [word in client.get(f"{HERE}/v/2").text for word in ("4.50", "含转来的")] == [True, True]


def test_what_was_typed_wrong_in_a_draft_stands_in_the_workbook_to_be_mended(gate: Gate) -> None:
    draft = fields(gate, do="save", **{"cells.fines": "3万元", "cells.summary": "=1+1"})
    with gate.client("unit") as client:
        client.post(HERE, data=draft)
        book = openpyxl.load_workbook(io.BytesIO(client.get(f"{HERE}/workbook").content))
    said = {cell.value: cell.data_type for row in book["填报"].iter_rows() for cell in row}
    assert (said["3万元"], said["=1+1"]) == ("s", "s")  # a text, never a formula


def test_files_leave_as_files_whatever_they_are(gate: Gate) -> None:
    picture = ("盖章.png", b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png")
    with gate.client("unit") as client:
        client.post(HERE, data=fields(gate), files={"files.sealed-page": picture})
        answer = client.get(f"{HERE}/v/1/files/1")
        document = client.get(f"{HERE}/v/1/file")
    assert answer.content == picture[1]
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "%E7%9B%96%E7%AB%A0.png" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert document.json()["cells"]["fines"] == "3.25"


def test_a_harmful_file_is_refused_at_its_field_and_the_rest_is_kept(gate: Gate) -> None:
    program = ("盖章.exe", b"MZ", "application/octet-stream")
    with gate.client("unit") as client:
        answer = client.post(HERE, data=fields(gate), files={"files.sealed-page": program})
        assert value_of(client.get(HERE).text, "cells.fines") == "3.25"
    assert answer.status_code == 422
    assert "系统不予接收" in answer.text
    assert (versions(gate), gate.town.count(a.saved_file)) == (0, 0)


def test_what_was_accepted_is_frozen_until_the_acceptance_is_withdrawn(gate: Gate) -> None:
    gate.town.report("libao", "2018-10", "2018-11-06 09:00")
    here = "/c/haian-2018/u/libao/d/monthly/2018-10"
    gate.town.decide("libao", "2018-10", "accept", "2018-11-06 10:00")
    gate.office.ledger.set_clock(at("2018-11-06 11:00"))
    with gate.client("other") as client:
        page = client.get(here)
        assert "已审核通过" in page.text
        assert 'id="form"' not in page.text
        changed = fields(gate, "other", **{"cells.ads": "8"})
        assert client.post(here, data=changed).status_code == 409
        gate.town.decide("libao", "2018-10", "withdraw", "2018-11-06 12:00")
        gate.office.ledger.set_clock(at("2018-11-06 13:00"))
        assert client.post(here, data=changed).headers["Location"] == f"{here}/v/2/receipt"


def test_a_return_says_why_and_until_when_and_the_form_begins_with_what_was_sent(gate: Gate) -> None:
    with gate.client("unit") as client:
        client.post(HERE, data=fields(gate), files={"files.sealed-page": PDF})
        gate.town.decide("baidian", "2018-10", "return", "2018-11-06 10:00", until=at("2018-11-09 00:00"))
        gate.office.ledger.set_clock(at("2018-11-06 11:00"))
        owing = client.get("/c/haian-2018/u/baidian").text
        page = client.get(HERE).text
        assert "更正重报" in owing
        assert "请在11月8日（周四）24时前重新报送" in page
        assert value_of(page, "cells.fines") == "3.25"
        assert "沿用上次的 盖章页.pdf" in page
        sent = client.post(HERE, data=fields(gate, keep="1", kept="1", **{"cells.ads": "8"}))
        assert sent.headers["Location"] == f"{HERE}/v/2/receipt"
        assert "盖章页.pdf" in client.get(f"{HERE}/v/2").text


def test_an_officer_says_when_and_how_a_return_came(gate: Gate) -> None:
    with gate.client("coordinator") as client:
        silent = client.post(HERE, data=fields(gate, "coordinator"))
        assert silent.status_code == 422
        stated = {"received_at": "2018-11-05T16:00", "statement": "电话报送"}
        sent = client.post(HERE, data=fields(gate, "coordinator", began="1", **stated))
        began = value_of(sent.text, "began") or ""
        sent = client.post(HERE, data=fields(gate, "coordinator", began=began, **stated))
        assert sent.headers["Location"] == f"{HERE}/v/1/receipt"
        assert "按时" in client.get(f"{HERE}/v/1/receipt").text
    with gate.town.ledger.read() as conn:
        s = t.submission.c
        assert conn.execute(select(s.door)).scalar_one() == "officer"
        act = conn.execute(select(t.act.c.about, t.act.c.by).where(t.act.c.kind == "received-for")).one()
    assert tuple(act) == ("haian-2018-000001 电话报送", "稽查科")
    with gate.client("coordinator") as client:
        assert "收到 2018-11-05 16:00；电话报送（稽查科）" in client.get(f"{HERE}/trail").text


def test_more_time_is_asked_for_and_the_page_says_so(gate: Gate) -> None:
    asked = {"csrf": gate.csrf("unit"), "until": "2018-11-12", "reason": "系统故障"}
    with gate.client("unit") as client:
        wrong = client.post(f"{HERE}/extension", data=asked | {"until": "2018-11-01"})
        assert wrong.status_code == 422
        assert "系统故障" in wrong.text
        assert client.post(f"{HERE}/extension", data=asked).status_code == 303
        page = client.get(HERE).text
    assert "延期申请待答复" in page
    assert "申请延至11月12日（周一）24时前：系统故障" in page


def test_an_event_is_named_by_its_day_and_a_second_one_is_told_apart(gate: Gate) -> None:
    new = "/c/haian-2018/u/baidian/d/major-case/new"
    day = {"csrf": gate.csrf("unit"), "day": "2018-11-05"}
    first = "/c/haian-2018/u/baidian/d/major-case/2018-11-05"
    case = {"cells.case_name": "甲案", "cells.narrative": "查处", "csrf": gate.csrf("unit"), "do": "submit"}
    with gate.client("unit") as client:
        assert client.post(new, data=day | {"day": "2018-11-07"}).status_code == 422
        assert client.post(new, data=day).headers["Location"] == first
        assert client.post(first, data=case).headers["Location"] == f"{first}/v/1/receipt"
        again = client.post(new, data=day)
        assert again.status_code == 422
        assert "当日已经报过1起" in again.text
        second = client.post(new, data=day | {"another": "1"}).headers["Location"]
        assert second == f"{first}?subject=2"
        sent = client.post(second, data=case | {"cells.case_name": "乙案"})
    assert sent.headers["Location"] == f"{first}/v/1/receipt?subject=2"


def test_an_amendment_between_opening_and_sending_ends_at_the_form_in_force(
    gate: Gate, client: httpx.Client
) -> None:
    """The form has lost a row since it was opened: what was typed there is left out, the rest is sent."""
    from duban.plan import Bundle
    from duban.services.deploying import deploy
    from tests.support.gate import family_bundle

    files = dict(family_bundle().files)
    row = "      - {code: events, name: 开展安全购药宣传活动, unit_of_measure: 次}\n"
    name = next(n for n, text in files.items() if row in text)
    files[name] = files[name].replace(row, "").replace("version: 1", "version: 2")
    with gate.client("unit") as opened:
        page = opened.get(HERE).text
        assert "cells.events" in page
        deploy(
            gate.town.ledger,
            Bundle(tuple(sorted(files.items()))),
            reason="精简",
            as_of=at("2018-11-06 10:00"),
        )
        gate.office.ledger.set_clock(at("2018-11-06 11:00"))
        sent = opened.post(HERE, data=fields(gate))
        assert sent.headers["Location"] == f"{HERE}/v/1/receipt"
        assert "events" not in opened.get(f"{HERE}/v/1/file").json()["cells"]
