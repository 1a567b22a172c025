"""The reading queries of what a digest carries: what was sealed into it, and what it took over from a digest
that was given up."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, exists, func, or_, select, union

from duban.ledger import tables as t
from duban.ledger.speaking import Decided

_m, _g = t.message.c, t.digest.c
_SEALED = select(t.fate.c.message).where(t.fate.c.digest == bindparam("of"))
_TAKEN_OVER = select(t.turn.c.message).where(t.turn.c.successor == bindparam("of"))
_MINE = union(_SEALED, _TAKEN_OVER).subquery()

_MESSAGES = (
    select(
        _m.id, _m.campaign, func.coalesce(_m.obligation, "").label("obligation"), _m.kind, _m.days,
        _m.moment_at, _m.due_at, _m.recipient, _g.contact, _g.channel, _m.occasion,
    )
    .join_from(t.message, _MINE, _MINE.c.message == _m.id)
    .join(t.digest, _g.id == bindparam("of"))
    .order_by(_m.campaign, _m.due_at, _m.id)
)  # fmt: skip


def messages_in(conn: Connection, digest: str) -> list[Decided]:
    """The decided messages that a digest carries, as they would go to its contact."""
    return [Decided(**row._mapping) for row in conn.execute(_MESSAGES, {"of": digest})]


# Since it was sealed first, under its campaign's lock: what is sealed anew is not, and a return that was
# being recorded then is older.
_first = t.digest.alias()
_sealed_at = _first.c.sealed_at
_about = func.coalesce(_m.obligation, t.proposal.c.obligation)
_TOUCHED = (
    select(_m.id)
    .join(_MINE, _MINE.c.message == _m.id)
    .join(t.fate, t.fate.c.message == _m.id)
    .join(_first, _first.c.id == t.fate.c.digest)
    .outerjoin(t.proposal, (t.proposal.c.id == _m.occasion) & (_m.kind == "approve"))
    .where(
        or_(
            (_m.kind == "remind") & (_m.due_at <= bindparam("now")),
            *(
                exists().where(column == _about, since >= _sealed_at)
                for column, since in (
                    (t.submission.c.obligation, t.submission.c.recorded_at),
                    (t.decision.c.obligation, t.decision.c.decided_at),
                    (t.request.c.obligation, t.request.c.requested_at),
                    (t.term.c.obligation, t.term.c.recorded_at),
                )
            ),
            exists().where(t.approval.c.proposal == t.proposal.c.id, t.approval.c.approved_at >= _sealed_at),
            # What is about no single return is looked at again whenever anything happened in its campaign.
            _m.obligation.is_(None)
            & _m.kind.in_(("amendment", "approve"))
            & exists().where(t.head.c.campaign == _m.campaign, t.head.c.recorded_at > _sealed_at),
        )
    )
    .limit(1)
)


def touched(conn: Connection, digest: str, now: int) -> bool:
    """Whether anything was recorded about what a digest says since it was sealed, or its time has passed:
    only then can it have become untrue."""
    return conn.scalar(_TOUCHED, {"of": digest, "now": now}) is not None


def next_contact(conn: Connection, message: Decided) -> tuple[int, str] | None:
    """Contact and channel that a message's recipient is reached by when its present one fails; None where
    there is none. Who is no contact of the recipient any more stands before all that are."""
    of, c = t.contact_of.c, t.contact.c
    mine = (of.campaign == message.campaign) & (of.recipient == message.recipient)
    rank = conn.scalar(select(of.rank).where(mine, of.contact == message.contact))
    row = conn.execute(
        select(c.id, c.channel)
        .join(t.contact_of, of.contact == c.id)
        .where(mine, of.rank > (-1 if rank is None else rank), c.id != message.contact)
        .order_by(of.rank)
        .limit(1)
    ).first()
    return None if row is None else (row.id, row.channel)
