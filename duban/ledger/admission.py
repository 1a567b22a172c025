"""The ledger's working tables about who may come in, and what somebody at the door has not sent yet.

All of it is erasable: accounts, sessions and drafts are no records. What was granted and taken away stands
in the record table `act`, without addresses or secrets; of secrets only digests are kept anywhere.
"""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from duban.ledger.columns import instant, key, metadata, words

account = Table(  # a person of the bureau
    "account", metadata, key("login"), words("name"), words("password", null=True),  # argon2; None: by proxy
    Column("disabled", Boolean, nullable=False), instant("made_at"),
)  # fmt: skip

account_role = Table(  # campaign "*" is every campaign; unit "" is no single unit
    "account_role", metadata, Column("login", Text, ForeignKey("account.login"), primary_key=True),
    key("campaign"), key("role"), key("unit"),
    CheckConstraint("role IN ('coordinator','leader','reviewer','reader')", name="role"),
)  # fmt: skip

session = Table(  # by the digest of the cookie's token
    "session", metadata, key("digest"),
    Column("login", Text, ForeignKey("account.login"), nullable=True),
    Column("contact", Integer, ForeignKey("contact.id"), nullable=True),
    words("campaign"), words("unit"),  # of a link; "" after a code: all of the contact
    Column("generation", Integer, nullable=False), instant("made_at"), instant("seen_at"), instant("until"),
    CheckConstraint("(login IS NULL) <> (contact IS NULL)", name="one_of_both"),
)  # fmt: skip

link = Table(  # how often a liaison's links have been revoked; no row: never
    "link", metadata, key("campaign"), key("unit"),
    Column("contact", Integer, ForeignKey("contact.id"), primary_key=True),
    Column("generation", Integer, nullable=False),
)  # fmt: skip

code = Table(  # one-time code 验证码 sent to a contact
    "code", metadata, Column("contact", Integer, ForeignKey("contact.id"), primary_key=True),
    words("digest"), instant("until"), Column("tries", Integer, nullable=False), instant("made_at"),
)  # fmt: skip

api_key = Table(
    "api_key", metadata, key("id"), words("campaign"), words("unit"), words("digest"), words("name"),
    instant("made_at"), instant("revoked_at", null=True),
)  # fmt: skip

answered = Table(  # idempotency: what a key's request was answered
    "answered", metadata, Column("api_key", Text, ForeignKey("api_key.id"), primary_key=True), key("key"),
    words("request"), words("receipt"), instant("made_at"),
)  # fmt: skip

throttle = Table(  # how often something was tried since when, across processes
    "throttle", metadata, key("name"), instant("since"), Column("count", Integer, nullable=False),
)  # fmt: skip

saved_form = Table(  # a form filled in and not yet sent, as its JSON document
    "saved_form", metadata, key("obligation"), words("campaign"), words("unit"), words("content"),
    words("saved_by"), instant("saved_at"),
)  # fmt: skip

saved_file = Table(
    "saved_file", metadata, Column("obligation", Text, ForeignKey("saved_form.obligation"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False), words("id"), words("name"),
    Column("content", LargeBinary, nullable=False),
)  # fmt: skip

Index("ix_session_until", session.c.until)  # read by the janitor of sessions
