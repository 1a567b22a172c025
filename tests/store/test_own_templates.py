"""A campaign that says some things in words of its own: what it may replace, what is wrong with it is named,
and what leaves is its own where a message speaks for it alone."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest

from duban.errors import BadInput, PlanInvalid, Problem
from duban.ledger import tables as t
from duban.plan import Bundle, parse
from duban.plan.renewing import renewed
from duban.rendering import renderer
from duban.services.campaigns import read_bundle
from duban.services.deploying import deploy
from duban.services.own_texts import MOST_LETTERS, checked, our_names, own_problems
from duban.services.renewing import write_folder
from duban.services.running import run_campaign
from duban.services.samples import SAMPLES
from tests.support.plans import changed
from tests.support.post import World
from tests.support.speech import speaking
from tests.support.town import Town, at

MORNING = "2018-10-08 08:30"
SUBJECT = "templates/messages/digest-subject.txt"
BODY = "templates/messages/digest-body.txt"
OURS = "{{ owed | length }}份月报请抓紧报送（稽查科）"


def with_texts(own: dict[str, str], bundle: Bundle | None = None) -> Bundle:
    """Hai'an in words of its own."""
    return Bundle(tuple(sorted({**dict((bundle or speaking()).files), **own}.items())))


def problems(file: str, text: str) -> list[Problem]:
    return list(own_problems(renderer(), ((file, text),)))


def put_in_force(town: Town, bundle: Bundle, when: str = "2018-09-06 08:30") -> None:
    deploy(town.ledger, bundle, reason="test", as_of=at(when))


def body(mail: EmailMessage, kind: str = "plain") -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


# ---- what leaves ---------------------------------------------------------------------------------


def test_a_campaigns_own_subject_leaves_and_all_else_stays_ours(town: Town, outside: World) -> None:
    put_in_force(town, with_texts({SUBJECT: OURS}))
    town.run(MORNING)
    town.deliver(outside.transport, MORNING)
    assert {m["Subject"] for m in outside.post.mails} == {"1份月报请抓紧报送（稽查科）"}
    assert all("以下材料已过报送时限" in body(m) for m in outside.post.mails)


def test_a_part_of_ours_in_words_of_its_own_goes_into_our_text(town: Town, outside: World) -> None:
    own = {"templates/messages/links.txt": "请在内网填报，勿用链接。\n"}
    put_in_force(town, with_texts(own))
    town.run(MORNING)
    town.deliver(outside.transport, MORNING)
    assert all("请在内网填报，勿用链接。" in body(m) for m in outside.post.mails)
    assert all("请在内网填报" not in body(m, "html") for m in outside.post.mails)


def test_an_own_kick_off_is_what_units_hear_first(town: Town, outside: World) -> None:
    kickoff = "templates/messages/kickoff-subject.txt"
    put_in_force(town, with_texts({kickoff: "关于启动{{ title }}的函"}, speaking("kickoff: true")))
    town.run("2018-09-06 08:31")
    town.deliver(outside.transport, "2018-09-06 08:31")
    assert {m["Subject"] for m in outside.post.mails} == {"关于启动海安市药品“净网2018”专项行动的函"}


def test_an_amendment_brings_its_own_words_from_then_on(town: Town, outside: World) -> None:
    put_in_force(town, speaking())
    put_in_force(town, with_texts({SUBJECT: OURS}), "2018-10-01 09:00")
    assert town.count(t.plan_version) == 2
    town.run(MORNING)
    town.deliver(outside.transport, MORNING)
    assert {m["Subject"] for m in outside.post.mails} == {"1份月报请抓紧报送（稽查科）"}


def test_what_speaks_for_two_campaigns_is_said_in_our_words(town: Town, outside: World) -> None:
    put_in_force(town, with_texts({SUBJECT: OURS}))
    put_in_force(town, speaking(slug="haian-2019"))
    town.run(MORNING)
    run_campaign(town.ledger, "haian-2019", texts=town.texts, documents=None, owner="run", as_of=at(MORNING))
    town.deliver(outside.transport, MORNING)
    assert all(m["Subject"].startswith("【药品净网2018】") for m in outside.post.mails)


def test_own_words_that_fail_on_the_day_give_way_to_ours(town: Town, outside: World) -> None:
    # No sample has a unit of this name, so that this is found by nobody before the day.
    text = "{% if '李堡' in recipient %}{{ 1 // 0 }}{% endif %}" + OURS
    put_in_force(town, with_texts({SUBJECT: text}))
    town.run(MORNING)
    town.deliver(outside.transport, MORNING)
    subjects = {m["To"]: m["Subject"] for m in outside.post.mails}
    assert subjects["haian@haian.example"] == "1份月报请抓紧报送（稽查科）"
    assert subjects["libao@haian.example"].startswith("【药品净网2018】")


def test_own_words_see_no_link_but_the_recipients_own(town: Town, outside: World) -> None:
    own = {BODY: "[[duban:links]]{{ '[[duban:link haian-2018/libao]]' }}[[/duban:links]]{{ issuer }}"}
    put_in_force(town, with_texts(own))
    town.run(MORNING)
    town.deliver(outside.transport, MORNING)
    assert all("duban:" not in body(m) for m in outside.post.mails)


# ---- the folder ----------------------------------------------------------------------------------


def test_own_texts_are_part_of_the_bundle_and_of_the_plan(tmp_path: Path) -> None:
    for name, text in with_texts({SUBJECT: OURS}).files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "templates/messages/.swp").write_bytes(b"\xff")
    bundle = read_bundle(tmp_path)
    assert dict(bundle.files)[SUBJECT] == OURS
    assert parse(bundle).templates == ((SUBJECT, OURS),)
    assert bundle.digest != speaking().digest
    assert Bundle.from_text(bundle.text) == bundle


def test_next_years_campaign_takes_its_own_texts_along(tmp_path: Path) -> None:
    made = renewed(with_texts({SUBJECT: OURS}), "next-2027", date(2027, 9, 6), lambda changes: "")
    write_folder(made.bundle, tmp_path / "next-2027")
    assert parse(read_bundle(tmp_path / "next-2027")).templates == ((SUBJECT, OURS),)


def test_a_plan_with_wrong_texts_is_not_put_in_force(town: Town) -> None:
    with pytest.raises(PlanInvalid) as caught:
        put_in_force(town, with_texts({SUBJECT: "{{ nobody }}"}))
    assert [p.code for p in caught.value.problems] == ["template-undefined"]
    assert town.count(t.plan_version) == 0


def test_mistakes_of_texts_are_told_together_with_those_of_the_plan() -> None:
    wrong = changed(("plan.yaml", "slug: haian-2018\n", "slug: haian-2018\nnonsense: 1\n"))
    with pytest.raises(PlanInvalid) as caught:
        checked(renderer(), with_texts({SUBJECT: "{{ nobody }}"}, wrong))
    assert [(p.file, p.code) for p in caught.value.problems] == [
        ("plan.yaml", "unknown-key"), (SUBJECT, "template-undefined"),
    ]  # fmt: skip


# ---- what is wrong with a text -------------------------------------------------------------------


@pytest.mark.parametrize(
    "file",
    [
        "templates/messages/digets-subject.txt", "templates/messages/code-subject.txt",
        "templates/portal/base.html", "templates/messages/digest-subject.txt.bak",
    ],
)  # fmt: skip
def test_only_what_is_among_ours_can_be_replaced(file: str) -> None:
    (problem,) = problems(file, "x")
    assert (problem.code, problem.file) == ("template-unknown", file)
    assert "messages/digest-subject.txt" in problem.params["known"]
    assert not any(name.startswith("messages/code") for name in problem.params["known"])


@pytest.mark.parametrize(
    ("text", "line", "code", "value"),
    [
        ("甲\n{% if owed %}乙", "2", "template-syntax", ""),
        ("甲\n\n{{ owed | nonsense }}", "3", "template-syntax", ""),
        ("甲\n{{ oewd }}", "2", "template-undefined", "oewd"),
        ("甲\n乙\n{{ owed[0].dtuy }}", "3", "template-undefined", "dtuy"),
        # in a branch that is never taken
        ("{% if false %}\n\n{{ nobody }}{% endif %}", "3", "template-undefined", "nobody"),
        ("甲\n{{ owed.__class__.__mro__ }}", "2", "template-forbidden", ""),
        ("甲\n{{ ''.__class__.__mro__ }}", "2", "template-forbidden", ""),
        ("甲\n{% for x in range(1000000) %}{% endfor %}", "2", "template-fails", ""),
        ("甲\n{{ 1 // 0 }}", "2", "template-fails", ""),
        ("甲\n{% include 'messages/none.txt' %}", "2", "template-fails", ""),
        ("甲\n{% include 'messages/digest-subject.txt' %}", "2", "template-fails", ""),
        ("甲\n{% include '../wording.yaml' %}", "2", "template-fails", ""),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: str, code: str, value: str) -> None:
    (problem,) = problems(SUBJECT, text)
    assert (problem.code, problem.file, problem.place, problem.value) == (code, SUBJECT, line, value)
    assert renderer().problem(problem).startswith(f"{SUBJECT}:{line}")


def test_a_text_may_be_only_so_long() -> None:
    assert problems(SUBJECT, "字" * MOST_LETTERS) == []
    (problem,) = problems(SUBJECT, "字" * (MOST_LETTERS + 1))
    assert problem.code == "template-too-long"


def test_every_message_of_ours_is_in_order_as_a_campaigns_own() -> None:
    """So each can be taken for a beginning; and the samples have all that ours speak of."""
    folder = {
        n: (Path("templates") / n.removeprefix("templates/")).read_text("utf-8")
        for n in our_names(renderer())
    }
    assert list(own_problems(renderer(), tuple(sorted(folder.items())))) == []
    families = {n.rpartition("-")[0].removeprefix("templates/") for n in folder if n.endswith("-subject.txt")}
    assert families == set(SAMPLES)


@pytest.mark.parametrize("message", SAMPLES)
def test_each_sample_reads_as_a_message(message: str) -> None:
    for values in SAMPLES[message]():
        said = {
            part: renderer().render(f"{message}-{part}", **values)
            for part in ("subject.txt", "body.txt", "body.html")
        }
        assert "\n" not in said["subject.txt"].strip()
        assert len(said["body.txt"].strip()) > 5
        assert "<html" in said["body.html"]


# ---- what a text must not do ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{{ words.prompt.update({'subject': 'x'}) }}",
        "{{ owed.clear() }}",
        "{{ 9 ** 9 }}",
        "{{ 'x' * 20000 }}",
        "{% set x = 10000000000000000000 %}{% set x = x * x %}{% set x = x * x %}{{ x * x * x }}",
        "{{ 'x'.ljust(2000000) }}",
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}",
    ],
)
def test_it_changes_nothing_and_comes_to_an_end(text: str) -> None:
    before = deepcopy(dict(renderer().words))
    (problem,) = problems(SUBJECT, text)
    assert (problem.code, problem.file) == ("template-forbidden", SUBJECT)
    assert renderer().words == before


@pytest.mark.parametrize("text", ["(" * 6000 + "1" + ")" * 6000, "not " * 4000 + "1"])
def test_what_is_nested_too_deeply_is_a_mistake_like_others(text: str) -> None:
    (problem,) = problems(SUBJECT, "{{ " + text + " }}")
    assert (problem.code, problem.file) == ("template-syntax", SUBJECT)


def test_as_many_units_as_there_are_can_be_listed() -> None:
    text = "{% for u in range(300) %}{% for o in range(50) %}{{ o }}{% endfor %}{% endfor %}"
    assert problems(BODY, text) == []


def test_a_folder_brings_no_other_file_of_this_machine(tmp_path: Path) -> None:
    secret, folder = tmp_path / "secrets.env", tmp_path / "campaign"
    secret.write_text("DUBAN_SECRET=x", encoding="utf-8")
    write_folder(speaking(), folder)
    (folder / "forms" / "mine.txt").write_text("x: 1", encoding="utf-8")
    (folder / "forms" / "again.yaml").symlink_to(folder / "forms" / "mine.txt")
    assert dict(read_bundle(folder).files)["forms/again.yaml"] == "x: 1"
    (folder / "templates" / "messages").mkdir(parents=True)
    (folder / SUBJECT).symlink_to(secret)
    with pytest.raises(BadInput) as caught:
        read_bundle(folder)
    assert [(p.code, p.file) for p in caught.value.problems] == [("leads-elsewhere", SUBJECT)]


@pytest.mark.parametrize("colour", ["orange", "red"])
def test_names_are_text_in_a_letters_html(colour: str) -> None:
    (values, *_) = SAMPLES["messages/escalation"]()
    said = renderer().render("messages/escalation-body.html", **values | {"unit": "<b>&", "colour": colour})
    assert "<b>&" not in said
    assert "&lt;b&gt;&amp;" in said


def test_a_campaigns_name_is_text_in_a_chats_html() -> None:
    (values, *_) = SAMPLES["messages/group"]()
    said = renderer().render("messages/group-body.html", **values | {"shorts": ["<b>&"]})
    assert "<b>&" not in said
