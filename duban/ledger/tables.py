"""The ledger's tables.

*Record* tables are insert-only, held so by triggers (migrations 0001 and 0002); a row takes a place in
the journal, or hangs on one that does and is covered by its digest: cells, notes, attachments and
entries on their submission, terms on their schedule. *Working* tables may be lost and rebuilt from
records and plans. Instants are
UTC microseconds, days ISO text, keys natural and readable.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from duban.plan.forms import LIMIT

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str, *more: ForeignKey, null: bool = False) -> Column[str]:
    return Column(name, Text, *more, nullable=null)


def _instant(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


# ---- what the ledger itself is -------------------------------------------------------------------

meta = Table("meta", metadata, _key("name"), _text("value"))

head = Table(  # working: the last link of each journal, and the row that its writers lock
    "head", metadata, _key("campaign"), Column("seq", BigInteger, nullable=False),
    _text("digest"), _instant("recorded_at"),
)  # fmt: skip

journal = Table(
    "journal", metadata,
    _key("campaign"), Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _instant("recorded_at"), _text("kind"), _text("ref"), _text("digest"), _text("previous"),
)  # fmt: skip

# ---- records -------------------------------------------------------------------------------------

bundle = Table("bundle", metadata, _key("digest"), _text("content"))

file = Table(
    "file", metadata, _key("digest"), Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)  # fmt: skip

plan_version = Table(
    "plan_version", metadata,
    _key("campaign"), Column("version", Integer, primary_key=True, autoincrement=False),
    _text("bundle", ForeignKey("bundle.digest")), _instant("recorded_at"), _text("reason"),
)  # fmt: skip

submission = Table(
    "submission", metadata, _key("id"),
    _text("campaign"), Column("receipt_no", Integer, nullable=False),
    _text("obligation", ForeignKey("obligation.id")), Column("version", Integer, nullable=False),
    Column("valid", Boolean, nullable=False),
    Column("zero", Boolean, nullable=False),
    _instant("received_at"), _instant("recorded_at"), _text("door"),
    _text("file", ForeignKey("file.digest")), _text("file_name"), _text("signed"),
    _text("problems"), _text("cells_digest"), Column("plan_version", Integer, nullable=False),
    UniqueConstraint("obligation", "version"), UniqueConstraint("campaign", "receipt_no"),
    ForeignKeyConstraint(["campaign", "plan_version"], ["plan_version.campaign", "plan_version.version"]),
    CheckConstraint("received_at <= recorded_at", name="received_before_recorded"),
)  # fmt: skip

cell = Table(
    "cell", metadata,
    Column("submission", Text, ForeignKey("submission.id"), primary_key=True), _key("indicator"),
    Column("value", BigInteger), Column("text", Text),
    CheckConstraint("(value IS NULL) <> (text IS NULL)", name="one_of_both"),
    CheckConstraint(f"value BETWEEN -{LIMIT} AND {LIMIT}", name="bounded"),
)  # fmt: skip

note = Table(  # 备注 of one row of a form
    "note", metadata, Column("submission", Text, ForeignKey("submission.id"), primary_key=True),
    _key("indicator"), _text("text"),
)  # fmt: skip

attachment = Table(  # a file that came with a return; `id` is the plan's name for its kind
    "attachment", metadata, Column("submission", Text, ForeignKey("submission.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False), _text("id"), _text("name"),
    _text("file", ForeignKey("file.digest")),
)  # fmt: skip

entry = Table(  # a row of a register 台账
    "entry", metadata, Column("submission", Text, ForeignKey("submission.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False), _text("key"),
    Column("closed", Boolean, nullable=False),
)  # fmt: skip

entry_cell = Table(
    "entry_cell", metadata, _key("submission"), Column("n", Integer, primary_key=True, autoincrement=False),
    _key("column"), Column("value", BigInteger), Column("text", Text),
    ForeignKeyConstraint(["submission", "n"], ["entry.submission", "entry.n"]),
    CheckConstraint("(value IS NULL) <> (text IS NULL)", name="one_of_both"),
    CheckConstraint(f"value BETWEEN -{LIMIT} AND {LIMIT}", name="bounded"),
)  # fmt: skip

schedule = Table(  # one act that laid down terms: a deployment, or the first report of an event
    "schedule", metadata, _key("id"), _text("campaign"), _instant("recorded_at"), _text("terms_digest"),
)  # fmt: skip

term = Table(  # what holds for an obligation from `recorded_at` on; as-of reads take the last by then
    "term", metadata, Column("obligation", Text, ForeignKey("obligation.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False), _instant("recorded_at"),
    _text("schedule", ForeignKey("schedule.id")), _text("phases"),
    _instant("opens_at"), _instant("due_at", null=True), Column("counted", Boolean, nullable=False),
    _text("waived", null=True), Column("dropped", Boolean, nullable=False),
)  # fmt: skip
Index("ix_term_schedule", term.c.schedule)  # read by proof: the terms that a schedule's digest covers

decision = Table(
    "decision", metadata, _key("id"), _text("campaign"), _text("obligation", ForeignKey("obligation.id")),
    _text("kind"), Column("version", Integer), _instant("until", null=True),
    Column("not_a_report", Boolean, nullable=False),
    _text("by"), _text("reason"), _instant("decided_at"),
    CheckConstraint("kind IN ('return','accept','waive','give-up','extend')", name="kind"),
    CheckConstraint("(kind IN ('return','accept')) = (version IS NOT NULL)", name="version"),
    CheckConstraint("reason <> ''", name="reason"),
)  # fmt: skip

Index("ix_decision_obligation", decision.c.obligation)  # read by queries.rulings and anything_open

evidence = Table(  # what happened on paper: an original arrived, a report went to a body outside
    "evidence", metadata, _key("id"), _text("campaign"), _text("obligation", ForeignKey("obligation.id")),
    _text("kind"), _instant("happened_at"), _text("by"), _text("note"), _instant("recorded_at"),
    CheckConstraint("kind IN ('original','sent')", name="kind"),
    CheckConstraint("happened_at <= recorded_at", name="happened_before_recorded"),
)  # fmt: skip

message = Table(  # one row is one voice: the key is rule 6's natural key, spelt out below
    "message", metadata, _key("id"), _text("campaign"), _text("obligation", ForeignKey("obligation.id")),
    _text("kind"), Column("days", Integer, nullable=False), _instant("moment_at"), _instant("due_at"),
    _text("recipient"), _text("channel"), _text("occasion"), _text("verdict"), _instant("decided_at"),
    UniqueConstraint(
        "obligation", "kind", "days", "due_at", "recipient", "channel", "occasion",
        name="uq_message_one_voice",
    ),
    CheckConstraint("verdict IN ('send','superseded')", name="verdict"),
)  # fmt: skip

digest = Table(  # one per recipient and day
    "digest", metadata, _key("id"), Column("contact", Integer, ForeignKey("contact.id"), nullable=False),
    _text("channel"), _text("day"), _text("occasion"), _instant("sealed_at"),
    _text("subject"), _text("plain"), _text("html"),
    UniqueConstraint("contact", "day", "occasion"),
)  # fmt: skip

fate = Table(  # what became of a decided message: sealed into a digest, or no longer owed by then
    "fate", metadata, Column("message", Text, ForeignKey("message.id"), primary_key=True),
    _text("digest", ForeignKey("digest.id"), null=True), _text("reason"), _instant("at"),
)  # fmt: skip

attempt = Table(  # committed before the data leaves
    "attempt", metadata, Column("digest", Text, ForeignKey("digest.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False), _instant("started_at"),
)  # fmt: skip

outcome = Table(  # an attempt without one is a possible double
    "outcome", metadata, _key("digest"), Column("n", Integer, primary_key=True, autoincrement=False),
    _instant("at"), _text("result"), _text("detail"),
    ForeignKeyConstraint(["digest", "n"], ["attempt.digest", "attempt.n"]),
    CheckConstraint("result IN ('delivered','retryable','permanent')", name="result"),
)  # fmt: skip

RECORDS = (
    journal, bundle, file, plan_version, submission, cell, note, attachment, entry, entry_cell, schedule,
    term, decision, evidence, message, digest, fate, attempt, outcome,
)  # fmt: skip
"""Insert-only, held so by triggers."""

# ---- working tables ------------------------------------------------------------------------------

contact = Table(  # the one place that knows an address; erasable
    "contact", metadata, Column("id", Integer, primary_key=True), _text("channel"), _text("address"),
    UniqueConstraint("channel", "address"),
)  # fmt: skip

contact_of = Table(  # which contacts a recipient of a campaign has, in order of preference
    "contact_of", metadata, _key("campaign"), _key("recipient"),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    Column("contact", Integer, ForeignKey("contact.id"), nullable=False),
)  # fmt: skip

personal = Table(  # personal answers by the salted digest that stands in their cell; erasable
    "personal", metadata, _key("digest"), _text("salt"), _text("text"),
)  # fmt: skip

held_file = Table(  # bytes of files with personal answers, whose `file.content` is empty; erasable
    "held_file", metadata, Column("digest", Text, ForeignKey("file.digest"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)  # fmt: skip

liaison = Table(  # who speaks for a unit 联络员, as its last return of liaisons says; erasable
    "liaison", metadata, _key("campaign"), _key("unit"),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    _text("name"), _text("position"), _text("phone"),
    _text("channel", null=True), _text("address", null=True),
    _text("submission", ForeignKey("submission.id")),
)  # fmt: skip

obligation = Table(  # who owes what; from `phases` on the last term, for what a run asks about now
    "obligation", metadata, _key("id"), _text("campaign"), _text("duty"), _text("unit"), _text("period"),
    _text("subject"), _text("covers_from"), _text("covers_until"),
    Column("event", Boolean, nullable=False), Column("rank", Integer, nullable=False),
    _text("phases"), _instant("opens_at"), _instant("due_at", null=True),
    Column("counted", Boolean, nullable=False), _text("waived", null=True),
    Column("dropped", Boolean, nullable=False),
    UniqueConstraint("campaign", "duty", "period", "unit", "subject"),
)  # fmt: skip

moment = Table(
    "moment", metadata, Column("obligation", Text, ForeignKey("obligation.id"), primary_key=True),
    _key("kind"), Column("days", Integer, primary_key=True, autoincrement=False),
    Column("due_at", BigInteger, primary_key=True, autoincrement=False), _text("campaign"),
    _instant("at"), Column("settled", Boolean, nullable=False),
)  # fmt: skip
# Read by speaking.unsettled_moments: what a run has to look at, however long the campaign's history.
Index("ix_moment_unsettled", moment.c.campaign, moment.c.at,
      sqlite_where=text("settled = 0"), postgresql_where=text("NOT settled"))  # fmt: skip

unsealed = Table(  # messages decided and not yet in a digest; read by speaking.unsealed_messages
    "unsealed", metadata, Column("message", Text, ForeignKey("message.id"), primary_key=True),
    Column("contact", Integer, ForeignKey("contact.id"), nullable=False),
)  # fmt: skip

delivery = Table(  # digests on their way; read by queries.deliverable
    "delivery", metadata, Column("digest", Text, ForeignKey("digest.id"), primary_key=True),
    _text("state"), _text("owner"), _instant("until"), Column("tries", Integer, nullable=False),
    _instant("next_at"),
    CheckConstraint("state IN ('ready','sending','sent','failed')", name="state"),
)  # fmt: skip
Index("ix_delivery_ready", delivery.c.next_at,
      sqlite_where=text("state IN ('ready','sending')"),
      postgresql_where=text("state IN ('ready','sending')"))  # fmt: skip

lease = Table(  # who runs a campaign now; keeps runs from working twice, not from being correct
    "lease", metadata, _key("campaign"), _text("owner"), _instant("until"),
    Column("wanted_again", Boolean, nullable=False),
)  # fmt: skip

draft = Table(  # the documents last drafted for a period
    "draft", metadata, _key("campaign"), _key("duty"), _key("period"), _text("figures"), _text("folder"),
    _instant("made_at"),
)  # fmt: skip

look = Table(  # up to which record and instant a campaign's documents were last looked at
    "look", metadata, _key("campaign"), Column("seq", BigInteger, nullable=False), _instant("at"),
)  # fmt: skip

mail_seen = Table(  # mails of the mailbox by what is in them: who is answering, and how it was answered.
    # Lost, a mail still in the inbox would be answered once more: receiving it again is receiving it once.
    "mail_seen", metadata, _key("key"), _text("owner"), _instant("until"), _text("verdict", null=True),
)  # fmt: skip
