"""What is told to many at once, what waits for a person's approval, what was acknowledged; who stands in for
whom. A message need not be about a single return any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from duban.ledger.migrations.records import forbid_rewriting

revision = "0006"
down_revision = "0005"

ABOUT = "obligation IS NOT NULL OR kind IN ('approve','kickoff','amendment','circular','thanks')"
COLUMNS = (
    "id, campaign, obligation, kind, days, moment_at, due_at, recipient, channel, occasion, verdict, "
    "decided_at"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("message", "obligation", nullable=True)
        op.create_check_constraint(op.f("ck_message_about"), "message", ABOUT)
    else:
        remake_message()
    op.create_index("ix_message_obligation", "message", ["obligation"], unique=False)
    create_records()
    create_working()
    for table in ("proposal", "approval", "acknowledgement"):
        forbid_rewriting(table)


def remake_message() -> None:
    """SQLite cannot change a column: the rows wait in another table while this one is made anew. Those that
    refer to them find them again before the transaction ends."""
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute(f"CREATE TEMPORARY TABLE message_kept AS SELECT {COLUMNS} FROM message")
    op.drop_table("message")
    op.create_table(
        "message",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("obligation", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("moment_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("verdict IN ('send','superseded')", name="ck_message_verdict"),
        sa.CheckConstraint(ABOUT, name="ck_message_about"),
        sa.ForeignKeyConstraint(["obligation"], ["obligation.id"], name="fk_message_obligation"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint(
            "obligation", "kind", "days", "due_at", "recipient", "channel", "occasion",
            name="uq_message_one_voice",
        ),
    )  # fmt: skip
    op.execute(f"INSERT INTO message ({COLUMNS}) SELECT {COLUMNS} FROM message_kept")
    op.execute("DROP TABLE message_kept")
    forbid_rewriting("message")


def create_records() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("obligation", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('orange','red','circular','thanks')", name="ck_proposal_kind"),
        sa.CheckConstraint(
            "(obligation IS NOT NULL) = (kind IN ('orange','red'))", name="ck_proposal_obligation"
        ),
        sa.ForeignKeyConstraint(["obligation"], ["obligation.id"], name="fk_proposal_obligation"),
        sa.PrimaryKeyConstraint("id", name="pk_proposal"),
    )
    op.create_index("ix_proposal_campaign", "proposal", ["campaign"], unique=False)
    op.create_index("ix_proposal_obligation", "proposal", ["obligation"], unique=False)
    op.create_table(
        "approval",
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("verdict IN ('approve','return')", name="ck_approval_verdict"),
        sa.CheckConstraint("verdict = 'approve' OR reason <> ''", name="ck_approval_reason"),
        sa.ForeignKeyConstraint(["proposal"], ["proposal.id"], name="fk_approval_proposal"),
        sa.PrimaryKeyConstraint("proposal", name="pk_approval"),
    )
    op.create_table(
        "acknowledgement",
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_acknowledgement_message"),
        sa.PrimaryKeyConstraint("message", name="pk_acknowledgement"),
    )


def create_working() -> None:
    op.create_table(
        "deputy",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "unit", "n", name="pk_deputy"),
    )
    op.create_table(
        "preference",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "unit", name="pk_preference"),
    )
