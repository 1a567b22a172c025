"""The frame of every page: coming in, going out, forms of other sites, headers, what a failure gets."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from tests.support.gate import PASSWORD, Gate
from tests.support.gate import gate as opened

LIBAO = "/c/haian-2018/u/libao"


# ---- coming in and going out ---------------------------------------------------------------------


def test_nobody_is_sent_to_sign_in_and_on_to_where_they_wanted(client: httpx.Client) -> None:
    answer = client.get("/c/haian-2018/totals?duty=monthly")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/signin?next=%2Fc%2Fhaian-2018%2Ftotals%3Fduty%3Dmonthly"
    form = {"login": "jicha", "password": PASSWORD, "next": "/c/haian-2018/totals?duty=monthly"}
    entered = client.post("/signin/password", data=form)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/c/haian-2018/totals?duty=monthly")
    assert "药品“净网2018”" in client.get("/").text


@pytest.mark.parametrize(
    "next_",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
     "/\t/evil.example", "/\n/evil.example", "evil", "", "/" + "x" * 3000],
)  # fmt: skip
def test_after_signing_in_nobody_is_sent_to_another_site(client: httpx.Client, next_: str) -> None:
    form = {"login": "jicha", "password": PASSWORD, "next": next_}
    assert client.post("/signin/password", data=form).headers["Location"] == "/"
    assert client.get("/signin", params={"next": next_}).headers["Location"] == "/"


def test_a_wrong_password_says_so_at_the_field_and_lets_nobody_in(client: httpx.Client) -> None:
    answer = client.post("/signin/password", data={"login": "jicha", "password": "wrong"})
    assert answer.status_code == 422
    assert 'aria-describedby="password-error"' in answer.text
    assert "Set-Cookie" not in answer.headers
    assert 'value="jicha"' in answer.text
    assert "wrong" not in answer.text.replace("wrong_", "")


def test_the_link_in_a_message_opens_what_its_unit_owes(gate: Gate, client: httpx.Client) -> None:
    answer = client.get(gate.link("libao"))
    assert (answer.status_code, answer.headers["Location"]) == (303, LIBAO)
    assert client.get(LIBAO).status_code == 200
    assert client.get("/").headers["Location"] == LIBAO  # there is nothing else for it


@pytest.mark.parametrize("broken", ["x", "WyJ4Il0.AAAA", "%00", "啊" * 40, "a" * 3000])
def test_a_link_that_is_none_says_how_to_get_in(client: httpx.Client, broken: str) -> None:
    answer = client.get(f"/in/{broken}")
    assert answer.status_code == 403
    assert "这个链接已经不能用了" in answer.text
    assert 'action="/signin"' in answer.text


def test_a_link_ends_with_its_last_day(gate: Gate, client: httpx.Client) -> None:
    assert client.get(gate.link("libao", until="2018-11-06 08:59")).status_code == 403
    assert client.get(gate.link("libao", until="2018-11-06 09:30")).status_code == 303


def test_a_code_sent_to_the_registered_address_lets_in(gate: Gate, client: httpx.Client) -> None:
    asked = client.post("/signin", data={"address": "libao@haian.example", "next": "/"})
    assert (asked.status_code, len(gate.letters.sent)) == (200, 1)
    letter = gate.letters.sent[0]
    assert letter.address == "libao@haian.example"
    code = next(
        word for word in letter.plain.replace("：", " ").split() if word.isdecimal() and len(word) == 6
    )
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    form = {"address": "libao@haian.example", "next": "/"}
    assert client.post("/signin/code", data={**form, "code": wrong}).status_code == 422
    assert client.post("/signin/code", data={**form, "code": code}).status_code == 303
    assert client.get(LIBAO).status_code == 200
    assert client.get("/c/haian-2018/u/dagong").status_code == 403


def test_an_unknown_address_is_answered_like_a_known_one(gate: Gate, client: httpx.Client) -> None:
    pages = [
        client.post("/signin", data={"address": address, "next": "/"}).text.replace(address, "")
        for address in ("libao@haian.example", "nobody@haian.example")
    ]
    assert pages[0] == pages[1]
    assert [letter.address for letter in gate.letters.sent] == ["libao@haian.example"]


def test_signing_out_ends_the_session_itself_and_not_only_the_cookie(gate: Gate) -> None:
    with gate.client("leader") as client, gate.client("leader") as copy:
        assert copy.get("/c/haian-2018").status_code == 200
        assert client.post("/signout", data={"csrf": gate.csrf("leader")}).status_code == 303
        assert copy.get("/c/haian-2018").status_code == 303


def test_signing_in_again_ends_the_session_before(gate: Gate) -> None:
    with gate.client("leader") as client, gate.client("leader") as copy:
        assert client.get(gate.link("libao")).status_code == 303
        assert copy.get("/c/haian-2018").status_code == 303


def test_signing_in_is_limited_for_each_client(gate: Gate, client: httpx.Client) -> None:
    got = [client.get("/in/x").status_code for _ in range(62)]
    assert got == [403] * 60 + [429] * 2
    last = client.get("/in/x")
    assert last.headers["Retry-After"] == "60"
    assert "操作太频繁" in last.text


# ---- the cookie ----------------------------------------------------------------------------------


def cookie(answer: httpx.Response) -> tuple[str, set[str]]:
    """Name and attributes of the cookie that an answer sets, its age left out."""
    pair, *attributes = answer.headers["Set-Cookie"].split("; ")
    return pair.partition("=")[0], {a for a in attributes if not a.startswith("Max-Age")}


def test_no_script_and_no_other_site_gets_at_the_cookie(gate: Gate, client: httpx.Client) -> None:
    assert cookie(client.get(gate.link("libao"))) == ("duban", {"HttpOnly", "Path=/", "SameSite=lax"})


def test_by_https_the_cookie_is_of_this_host_alone(furnished: Path, tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    shutil.copyfile(furnished, path)
    with opened(f"sqlite:///{path}", tmp_path, url="https://duban.example") as gate, gate.client() as client:
        answer = client.get(gate.link("libao"))
        assert cookie(answer) == ("__Host-duban", {"HttpOnly", "Path=/", "SameSite=lax", "Secure"})
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        token = answer.headers["Set-Cookie"].partition(";")[0].partition("=")[2]
        client.cookies.clear()
        plain = client.get(LIBAO, headers={"Cookie": f"duban={token}"})
        assert plain.status_code == 303  # the name without its prefix is nothing here
        assert client.get(LIBAO, headers={"Cookie": f"__Host-duban={token}"}).status_code == 200


# ---- forms of other sites ------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["", "0" * 64, "啊"])
def test_a_form_without_the_right_value_does_nothing(gate: Gate, given: str) -> None:
    with gate.client("leader") as client:
        answer = client.post("/signout", data={"csrf": given})
        assert (answer.status_code, "什么也没有改动" in answer.text) == (403, True)
        assert client.get("/c/haian-2018").status_code == 200


def test_the_value_of_one_session_is_worth_nothing_in_another(gate: Gate) -> None:
    with gate.client("leader") as client:
        assert client.post("/signout", data={"csrf": gate.csrf("coordinator")}).status_code == 403


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "", "Referer": "https://evil.example/form"},
    {"Origin": "", "Referer": "http://["},
]


@pytest.mark.parametrize("headers", FOREIGN[:5])
def test_a_form_from_elsewhere_does_nothing_even_with_the_right_value(
    gate: Gate, headers: dict[str, str]
) -> None:
    with gate.client("leader") as client:
        answer = client.post("/signout", data={"csrf": gate.csrf("leader")}, headers=headers)
        assert answer.status_code == 403
        assert client.get("/c/haian-2018").status_code == 200


@pytest.mark.parametrize("headers", [*FOREIGN, {"Origin": ""}])
def test_nobody_is_signed_in_by_a_form_from_elsewhere(client: httpx.Client, headers: dict[str, str]) -> None:
    form = {"login": "jicha", "password": PASSWORD}
    assert client.post("/signin/password", data=form, headers=headers).status_code == 403


def test_an_old_browser_that_tells_no_origin_signs_in_by_its_referrer(
    gate: Gate, client: httpx.Client
) -> None:
    form, headers = {"login": "jicha", "password": PASSWORD}, {"Origin": "", "Referer": f"{gate.url}/signin"}
    assert client.post("/signin/password", data=form, headers=headers).status_code == 303


# ---- headers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/signin", "/", "/nowhere", "/in/x", "/healthz", "/api/v1/nowhere", "/static/portal.css"]
)
def test_every_answer_carries_the_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "server" not in headers
    kept = path.startswith("/static/")
    assert headers["Cache-Control"] == ("public, max-age=31536000, immutable" if kept else "no-store")


def test_pages_name_the_style_sheet_by_its_digest_and_nothing_of_elsewhere(client: httpx.Client) -> None:
    page = client.get("/signin").text
    where = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    assert where.startswith("/static/portal.css?v=")
    assert client.get(where).headers["Content-Type"] == "text/css; charset=utf-8"
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
    assert "style=" not in page


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/static/base.html", "/static/..%2fbase.html"]
)
def test_what_is_not_meant_to_be_seen_is_not_there(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


# ---- failures ------------------------------------------------------------------------------------


def test_what_one_may_not_see_looks_like_what_is_not_there(gate: Gate) -> None:
    with gate.client("unit") as client:
        pages = [
            client.get(path)
            for path in (LIBAO, "/c/haian-2018/u/nobody", "/c/nowhere/u/libao", "/c/haian-2018", "/c/nowhere")
        ]
    assert {page.status_code for page in pages} == {403}
    assert len({page.text for page in pages}) == 1
    assert "李堡" not in pages[0].text


def test_a_method_that_a_page_does_not_have_gets_a_page(client: httpx.Client) -> None:
    answer = client.put("/signin")
    assert (answer.status_code, "<h1>" in answer.text) == (405, True)


def test_the_api_gets_problem_documents(client: httpx.Client) -> None:
    answer = client.get("/api/v1/nowhere")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.text) == {
        "type": "about:blank", "title": "没有这个页面", "status": 404, "code": "missing",
        "detail": "请核对地址，或从首页进入。",
    }  # fmt: skip


def test_what_breaks_gets_a_number_and_the_log_no_word_of_what_was_sent(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    gate.client().post("/signin/password", data={"login": "warm", "password": "up"}).close()
    with gate.office.ledger.engine.begin() as conn:
        conn.execute(text("ALTER TABLE throttle RENAME TO broken"))
    caplog.set_level(logging.INFO)
    with gate.client() as client:
        answer = client.post("/signin/password", data={"login": "zhangsan", "password": "s3cret-words"})
    assert answer.status_code == 500
    number = answer.text.partition("编号：<strong>")[2].partition("<")[0]
    assert len(number) == 8
    assert f"incident {number}: OperationalError" in caplog.text
    assert "s3cret" not in caplog.text
    assert "zhangsan" not in caplog.text
