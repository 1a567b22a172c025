"""Who follows a closed unit sees what that one still owes, and reports it, also where it owes the same."""

from __future__ import annotations

from tests.portal.test_unit_pages import fields
from tests.store.test_deploying import put
from tests.store.test_speaking import with_unit
from tests.support.gate import Gate
from tests.support.town import HAIAN, at

OCTOBER = f"/c/{HAIAN}/u/baidian/d/monthly/2018-10"


def test_a_successor_reports_what_a_closed_unit_owes_beside_its_own(gate: Gate) -> None:
    """Nanmo owes October's return itself, so Baidian's is found under Baidian's name alone."""
    gate.office.ledger.set_clock(at("2018-11-06 09:00"))
    put(gate.town, with_unit("baidian", closes="2018-11-06", successor="nanmo"), "2018-11-06 09:01")
    with gate.client("parent") as client:
        assert client.get(OCTOBER).status_code == 403  # Baidian is still there
    gate.office.ledger.set_clock(at("2018-11-07 09:00"))
    with gate.client("parent") as client:
        owing = client.get(f"/c/{HAIAN}/u/nanmo").text
        assert owing.count("原由白甸镇分局承担") == 3  # September to November, of which it saw six days
        assert f'href="{OCTOBER}"' in owing
        assert f'href="/c/{HAIAN}/u/nanmo/d/monthly/2018-10"' in owing
        assert f'<a href="/c/{HAIAN}/u/baidian">白甸镇分局的报送</a>' in owing
        sent = client.post(OCTOBER, data=fields(gate, "parent"))
        assert (sent.status_code, sent.headers["Location"]) == (303, f"{OCTOBER}/v/1/receipt")
        assert "白甸镇分局" in client.get(f"{OCTOBER}/v/1/receipt").text
        after = client.get(f"/c/{HAIAN}/u/nanmo").text
        assert after.count("原由白甸镇分局承担") == 2
    with gate.client("other") as client:
        assert client.get(OCTOBER).status_code == 403
