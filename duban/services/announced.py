"""The voices of what is told to many: the beginning of a campaign, its amendments, circulars 通报, thanks.
One message to each contact on each occasion, for all the units that it speaks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from duban import told
from duban.assignments import assigned
from duban.ledger import Writer
from duban.ledger import tables as t
from duban.ledger.speaking import Decided
from duban.notices import COORDINATOR, unit_of
from duban.plan import Plan
from duban.plan.model import WHOLE, Stage
from duban.rendering import Renderer
from duban.services import sealing
from duban.services.announcing import TOLD, Version, changes, settled, still_touched
from duban.services.campaigns import versions
from duban.services.circulating import circular_of
from duban.services.thanking import thanks_of
from duban.services.turning import Plans, Stands, Voice
from duban.touched import Touched

MOST = 300
"""So many units a message names in one list; whoever wants the others looks at the board."""

Values = dict[str, Any]
Say = Callable[[Writer, Renderer, Plan, Sequence[Decided]], Values]
"""What the templates of a kind are filled in with, besides what all of them need."""


def voices(texts: Renderer) -> tuple[Voice, ...]:
    """How announcements are looked at, and sealed."""
    says: dict[str, Say] = {
        "kickoff": _kickoff, "amendment": _amendment, "circular": _circular, "thanks": _thanks,
    }  # fmt: skip
    return tuple(_voice(texts, kind, say) for kind, say in says.items())


def _voice(texts: Renderer, kind: str, say: Say) -> Voice:
    def seal(w: Writer, plans: Plans, stands: Stands, kept: Sequence[Decided], occasion: str) -> str:
        plan = plans[kept[0].campaign]
        day = w.at.astimezone(plan.zone).date()
        values = {
            "title": plan.file.title, "short": plan.file.short, "issuer": plan.file.issuer, "day": day,
            "recipient": "、".join(dict.fromkeys(sealing.spoken_to(m, plan) for m in kept)), "most": MOST,
        }  # fmt: skip
        values |= say(w, texts, plan, kept)
        return sealing.record_digest(
            w, texts, f"messages/{kind}", values, kept, kept[0].contact, day, occasion
        )

    return Voice(frozenset({kind}), _still_true, seal, apart=True)


def _still_true(w: Writer, plan: Plan, message: Decided, stands: Stands) -> bool:
    """Who has left the plan since is told nothing, nor who has done meanwhile what an amendment is about."""
    unit = unit_of(message.recipient)
    if unit == COORDINATOR:
        return True
    if unit not in plan.unit or unit in plan.outside:
        return False
    return message.kind != "amendment" or bool(_touched(w.conn, message, w.at))


def _known(conn: Connection, message: Decided) -> tuple[Version, int]:
    """The version that a message is about, as it was when it was decided; and the one known before."""
    found = TOLD.search(message.occasion)
    assert found is not None
    number = int(found[1])
    return Version(versions(conn, message.campaign)[number - 1], number), int(found[2] or 0)


def _units(kept: Sequence[Decided]) -> list[Decided]:
    """The first message about each unit."""
    return list({unit_of(m.recipient): m for m in reversed(kept)}.values())[::-1]


def _kickoff(w: Writer, texts: Renderer, plan: Plan, kept: Sequence[Decided]) -> Values:
    plan = _known(w.conn, kept[0])[0].plan
    units = [
        told.began(texts, plan, assigned(plan, unit_of(m.recipient), plan.local(m.moment_at)))
        for m in _units(kept)
    ]
    whole = Stage(WHOLE, "", plan.start, plan.end)
    return {"units": units, "issued": plan.file.issued, "span": told.span_words(texts, whole)}


def _amendment(w: Writer, texts: Renderer, plan: Plan, kept: Sequence[Decided]) -> Values:
    version, since = _known(w.conn, kept[0])
    found, units = changes(w.conn, version, since, plan.local(kept[0].moment_at)), []
    for m in _units(kept):
        unit = version.plan.unit[unit_of(m.recipient)]
        left = _touched(w.conn, m, w.at) or found[unit.id]
        units.append(told.changed(texts, version.plan, unit, left))
    return {"units": units, "reasons": _reasons(w.conn, plan.slug, since, version.number)}


def _touched(conn: Connection, message: Decided, now: datetime) -> Touched | None:
    """What of an amendment still matters to the unit of a message; None if nothing does."""
    version, since = _known(conn, message)
    unit = unit_of(message.recipient)
    found = changes(conn, version, since, version.plan.local(message.moment_at))
    left = still_touched(found.get(unit, Touched()), unit, settled(conn, version.plan, now, unit))
    return left if left.anything else None


def _reasons(conn: Connection, campaign: str, since: int, until: int) -> list[str]:
    p = t.plan_version.c
    wanted = select(p.reason).where(p.campaign == campaign, p.version > since, p.version <= until)
    return list(dict.fromkeys(conn.scalars(wanted.order_by(p.version))))


def _content(conn: Connection, message: Decided) -> Any:
    """What a person has approved, as it was drafted."""
    p = t.proposal.c
    return json.loads(conn.scalars(select(p.content).where(p.id == message.occasion)).one())


def _circular(w: Writer, texts: Renderer, plan: Plan, kept: Sequence[Decided]) -> Values:
    made = circular_of(plan, _content(w.conn, kept[0]))
    places = {p.unit: p.place for p in made.places}
    last = len(made.rows) + 1
    ordered = sorted(made.rows, key=lambda r: places.get(r.unit, last)) if not made.whole else made.rows
    return {"c": made, "places": places, "ordered": list(ordered)}


def _thanks(w: Writer, texts: Renderer, plan: Plan, kept: Sequence[Decided]) -> Values:
    return {"t": thanks_of(_content(w.conn, kept[0]))}
