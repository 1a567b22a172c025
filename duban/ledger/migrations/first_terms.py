"""Version 0002 gives every obligation of a 0001 ledger its phases and its first term.

Written in plain SQL: the tables of the code move on, a migration does not.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import yaml
from sqlalchemy import Connection, Row, text

from duban.ledger import journal
from duban.ledger.journal import Head

Span = tuple[str, str]


def lay_down(conn: Connection) -> None:
    """One schedule a campaign, as of its first deployment: 0001 showed the last due times for every day
    of the past, and so do these terms."""
    conn.execute(text("UPDATE obligation SET event = (due_at IS NULL)"))
    found = conn.execute(text("SELECT * FROM obligation ORDER BY campaign, id")).all()
    by_campaign: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in found:
        by_campaign[row.campaign].append(row)
    for campaign, rows in by_campaign.items():
        _phases(conn, campaign, rows)
        _schedule(conn, campaign)


def _phases(conn: Connection, campaign: str, rows: list[Row[Any]]) -> None:
    """An obligation belonged to every phase that its covered span touches."""
    spans = _spans(conn, campaign)
    found = {r.id: " ".join(p for p, span in spans.items() if _touch(span, r)) for r in rows}
    conn.execute(
        text("UPDATE obligation SET phases = :phases WHERE id = :id"),
        [{"id": key, "phases": f" {names} "} for key, names in found.items()],
    )


def _touch(span: Span, row: Row[Any]) -> bool:
    return bool(span[0] <= row.covers_until and span[1] >= row.covers_from)


def _spans(conn: Connection, campaign: str) -> dict[str, Span]:
    """The phases of the plan in force with their first and last days."""
    content = conn.scalar(
        text(
            "SELECT content FROM bundle JOIN plan_version ON bundle = digest "
            "WHERE campaign = :campaign ORDER BY version DESC LIMIT 1"
        ),
        {"campaign": campaign},
    )
    plan = yaml.load(json.loads(str(content))["plan.yaml"], yaml.BaseLoader)
    return {phase["id"]: (_day(phase["start"]), _day(phase["end"])) for phase in plan.get("phases", ())}


def _day(stated: Any) -> str:
    return str(stated["date"] if isinstance(stated, dict) else stated)


def _schedule(conn: Connection, campaign: str) -> None:
    since = conn.scalar(
        text("SELECT min(recorded_at) FROM plan_version WHERE campaign = :campaign"), {"campaign": campaign}
    )
    name = f"{campaign}#1"
    terms = [
        {
            "obligation": r.id, "n": 1, "recorded_at": since, "phases": r.phases, "opens_at": r.opens_at,
            "due_at": r.due_at, "counted": bool(r.counted), "waived": None, "dropped": False,
        }
        for r in conn.execute(
            text("SELECT * FROM obligation WHERE campaign = :campaign"), {"campaign": campaign}
        )
    ]  # fmt: skip
    row = {
        "id": name, "campaign": campaign, "recorded_at": since, "terms_digest": journal.terms_digest(terms)
    }  # fmt: skip
    conn.execute(
        text(
            "INSERT INTO schedule (id, campaign, recorded_at, terms_digest) "
            "VALUES (:id, :campaign, :recorded_at, :terms_digest)"
        ),
        row,
    )
    conn.execute(
        text(
            "INSERT INTO term (obligation, n, recorded_at, schedule, phases, opens_at, due_at, counted, "
            "waived, dropped) VALUES (:obligation, :n, :recorded_at, :schedule, :phases, :opens_at, :due_at, "
            ":counted, :waived, :dropped)"
        ),
        [x | {"schedule": name} for x in terms],
    )
    _journal(conn, row)


def _journal(conn: Connection, record: dict[str, Any]) -> None:
    """The schedule takes the next place of its campaign's chain, at the time of the last."""
    campaign = record["campaign"]
    last = conn.execute(
        text(
            "SELECT seq, digest, recorded_at FROM journal WHERE campaign = :campaign "
            "ORDER BY seq DESC LIMIT 1"
        ),
        {"campaign": campaign},
    ).one()
    head = journal.link(
        Head(last.seq, last.digest, last.recorded_at), campaign, last.recorded_at, "schedule", record
    )
    link = {
        "campaign": campaign, "seq": head.seq, "recorded_at": head.recorded_at, "kind": "schedule",
        "ref": record["id"], "digest": head.digest, "previous": last.digest,
    }  # fmt: skip
    conn.execute(
        text(
            "INSERT INTO journal (campaign, seq, recorded_at, kind, ref, digest, previous) "
            "VALUES (:campaign, :seq, :recorded_at, :kind, :ref, :digest, :previous)"
        ),
        link,
    )
    conn.execute(
        text("UPDATE head SET seq = :seq, digest = :digest WHERE campaign = :campaign"),
        {"seq": head.seq, "digest": head.digest, "campaign": campaign},
    )
