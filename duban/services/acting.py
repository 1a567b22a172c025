"""Acts: who was let in by whom, and who no more, stands in the journal; addresses and secrets do not."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import func, select

from duban.ledger import Writer
from duban.ledger import tables as t

Act = Literal[
    "account", "password", "role", "unrole", "disable", "enable", "key", "unkey", "link", "links",
    "received-for", "deputy", "undeputy", "prefer",
]  # fmt: skip
"""account, password: made or set; role, unrole: given, taken; key, unkey: made, revoked; link: shown to
somebody else than its liaison; links: revoked; received-for: a return put in for its unit; deputy,
undeputy: somebody named to stand in for a unit's liaisons, taken out; prefer: the kind of channel that a unit
wants first."""


def record_act(w: Writer, campaign: str, kind: Act, about: str, by: str) -> None:
    """Put an act on record in the journal of a campaign, or of the installation."""
    count = w.conn.scalar(select(func.count()).where(t.act.c.campaign == campaign)) or 0
    row = {
        "id": f"{campaign}~act{count + 1:04d}", "campaign": campaign, "kind": kind, "about": about, "by": by,
        "recorded_at": w.micros,
    }  # fmt: skip
    w.record("act", campaign, [row])
