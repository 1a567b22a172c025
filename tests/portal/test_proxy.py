"""A header that names who is there is believed from the proxy, and from nobody else."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import httpx
import pytest

from duban.portal.app import make_app
from tests.support.gate import Gate

PROXY = "10.1.2.3"


async def home(gate: Gate, peer: str, *headers: tuple[str, str]) -> httpx.Response:
    """The first page as somebody at an address sees it."""
    settings = replace(gate.office.settings, proxy_header="X-Remote-User", proxy_from=(ip_network(PROXY),))
    app = make_app(replace(gate.office, settings=settings))
    transport = httpx.ASGITransport(app, client=(peer, 1234))
    async with httpx.AsyncClient(transport=transport, base_url=gate.url) as client:
        return await client.get("/", headers=list(headers))


async def test_the_proxys_word_lets_an_account_in(gate: Gate) -> None:
    answer = await home(gate, PROXY, ("X-Remote-User", "jicha"))
    assert answer.status_code == 200
    assert "稽查科" in answer.text


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("10.1.2.4", [("X-Remote-User", "jicha")]),
        ("10.1.2.4", [("X-Remote-User", "jicha"), ("X-Forwarded-For", PROXY)]),
        (PROXY, [("X-Remote-User", "nobody-here")]),
        (PROXY, [("X-Remote-User", "")]),
        (PROXY, [("X-Remote-User", "jicha"), ("X-Remote-User", "chayue")]),
        (PROXY, [("Remote-User", "jicha")]),
    ],
)
async def test_anybody_elses_word_lets_nobody_in(
    gate: Gate, peer: str, headers: list[tuple[str, str]]
) -> None:
    answer = await home(gate, peer, *headers)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/signin")
