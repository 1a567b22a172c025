"""Review: requests for more time, expunged returns, acts of admission, more kinds of decisions; telephone
calls; what becomes of a digest that does not arrive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from duban.ledger.migrations.records import allow_expunging, forbid_rewriting

revision = "0005"
down_revision = "0004"

KINDS = "kind IN ('return','accept','withdraw','endorse','recognise','waive','give-up','extend','refuse')"
VERSIONS = "(kind IN ('return','accept','withdraw','endorse','recognise')) = (version IS NOT NULL)"


def upgrade() -> None:
    create_records()
    for table in ("request", "expunged", "act", "call", "turn"):
        forbid_rewriting(table)
    allow_expunging()
    if op.get_bind().dialect.name == "postgresql":
        for name, check in (("kind", KINDS), ("version", VERSIONS)):
            op.drop_constraint(f"ck_decision_{name}", "decision", type_="check")
            op.create_check_constraint(op.f(f"ck_decision_{name}"), "decision", check)
    else:
        decide_more()


def decide_more() -> None:
    """SQLite cannot change a check: the table is made anew and the rows carried over as they are."""
    op.drop_index("ix_decision_obligation", "decision")
    op.rename_table("decision", "decision_before")
    op.create_table(
        "decision",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("obligation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("not_a_report", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(KINDS, name="ck_decision_kind"),
        sa.CheckConstraint(VERSIONS, name="ck_decision_version"),
        sa.CheckConstraint("reason <> ''", name="ck_decision_reason"),
        sa.ForeignKeyConstraint(["obligation"], ["obligation.id"], name="fk_decision_obligation"),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    columns = 'id, campaign, obligation, kind, version, until, not_a_report, "by", reason, decided_at'
    op.execute(f"INSERT INTO decision ({columns}) SELECT {columns} FROM decision_before")
    op.drop_table("decision_before")
    op.create_index("ix_decision_obligation", "decision", ["obligation"])
    forbid_rewriting("decision")


def create_records() -> None:
    op.create_table(
        "act",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_act"),
    )
    op.create_table(
        "call",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("called_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('promised','told','says-sent','difficulty','refuses','no-answer','wrong-number')",
            name="ck_call_outcome",
        ),
        sa.CheckConstraint("(outcome = 'promised') = (until IS NOT NULL)", name="ck_call_until"),
        sa.CheckConstraint("called_at <= recorded_at", name="ck_call_called_before_recorded"),
        sa.PrimaryKeyConstraint("id", name="pk_call"),
    )
    op.create_index("ix_call_unit", "call", ["campaign", "unit"], unique=False)
    op.create_table(
        "request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("obligation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('extension')", name="ck_request_kind"),
        sa.CheckConstraint("reason <> ''", name="ck_request_reason"),
        sa.ForeignKeyConstraint(["obligation"], ["obligation.id"], name="fk_request_obligation"),
        sa.PrimaryKeyConstraint("id", name="pk_request"),
    )
    op.create_index("ix_request_obligation", "request", ["obligation"], unique=False)
    op.create_table(
        "expunged",
        sa.Column("submission", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["submission"], ["submission.id"], name="fk_expunged_submission"),
        sa.PrimaryKeyConstraint("submission", name="pk_expunged"),
    )
    op.create_table(
        "turn",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("successor", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('withdrawn','resealed','next-channel','undelivered')", name="ck_turn_reason"
        ),
        sa.CheckConstraint(
            "(reason IN ('resealed','next-channel')) = (successor IS NOT NULL)", name="ck_turn_successor"
        ),
        sa.ForeignKeyConstraint(["digest"], ["digest.id"], name="fk_turn_digest"),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_turn_message"),
        sa.ForeignKeyConstraint(["successor"], ["digest.id"], name="fk_turn_successor"),
        sa.PrimaryKeyConstraint("digest", "message", name="pk_turn"),
    )
    op.create_index("ix_turn_successor", "turn", ["successor"], unique=False)
    op.create_index("ix_fate_digest", "fate", ["digest"], unique=False)
