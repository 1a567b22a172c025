"""Submissions on their way into one campaign's ledger, in one transaction: what stands there is read at
once, versions and numbers are counted on from it, and everything is written together in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select

from duban.ledger import Writer, insert_many, queries
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.services import storing
from duban.services.addresses import Address, made_by_report
from duban.services.storing import Contents, Files
from duban.services.terms import add_event
from duban.services.watching import stands
from duban.standing import Arrival, Owed, Ruling, Standing

CHUNK = 400
"""Obligations asked about in one query."""

_s, _p, _o = t.submission.c, t.plan_version.c, t.obligation.c
_VERSIONS = (
    select(_s.obligation, _s.version, _s.id, _s.file, _s.valid, _s.received_at, _s.zero)
    .where(_s.obligation.in_(bindparam("keys", expanding=True)))
    .order_by(_s.obligation, _s.version)
)
_DROPPED = select(_o.id, _o.dropped).where(_o.id.in_(bindparam("keys", expanding=True)))
_NUMBERS = select(
    select(func.max(_s.receipt_no)).where(_s.campaign == bindparam("of")).scalar_subquery(),
    select(func.max(_p.version)).where(_p.campaign == bindparam("of")).scalar_subquery(),
)


class Last(NamedTuple):
    """The last version of an obligation."""

    version: int
    id: str
    file: str
    valid: bool


class Booked(NamedTuple):
    """A submission with its place (seq, digest) in the journal and the names of its files."""

    row: Mapping[str, Any]
    place: tuple[int, str]
    files: tuple[str, ...] = ()


@dataclass
class Book:
    """An open book: whatever is entered is written when it is closed."""

    w: Writer
    plan: Plan
    _owed: dict[str, Owed] = field(default_factory=dict)
    _arrivals: dict[str, list[Arrival]] = field(default_factory=dict)
    _rulings: dict[str, list[Ruling]] = field(default_factory=dict)
    _last: dict[str, Last] = field(default_factory=dict)
    _numbers: tuple[int, int] | None = None
    """The last receipt's number, and the version of the plan in force."""
    _entered: dict[str, Booked] = field(default_factory=dict)
    _held: list[tuple[str, Contents]] = field(default_factory=list)
    _files: Files = field(default_factory=dict)

    def read(self, keys: Iterable[str]) -> None:
        """Read how these obligations stand, before anything is entered for them."""
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), CHUNK):
            self._read(tuple(wanted[start : start + CHUNK]))

    def _read(self, keys: tuple[str, ...]) -> None:
        scope, until = Scope(self.plan.slug, keys=keys), self.w.micros
        conn, zone = self.w.conn, self.plan.zone
        self._owed |= {o.key: o for o in queries.owed(conn, scope, until, zone)}
        self._rulings |= queries.rulings(conn, scope, until, zone)
        for r in conn.execute(_VERSIONS, {"keys": keys}):
            self._last[r.obligation] = Last(r.version, r.id, r.file, r.valid)
            self._note(r.obligation, r.version, r.received_at, r.valid, r.zero)

    def _note(self, key: str, version: int, received_at: int, valid: bool, zero: bool) -> None:
        arrival = Arrival(version, self.plan.local(received_at), valid, zero)
        self._arrivals.setdefault(key, []).append(arrival)

    def standing(self, key: str) -> Standing | None:
        """How an obligation that was read stands now, all entries counted; None where there is none, or
        where it has no due time and nothing came in."""
        owed = self._owed.get(key)
        if owed is None:
            return None
        return stands(self.plan, owed, self._arrivals.get(key, ()), self._rulings.get(key, ()), self.w.at)

    def last(self, key: str) -> Last | None:
        """The last version of an obligation that was read."""
        return self._last.get(key)

    def is_returned(self, key: str, version: int) -> bool:
        """Whether a version of an obligation that was read was sent back."""
        return any(r.kind == "return" and r.version == version for r in self._rulings.get(key, ()))

    def make_owed(self, to: Address) -> None:
        """An event, or one more than a quota wants, makes its own obligation when it is first reported."""
        made = made_by_report(self.plan, to)
        if made is None:
            return
        found = self.w.conn.execute(_DROPPED, {"keys": [made.key]}).first()
        if found is None or found.dropped:  # an amendment may have dropped it before
            add_event(self.w, self.plan, made)
            scope = Scope(self.plan.slug, key=made.key)
            self._owed |= {o.key: o for o in queries.owed(self.w.conn, scope, self.w.micros, self.plan.zone)}

    def enter(
        self, to: Address, row: Mapping[str, Any], held: Contents | None = None, files: Sequence[str] = ()
    ) -> Booked:
        """A submission takes its place in the journal, with its version and the next number."""
        number, plan_version = self._numbers or self._read_numbers()
        self._numbers = number + 1, plan_version
        key, last = to.obligation, self._last.get(to.obligation)
        version = last.version + 1 if last else 1
        made = {
            **row, "id": f"{key}@{version}", "campaign": to.campaign, "receipt_no": number + 1,
            "obligation": key, "version": version, "recorded_at": self.w.micros, "plan_version": plan_version,
        }  # fmt: skip
        self.w.append("submission", to.campaign, [made])
        head = self.w.heads[to.campaign]
        booked = self._entered[made["id"]] = Booked(made, (head.seq, head.digest), tuple(files))
        self._last[key] = Last(version, made["id"], made["file"], made["valid"])
        self._note(key, version, made["received_at"], made["valid"], made["zero"])
        if held is not None:
            self._held.append((made["id"], held))
        return booked

    def _read_numbers(self) -> tuple[int, int]:
        number, version = self.w.conn.execute(_NUMBERS, {"of": self.plan.slug}).one()
        return number or 0, version

    def booked(self, submission: str) -> Booked:
        """A submission that is here already."""
        if submission in self._entered:
            return self._entered[submission]
        j, a, conn = t.journal.c, t.attachment.c, self.w.conn
        row = conn.execute(select(t.submission).where(_s.id == submission)).one()._asdict()
        at = (j.campaign == row["campaign"]) & (j.kind == "submission") & (j.ref == submission)
        seq, digest = conn.execute(select(j.seq, j.digest).where(at)).one()
        files = conn.scalars(select(a.name).where(a.submission == submission).order_by(a.n)).all()
        return Booked(row, (seq, digest), tuple(files))

    def attachments(self, submission: str) -> list[tuple[str, str, str]]:
        """Id, name and digest of the files that came with a submission, in their order."""
        entered = next((held for id_, held in self._held if id_ == submission), None)
        if entered is not None:
            return [(id_, name, digest) for _, id_, name, digest in entered.more.attachments]
        a = t.attachment.c
        found = select(a.id, a.name, a.file).where(a.submission == submission).order_by(a.n)
        return [(id_, name, digest) for id_, name, digest in self.w.conn.execute(found)]

    def keep(self, data: Iterable[bytes], *, personal: bool) -> None:
        """Keep files under their digests; those with personal answers where they can be erased."""
        for content in data:
            self._files.setdefault(storing.digest_of(content), (content, personal))

    def close(self) -> None:
        """Write everything."""
        storing.keep_files(self.w, self._files)
        insert_many(self.w.conn, t.submission, [booked.row for booked in self._entered.values()])
        storing.keep_contents(self.w, self._held)
