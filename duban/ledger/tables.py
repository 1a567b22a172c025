"""The ledger's tables.

*Record* tables are insert-only, held so by triggers in the migrations; a row takes a place in the journal,
or hangs on one that does and is covered by its digest: cells, notes, attachments and entries on their
submission, terms on their schedule. *Working* tables may be lost and rebuilt from records and plans. Those
of messages are in `spoken_tables`, those about who may come in are in `admission`. Instants are UTC
microseconds, days ISO text, keys natural and readable.
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
    Table,
    Text,
    UniqueConstraint,
    text,
)

from duban.ledger.columns import instant, key, metadata, words
from duban.ledger.spoken_tables import acknowledgement as acknowledgement
from duban.ledger.spoken_tables import approval as approval
from duban.ledger.spoken_tables import attempt as attempt
from duban.ledger.spoken_tables import contact as contact
from duban.ledger.spoken_tables import contact_of as contact_of
from duban.ledger.spoken_tables import delivery as delivery
from duban.ledger.spoken_tables import deputy as deputy
from duban.ledger.spoken_tables import digest as digest
from duban.ledger.spoken_tables import fate as fate
from duban.ledger.spoken_tables import message as message
from duban.ledger.spoken_tables import outcome as outcome
from duban.ledger.spoken_tables import preference as preference
from duban.ledger.spoken_tables import proposal as proposal
from duban.ledger.spoken_tables import turn as turn
from duban.ledger.spoken_tables import unsealed as unsealed
from duban.plan.forms import LIMIT

# ---- what the ledger itself is -------------------------------------------------------------------

meta = Table("meta", metadata, key("name"), words("value"))

head = Table(  # working: the last link of each journal, and the row that its writers lock
    "head", metadata, key("campaign"), Column("seq", BigInteger, nullable=False),
    words("digest"), instant("recorded_at"),
)  # fmt: skip

journal = Table(
    "journal", metadata,
    key("campaign"), Column("seq", BigInteger, primary_key=True, autoincrement=False),
    instant("recorded_at"), words("kind"), words("ref"), words("digest"), words("previous"),
)  # fmt: skip

# ---- records -------------------------------------------------------------------------------------

bundle = Table("bundle", metadata, key("digest"), words("content"))

file = Table(
    "file", metadata, key("digest"), Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)  # fmt: skip

plan_version = Table(
    "plan_version", metadata,
    key("campaign"), Column("version", Integer, primary_key=True, autoincrement=False),
    words("bundle", ForeignKey("bundle.digest")), instant("recorded_at"), words("reason"),
)  # fmt: skip

submission = Table(
    "submission", metadata, key("id"),
    words("campaign"), Column("receipt_no", Integer, nullable=False),
    words("obligation", ForeignKey("obligation.id")), Column("version", Integer, nullable=False),
    Column("valid", Boolean, nullable=False),
    Column("zero", Boolean, nullable=False),
    instant("received_at"), instant("recorded_at"), words("door"),
    words("file", ForeignKey("file.digest")), words("file_name"), words("signed"),
    words("problems"), words("cells_digest"), Column("plan_version", Integer, nullable=False),
    UniqueConstraint("obligation", "version"), UniqueConstraint("campaign", "receipt_no"),
    ForeignKeyConstraint(["campaign", "plan_version"], ["plan_version.campaign", "plan_version.version"]),
    CheckConstraint("received_at <= recorded_at", name="received_before_recorded"),
)  # fmt: skip

cell = Table(
    "cell", metadata,
    Column("submission", Text, ForeignKey("submission.id"), primary_key=True), key("indicator"),
    Column("value", BigInteger), Column("text", Text),
    CheckConstraint("(value IS NULL) <> (text IS NULL)", name="one_of_both"),
    CheckConstraint(f"value BETWEEN -{LIMIT} AND {LIMIT}", name="bounded"),
)  # fmt: skip

note = Table(  # 备注 of one row of a form
    "note", metadata, Column("submission", Text, ForeignKey("submission.id"), primary_key=True),
    key("indicator"), words("text"),
)  # fmt: skip

attachment = Table(  # a file that came with a return; `id` is the plan's name for its kind
    "attachment", metadata, Column("submission", Text, ForeignKey("submission.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False), words("id"), words("name"),
    words("file", ForeignKey("file.digest")),
)  # fmt: skip

entry = Table(  # a row of a register 台账
    "entry", metadata, Column("submission", Text, ForeignKey("submission.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False), words("key"),
    Column("closed", Boolean, nullable=False),
)  # fmt: skip

entry_cell = Table(
    "entry_cell", metadata, key("submission"), Column("n", Integer, primary_key=True, autoincrement=False),
    key("column"), Column("value", BigInteger), Column("text", Text),
    ForeignKeyConstraint(["submission", "n"], ["entry.submission", "entry.n"]),
    CheckConstraint("(value IS NULL) <> (text IS NULL)", name="one_of_both"),
    CheckConstraint(f"value BETWEEN -{LIMIT} AND {LIMIT}", name="bounded"),
)  # fmt: skip

schedule = Table(  # one act that laid down terms: a deployment, or the first report of an event
    "schedule", metadata, key("id"), words("campaign"), instant("recorded_at"), words("terms_digest"),
)  # fmt: skip

term = Table(  # what holds for an obligation from `recorded_at` on; as-of reads take the last by then
    "term", metadata, Column("obligation", Text, ForeignKey("obligation.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False), instant("recorded_at"),
    words("schedule", ForeignKey("schedule.id")), words("phases"),
    instant("opens_at"), instant("due_at", null=True), Column("counted", Boolean, nullable=False),
    words("waived", null=True), Column("dropped", Boolean, nullable=False),
)  # fmt: skip
Index("ix_term_schedule", term.c.schedule)  # read by proof: the terms that a schedule's digest covers

decision = Table(
    "decision", metadata, key("id"), words("campaign"), words("obligation", ForeignKey("obligation.id")),
    words("kind"), Column("version", Integer), instant("until", null=True),
    Column("not_a_report", Boolean, nullable=False),
    words("by"), words("reason"), instant("decided_at"),
    CheckConstraint(
        "kind IN ('return','accept','withdraw','endorse','recognise','waive','give-up','extend','refuse')",
        name="kind",
    ),
    CheckConstraint(
        "(kind IN ('return','accept','withdraw','endorse','recognise')) = (version IS NOT NULL)",
        name="version",
    ),
    CheckConstraint("reason <> ''", name="reason"),
)  # fmt: skip

Index("ix_decision_obligation", decision.c.obligation)  # read by queries.rulings and anything_open

request = Table(  # a unit asks for more time 延期申请; open until the next extend or refuse
    "request", metadata, key("id"), words("campaign"), words("obligation", ForeignKey("obligation.id")),
    words("kind"), instant("until"), words("by"), words("reason"), instant("requested_at"),
    CheckConstraint("kind IN ('extension')", name="kind"),
    CheckConstraint("reason <> ''", name="reason"),
)  # fmt: skip
Index("ix_request_obligation", request.c.obligation)  # read by requesting.open_requests

expunged = Table(  # bytes and texts of a return taken out, as for classified content 涉密; digests stay
    "expunged", metadata, Column("submission", Text, ForeignKey("submission.id"), primary_key=True),
    words("campaign"), words("by"), words("reason"), instant("recorded_at"),
)  # fmt: skip

act = Table(  # who was let in, with which role, and who no more; `about` names no address and no secret
    "act", metadata, key("id"), words("campaign"), words("kind"), words("about"), words("by"),
    instant("recorded_at"),
)  # fmt: skip

evidence = Table(  # what happened on paper: an original arrived, a report went to a body outside
    "evidence", metadata, key("id"), words("campaign"), words("obligation", ForeignKey("obligation.id")),
    words("kind"), instant("happened_at"), words("by"), words("note"), instant("recorded_at"),
    CheckConstraint("kind IN ('original','sent')", name="kind"),
    CheckConstraint("happened_at <= recorded_at", name="happened_before_recorded"),
)  # fmt: skip

call = Table(  # somebody rang a unit 电话催报; whom they reached and what was said are salted digests
    "call", metadata, key("id"), words("campaign"), words("unit"), words("about"), words("by"),
    words("outcome"), instant("until", null=True), words("person"), words("note"), instant("called_at"),
    instant("recorded_at"),
    CheckConstraint(
        "outcome IN ('promised','told','says-sent','difficulty','refuses','no-answer','wrong-number')",
        name="outcome",
    ),
    CheckConstraint("(outcome = 'promised') = (until IS NOT NULL)", name="until"),
    CheckConstraint("called_at <= recorded_at", name="called_before_recorded"),
)  # fmt: skip
Index("ix_call_unit", call.c.campaign, call.c.unit)  # read by calling.calls_made and the trail

RECORDS = (
    journal, bundle, file, plan_version, submission, cell, note, attachment, entry, entry_cell, schedule,
    term, decision, request, expunged, act, evidence, call, proposal, approval, message, acknowledgement,
    digest, fate, attempt, outcome, turn,
)  # fmt: skip
"""Insert-only, held so by triggers."""

# ---- working tables ------------------------------------------------------------------------------

personal = Table(  # personal answers by the salted digest that stands in their cell; erasable
    "personal", metadata, key("digest"), words("salt"), words("text"),
)  # fmt: skip

held_file = Table(  # bytes of files with personal answers, whose `file.content` is empty; erasable
    "held_file", metadata, Column("digest", Text, ForeignKey("file.digest"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)  # fmt: skip

liaison = Table(  # who speaks for a unit 联络员, as its last return of liaisons says; erasable
    "liaison", metadata, key("campaign"), key("unit"),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    words("name"), words("position"), words("phone"),
    words("channel", null=True), words("address", null=True),
    words("submission", ForeignKey("submission.id")),
)  # fmt: skip

obligation = Table(  # who owes what; from `phases` on the last term, for what a run asks about now
    "obligation", metadata, key("id"), words("campaign"), words("duty"), words("unit"), words("period"),
    words("subject"), words("covers_from"), words("covers_until"),
    Column("event", Boolean, nullable=False), Column("rank", Integer, nullable=False),
    words("phases"), instant("opens_at"), instant("due_at", null=True),
    Column("counted", Boolean, nullable=False), words("waived", null=True),
    Column("dropped", Boolean, nullable=False),
    UniqueConstraint("campaign", "duty", "period", "unit", "subject"),
)  # fmt: skip

moment = Table(
    "moment", metadata, Column("obligation", Text, ForeignKey("obligation.id"), primary_key=True),
    key("kind"), Column("days", Integer, primary_key=True, autoincrement=False),
    Column("due_at", BigInteger, primary_key=True, autoincrement=False), words("campaign"),
    instant("at"), Column("settled", Boolean, nullable=False),
)  # fmt: skip
# Read by speaking.unsettled_moments: what a run has to look at, however long the campaign's history.
Index("ix_moment_unsettled", moment.c.campaign, moment.c.at,
      sqlite_where=text("settled = 0"), postgresql_where=text("NOT settled"))  # fmt: skip

lease = Table(  # who runs a campaign now; keeps runs from working twice, not from being correct
    "lease", metadata, key("campaign"), words("owner"), instant("until"),
    Column("wanted_again", Boolean, nullable=False),
)  # fmt: skip

draft = Table(  # the documents last drafted for a period
    "draft", metadata, key("campaign"), key("duty"), key("period"), words("figures"), words("folder"),
    instant("made_at"),
)  # fmt: skip

look = Table(  # up to which record and instant a campaign's documents were last looked at
    "look", metadata, key("campaign"), Column("seq", BigInteger, nullable=False), instant("at"),
)  # fmt: skip

mail_seen = Table(  # mails of the mailbox by what is in them: who is answering, and how it was answered.
    # Lost, a mail still in the inbox would be answered once more: receiving it again is receiving it once.
    "mail_seen", metadata, key("key"), words("owner"), instant("until"), words("verdict", null=True),
)  # fmt: skip
