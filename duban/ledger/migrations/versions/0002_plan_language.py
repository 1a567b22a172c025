"""What the whole plan language needs: terms by date, attachments, notes, registers, personal data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from duban.ledger.migrations import first_terms
from duban.ledger.migrations.records import forbid_rewriting

revision = "0002"
down_revision = "0001"

RECORDS = ("note", "attachment", "entry", "entry_cell", "schedule", "term", "evidence")


def upgrade() -> None:
    extend_obligation()
    create_records()
    create_working_tables()
    first_terms.lay_down(op.get_bind())
    for table in RECORDS:
        forbid_rewriting(table)


def extend_obligation() -> None:
    """What holds for it now, and whether an event made it: in 0001 those are the ones without a due time."""
    for column in (
        sa.Column("event", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("phases", sa.Text(), nullable=False, server_default=" "),
        sa.Column("waived", sa.Text(), nullable=True),
        sa.Column("dropped", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("obligation", column)


def create_records() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("obligation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('original','sent')", name="ck_evidence_kind"),
        sa.CheckConstraint("happened_at <= recorded_at", name="ck_evidence_happened_before_recorded"),
        sa.ForeignKeyConstraint(["obligation"], ["obligation.id"], name="fk_evidence_obligation"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
    )
    op.create_table(
        "note",
        sa.Column("submission", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["submission"], ["submission.id"], name="fk_note_submission"),
        sa.PrimaryKeyConstraint("submission", "indicator", name="pk_note"),
    )
    op.create_table(
        "attachment",
        sa.Column("submission", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["file.digest"], name="fk_attachment_file"),
        sa.ForeignKeyConstraint(["submission"], ["submission.id"], name="fk_attachment_submission"),
        sa.PrimaryKeyConstraint("submission", "n", name="pk_attachment"),
    )
    op.create_table(
        "entry",
        sa.Column("submission", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["submission"], ["submission.id"], name="fk_entry_submission"),
        sa.PrimaryKeyConstraint("submission", "n", name="pk_entry"),
    )
    op.create_table(
        "entry_cell",
        sa.Column("submission", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.CheckConstraint("(value IS NULL) <> (text IS NULL)", name="ck_entry_cell_one_of_both"),
        sa.CheckConstraint("value BETWEEN -1000000000000 AND 1000000000000", name="ck_entry_cell_bounded"),
        sa.ForeignKeyConstraint(
            ["submission", "n"], ["entry.submission", "entry.n"], name="fk_entry_cell_submission_n"
        ),
        sa.PrimaryKeyConstraint("submission", "n", "column", name="pk_entry_cell"),
    )
    op.create_table(
        "schedule",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("terms_digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schedule"),
    )
    op.create_table(
        "term",
        sa.Column("obligation", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("phases", sa.Text(), nullable=False),
        sa.Column("opens_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("waived", sa.Text(), nullable=True),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["obligation"], ["obligation.id"], name="fk_term_obligation"),
        sa.ForeignKeyConstraint(["schedule"], ["schedule.id"], name="fk_term_schedule"),
        sa.PrimaryKeyConstraint("obligation", "n", name="pk_term"),
    )
    op.create_index("ix_term_schedule", "term", ["schedule"])
    op.create_index("ix_decision_obligation", "decision", ["obligation"])


def create_working_tables() -> None:
    op.create_table(
        "personal",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_personal"),
    )
    op.create_table(
        "held_file",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["file.digest"], name="fk_held_file_digest"),
        sa.PrimaryKeyConstraint("digest", name="pk_held_file"),
    )
    op.create_table(
        "liaison",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("submission", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["submission"], ["submission.id"], name="fk_liaison_submission"),
        sa.PrimaryKeyConstraint("campaign", "unit", "rank", name="pk_liaison"),
    )
    op.create_table(
        "look",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", name="pk_look"),
    )
