"""The blank form that comes with a mail asking for it: whose, how many, and only where it can be carried."""

from __future__ import annotations

import io
import shutil
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from duban.ledger import tables as t
from duban.plan import Bundle
from duban.rendering import Renderer
from duban.services.delivering import deliver, seal
from duban.services.deploying import deploy
from duban.services.enclosing import enclosing
from duban.services.issuing import issue_form
from duban.services.receiving import Address
from duban.services.running import run_campaign
from duban.settings import ROOT
from tests.support.post import World
from tests.support.speech import speaking
from tests.support.town import BRANCHES, HAIAN, Town, at

REMINDED = "2018-09-30 08:30"
"""September's return is due on 5 October, in the holidays; the last working day before is a Sunday."""
CHASED = "2018-10-08 08:30"
WORDS = "空白报表随信附上"
FORMS_ON = "forms: true"


def put_in_force(town: Town, bundle: Bundle, when: str = "2018-09-06 08:30") -> None:
    deploy(town.ledger, bundle, reason="test", as_of=at(when))


def names(mail: EmailMessage) -> list[str | None]:
    return [a.get_filename() for a in mail.iter_attachments()]


def body(mail: EmailMessage, kind: str = "plain") -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def mail_to(outside: World, unit: str) -> EmailMessage:
    (found,) = [m for m in outside.post.mails if m["To"] == f"{unit}@haian.example"]
    return found


def test_each_unit_gets_its_own_form_and_the_words_say_so(town: Town, outside: World) -> None:
    put_in_force(town, speaking(FORMS_ON))
    town.run(REMINDED)
    assert town.deliver(outside.transport, REMINDED).sent == 10
    short = {u.id: u.short for u in town.plan.units}
    assert len(outside.post.mails) == 7  # three units are told by webhook
    for unit in set(BRANCHES) - {"qutang", "nanmo", "baidian"}:
        mail = mail_to(outside, unit)
        assert names(mail) == [f"{short[unit]}-2018-09.xlsx"]
        assert WORDS in body(mail)
        assert WORDS in body(mail, "html")
        assert "duban:" not in body(mail) + body(mail, "html")
        (attached,) = mail.iter_attachments()
        words = town.texts.words["blank"]
        to = Address(HAIAN, unit, "monthly", "2018-09")
        assert attached.get_content() == issue_form(town.ledger, to, words=words, as_of=at(REMINDED))
    hooked = "".join(p.read_text("utf-8") for p in outside.hooks.iterdir())
    assert WORDS not in hooked
    assert "duban:" not in hooked


def test_a_chase_brings_the_form_as_it_is_then(town: Town, outside: World) -> None:
    put_in_force(town, speaking(FORMS_ON))
    town.report("haian", "2018-09", "2018-10-05 12:00")
    town.run(CHASED)
    town.deliver(outside.transport, CHASED)
    assert "haian@haian.example" not in outside.post.recipients
    mail = mail_to(outside, "libao")
    (attached,) = mail.iter_attachments()
    book = openpyxl.load_workbook(io.BytesIO(attached.get_content()))
    guide = "\n".join(str(row[0].value) for row in book["填报说明"].iter_rows())
    assert "报送时限：2018年10月5日（周五）24时前" in guide


def test_without_the_plans_word_no_form_comes(town: Town, outside: World) -> None:
    put_in_force(town, speaking())
    town.run(REMINDED)
    town.deliver(outside.transport, REMINDED)
    assert all(names(m) == [] and WORDS not in body(m) for m in outside.post.mails)
    assert all(m.get_content_type() == "multipart/alternative" for m in outside.post.mails)


def test_a_return_that_is_given_back_brings_the_form_and_an_extension_does_not(
    town: Town, outside: World
) -> None:
    put_in_force(town, speaking(FORMS_ON))
    town.report("haian", "2018-09", "2018-10-05 12:00")
    town.decide("haian", "2018-09", "return", "2018-10-08 10:00", until=at("2018-10-11 00:00"))
    town.decide("libao", "2018-09", "extend", "2018-10-08 10:00", until=at("2018-10-13 00:00"))
    town.deliver(outside.transport, "2018-10-08 10:01")
    assert names(mail_to(outside, "haian")) == ["海安分局-2018-09.xlsx"]
    assert WORDS in body(mail_to(outside, "haian"))
    assert names(mail_to(outside, "libao")) == []
    assert WORDS not in body(mail_to(outside, "libao"))


def test_a_plan_that_wants_no_forms_any_more_has_none_sent_and_nothing_said_of_them(
    town: Town, outside: World
) -> None:
    put_in_force(town, speaking(FORMS_ON))
    town.run(REMINDED)
    outside.post.answer = "451 later"
    assert town.deliver(outside.transport, REMINDED).failed == 7
    put_in_force(town, speaking(), "2018-09-30 08:33")
    outside.post.answer = "250 OK"
    assert town.deliver(outside.transport, "2018-09-30 08:40").sent == 7
    assert all(names(m) == [] and WORDS not in body(m) for m in outside.post.mails)


def test_nothing_of_a_form_is_kept_and_a_second_try_brings_the_same_bytes(town: Town, outside: World) -> None:
    put_in_force(town, speaking(FORMS_ON))
    town.run(REMINDED)
    outside.post.answer = "451 later"
    town.deliver(outside.transport, REMINDED)
    with town.ledger.read() as conn:
        sealed = conn.execute(select(t.digest.c.id, t.digest.c.channel).order_by(t.digest.c.id)).all()
    mails = [s.id for s in sealed if s.channel == "email"]
    first, second = (enclosing(town.ledger, town.texts, at(when)) for when in (REMINDED, "2018-09-30 09:00"))
    assert [first(digest) for digest in mails] == [second(digest) for digest in mails]
    assert len({first(digest)[0].data for digest in mails}) == 7
    assert town.count(t.file) == 0


def test_forms_that_cannot_be_made_do_not_keep_back_the_mail(town: Town, outside: World) -> None:
    put_in_force(town, speaking(FORMS_ON))
    town.run(REMINDED)
    unable = Renderer(ROOT / "templates")
    del unable.words["blank"]["sheet"]
    assert deliver(town.ledger, outside.transport, unable, owner="out", as_of=at(REMINDED)).sent == 10
    assert all(names(m) == [] and WORDS not in body(m) for m in outside.post.mails)


# ---- several at once -----------------------------------------------------------------------------

MANY = """\
slug: many-2024
title: 全县专项行动
short: 全县行动
issuer: 县局
issued: 2024-01-01
origin: coordinator
start: 2024-01-01
end: 2024-12-31
groups:
  - {id: offices, name: 各分局}
coordinator: {unit: chief}
messages: {forms: true}
duties:
"""
DUTY = (
    "  - {id: %s, name: %s, by: [east], to: chief, rhythm: {due: 2024-03-%s}, moments: {remind: [5, %s]}%s}\n"
)
UNITS = (
    "id,name,short,groups,origin,channels\nchief,县局专班,专班,,coordinator,\n"
    "east,东区分局,东区,offices,coordinator,email=east@county.example\n"
)
FORM = """\
id: count
title: 统计表
origin: coordinator
sections:
  - {id: all, name: 情况, indicators: [{code: checked, name: 检查, unit_of_measure: 家}]}
"""
PEOPLE = """\
id: people
title: 人员台账
origin: coordinator
register:
  name: 人员
  key: [place]
  columns:
    - {code: place, name: 单位, type: text}
    - {code: person, name: 姓名, type: text, personal: true}
    - {code: state, name: 状态, type: choice, choices: [在管, 已结]}
  closed: {column: state, values: [已结]}
"""


def many(*duties: tuple[str, str, str, str]) -> Bundle:
    """An office with so many returns (id, name, day of March, form), all spoken of on 4 March."""
    plan = MANY + "".join(
        DUTY % (id, name, day, int(day) - 4, f", form: {form}" if form else "")
        for id, name, day, form in duties
    )
    forms = {"forms/count.yaml": FORM, "forms/people.yaml": PEOPLE}
    return Bundle(tuple(sorted({"plan.yaml": plan, "units.csv": UNITS, **forms}.items())))


def told(town: Town, outside: World, bundle: Bundle) -> EmailMessage:
    put_in_force(town, bundle, "2024-01-01 08:30")
    now = at("2024-03-04 08:30")  # a Monday
    run_campaign(town.ledger, "many-2024", texts=town.texts, documents=None, owner="run", as_of=now)
    deliver(town.ledger, outside.transport, town.texts, owner="out", as_of=now)
    (mail,) = outside.post.mails
    return mail


def test_no_more_than_five_come_and_the_words_say_where_the_others_are(town: Town, outside: World) -> None:
    days = ("12", "08", "11", "07", "13", "14")
    mail = told(town, outside, many(*((f"d{day}", f"表{day}", day, "count") for day in days)))
    assert names(mail) == [
        "东区-表07.xlsx",
        "东区-表08.xlsx",
        "东区-表11.xlsx",
        "东区-表12.xlsx",
        "东区-表13.xlsx",
    ]
    assert "随信附上最先到期几项的空白报表，其余的可登录下载，或向发文单位索取。" in body(mail)


def test_a_return_without_a_form_and_one_about_persons_bring_none(town: Town, outside: World) -> None:
    mail = told(
        town,
        outside,
        many(("a", "情况", "07", ""), ("b", "人员", "08", "people"), ("c", "表", "11", "count")),
    )
    assert names(mail) == ["东区-表.xlsx"]
    assert WORDS in body(mail)


def test_where_there_is_no_form_at_all_nothing_is_said_of_one(town: Town, outside: World) -> None:
    mail = told(town, outside, many(("a", "情况", "07", ""), ("b", "人员", "08", "people")))
    assert names(mail) == []
    assert "空白报表" not in body(mail) + body(mail, "html")


def test_two_forms_of_a_mail_never_bear_one_name(town: Town, outside: World) -> None:
    mail = told(town, outside, many(("a", "表/甲", "07", "count"), ("b", "表:甲", "08", "count")))
    assert names(mail) == ["东区-表-甲.xlsx", "表-甲-东区-表-甲.xlsx"]


# ---- what is not to get out ----------------------------------------------------------------------


def test_who_has_ceased_to_speak_for_a_unit_gets_none_of_its_forms(town: Town) -> None:
    """Sealed for its mailbox, then somebody else is named: what was sealed may go, the figures stay."""
    put_in_force(town, speaking(FORMS_ON))
    town.run(REMINDED)
    seal(town.ledger, town.texts, as_of=at(REMINDED))
    with town.ledger.read() as conn:
        g, c = t.digest.c, t.contact.c
        wanted = select(g.id).join(t.contact, c.id == g.contact).where(c.address == "libao@haian.example")
        (digest,) = conn.scalars(wanted)
    make = enclosing(town.ledger, town.texts, at(REMINDED))
    assert [f.name for f in make(digest)] == ["李堡分局-2018-09.xlsx"]
    gone = dict(speaking(FORMS_ON).files)
    gone["units.csv"] = gone["units.csv"].replace("libao@haian.example", "new@haian.example")
    put_in_force(town, Bundle(tuple(sorted(gone.items()))), "2018-09-30 09:00")
    assert enclosing(town.ledger, town.texts, at("2018-09-30 09:01"))(digest) == []


class Quoting(dict[str, str]):
    """Words that fail as a library does that quotes what it was given."""

    def __getitem__(self, key: str) -> str:
        raise ValueError("机密 cannot be used in worksheets")


def test_the_log_says_that_a_form_failed_and_not_what_was_to_stand_in_it(
    town: Town, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put_in_force(town, speaking(FORMS_ON))
    town.run(REMINDED)
    seal(town.ledger, town.texts, as_of=at(REMINDED))
    with town.ledger.read() as conn:
        digest = conn.scalars(select(t.digest.c.id).order_by(t.digest.c.id)).first()
    assert digest is not None
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    texts = Renderer(tmp_path / "templates")
    texts.words = {**texts.words, "blank": Quoting()}
    assert enclosing(town.ledger, texts, at(REMINDED))(digest) == []
    assert "no form for haian-2018/" in caplog.text
    assert "机密" not in caplog.text
