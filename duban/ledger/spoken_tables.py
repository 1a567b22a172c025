"""The ledger's tables of what is said: what waits for a person before it leaves, messages and what became
of them, and whom they reach. `tables` has them under its own name, too."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from duban.ledger.columns import instant, key, metadata, words

# ---- records -------------------------------------------------------------------------------------

proposal = Table(  # what waits for a person before it leaves: orange and red, a circular 通报, thanks
    "proposal", metadata, key("id"), words("campaign"), words("kind"),
    words("obligation", ForeignKey("obligation.id"), null=True), instant("due_at", null=True),
    words("about"), words("content"), words("by"), instant("proposed_at"),
    CheckConstraint("kind IN ('orange','red','circular','thanks')", name="kind"),
    CheckConstraint("(obligation IS NOT NULL) = (kind IN ('orange','red'))", name="obligation"),
)  # fmt: skip
Index("ix_proposal_campaign", proposal.c.campaign)  # read by proposing.proposals
Index("ix_proposal_obligation", proposal.c.obligation)  # read by colouring: what was proposed about it

approval = Table(  # a person's answer to a proposal; there is one
    "approval", metadata, Column("proposal", Text, ForeignKey("proposal.id"), primary_key=True),
    words("campaign"), words("verdict"), words("by"), words("reason"), instant("approved_at"),
    CheckConstraint("verdict IN ('approve','return')", name="verdict"),
    CheckConstraint("verdict = 'approve' OR reason <> ''", name="reason"),
)  # fmt: skip

message = Table(  # one row is one voice: the key is rule 6's natural key, spelt out below
    "message", metadata, key("id"), words("campaign"),
    words("obligation", ForeignKey("obligation.id"), null=True),  # None: it is about no single return
    words("kind"), Column("days", Integer, nullable=False), instant("moment_at"), instant("due_at"),
    words("recipient"), words("channel"), words("occasion"), words("verdict"), instant("decided_at"),
    UniqueConstraint(
        "obligation", "kind", "days", "due_at", "recipient", "channel", "occasion",
        name="uq_message_one_voice",
    ),
    CheckConstraint("verdict IN ('send','superseded')", name="verdict"),
    CheckConstraint(
        "obligation IS NOT NULL OR kind IN ('approve','kickoff','amendment','circular','thanks')",
        name="about",
    ),
)  # fmt: skip
Index("ix_message_obligation", message.c.obligation)  # read by colouring: what was said about it

acknowledgement = Table(  # a unit has confirmed that a message reached it 签收
    "acknowledgement", metadata, Column("message", Text, ForeignKey("message.id"), primary_key=True),
    words("campaign"), words("by"), instant("acknowledged_at"),
)  # fmt: skip

digest = Table(  # one per recipient and day
    "digest", metadata, key("id"), Column("contact", Integer, ForeignKey("contact.id"), nullable=False),
    words("channel"), words("day"), words("occasion"), instant("sealed_at"),
    words("subject"), words("plain"), words("html"),
    UniqueConstraint("contact", "day", "occasion"),
)  # fmt: skip

fate = Table(  # what became of a decided message: sealed into a digest, or no longer owed by then
    "fate", metadata, Column("message", Text, ForeignKey("message.id"), primary_key=True),
    words("digest", ForeignKey("digest.id"), null=True), words("reason"), instant("at"),
)  # fmt: skip
Index("ix_fate_digest", fate.c.digest)  # read by carried.messages_in and touched: what a digest carries

attempt = Table(  # committed before the data leaves
    "attempt", metadata, Column("digest", Text, ForeignKey("digest.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False), instant("started_at"),
)  # fmt: skip

outcome = Table(  # an attempt without one is a possible double
    "outcome", metadata, key("digest"), Column("n", Integer, primary_key=True, autoincrement=False),
    instant("at"), words("result"), words("detail"),
    ForeignKeyConstraint(["digest", "n"], ["attempt.digest", "attempt.n"]),
    CheckConstraint("result IN ('delivered','retryable','permanent')", name="result"),
)  # fmt: skip

turn = Table(  # what became of each message of a digest that was given up before it arrived
    "turn", metadata, Column("digest", Text, ForeignKey("digest.id"), primary_key=True),
    Column("message", Text, ForeignKey("message.id"), primary_key=True),
    words("reason"), words("successor", ForeignKey("digest.id"), null=True), instant("at"),
    CheckConstraint("reason IN ('withdrawn','resealed','next-channel','undelivered')", name="reason"),
    CheckConstraint(
        "(reason IN ('resealed','next-channel')) = (successor IS NOT NULL)", name="successor"
    ),
)  # fmt: skip
Index("ix_turn_successor", turn.c.successor)  # read by carried.messages_in: what a successor carries

# ---- working tables ------------------------------------------------------------------------------

contact = Table(  # the one place that knows an address; erasable
    "contact", metadata, Column("id", Integer, primary_key=True), words("channel"), words("address"),
    UniqueConstraint("channel", "address"),
)  # fmt: skip

contact_of = Table(  # which contacts a recipient of a campaign has, in order of preference
    "contact_of", metadata, key("campaign"), key("recipient"),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    Column("contact", Integer, ForeignKey("contact.id"), nullable=False),
)  # fmt: skip

deputy = Table(  # who stands in for a unit's liaisons between two days 代理; erasable
    "deputy", metadata, key("campaign"), key("unit"),
    Column("n", Integer, primary_key=True, autoincrement=False),
    words("name"), words("phone"), words("channel"), words("address"), words("since"), words("until"),
    Column("in_force", Boolean, nullable=False),  # whether contact_of counts with them now
)  # fmt: skip

preference = Table(  # the kind of channel that a unit has asked to be told by
    "preference", metadata, key("campaign"), key("unit"), words("channel"),
)  # fmt: skip

unsealed = Table(  # messages decided and not yet in a digest; read by speaking.unsealed_messages
    "unsealed", metadata, Column("message", Text, ForeignKey("message.id"), primary_key=True),
    Column("contact", Integer, ForeignKey("contact.id"), nullable=False),
)  # fmt: skip

delivery = Table(  # digests on their way; read by parcels.deliverable
    "delivery", metadata, Column("digest", Text, ForeignKey("digest.id"), primary_key=True),
    words("state"), words("owner"), instant("until"), Column("tries", Integer, nullable=False),
    instant("next_at"),
    CheckConstraint("state IN ('ready','sending','sent','failed')", name="state"),
)  # fmt: skip
Index("ix_delivery_ready", delivery.c.next_at,
      sqlite_where=text("state IN ('ready','sending')"),
      postgresql_where=text("state IN ('ready','sending')"))  # fmt: skip
