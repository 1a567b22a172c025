"""What goes at once, outside the day's digest (rule 6), sealed by the voice that has the words for it: what a
person decided, a letter of an escalation, what is told to all. What a recipient has to hear by one voice
since the last run is one message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from duban import quiet
from duban.calendars import to_micros
from duban.ledger import Ledger, Writer, journal, speaking
from duban.ledger.speaking import Decided
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services import announced, lettering, prompting, sealing, turning
from duban.services.campaigns import deployed_plan
from duban.services.telling import PROMPTS
from duban.services.turning import Stands, Voice


def at_once(texts: Renderer) -> tuple[Voice, ...]:
    """The voices of what goes at once."""
    return (prompting.voice(texts), lettering.voice(texts), *announced.voices(texts))


def seal_at_once(ledger: Ledger, texts: Renderer, *, as_of: datetime | None = None) -> tuple[int, int]:
    """Make each waiting recipient's messages, but for those of campaigns that keep quiet now. Returns how
    many, and how many items were withdrawn because they are no longer true."""
    now = ledger.now(as_of)
    with ledger.read() as conn:
        waiting = speaking.at_once_messages(conn, to_micros(now))
        plans = {c: deployed_plan(conn, c) for c in {m.campaign for m in waiting}}
    campaigns = {c for c, plan in plans.items() if quiet.until(plan, now) is None}
    by_contact: dict[int, list[Decided]] = defaultdict(list)
    for message in waiting:
        if message.campaign in campaigns:
            by_contact[message.contact].append(message)
    contacts, sealed, withdrawn = list(by_contact), 0, 0
    for start in range(0, len(contacts), BATCH):
        meant = [m for contact in contacts[start : start + BATCH] for m in by_contact[contact]]
        mine = {m.campaign for m in meant}
        with ledger.write(journal.INSTALLATION, *mine, as_of=as_of) as w:
            plans = {c: deployed_plan(w.conn, c) for c in mine}
            made, dropped = _seal(w, at_once(texts), plans, [m.id for m in meant])
        sealed, withdrawn = sealed + made, withdrawn + dropped
    return sealed, withdrawn


BATCH = 200
"""Recipients per sealing transaction: what is told to all must not keep everybody else from the ledger."""


def _seal(
    w: Writer, voices: Sequence[Voice], plans: Mapping[str, Plan], batch: Sequence[str]
) -> tuple[int, int]:
    waiting = speaking.at_once_messages(w.conn, w.micros, batch)  # under the locks
    stands = sealing.standings_of(w, plans, waiting)
    sealed = withdrawn = 0
    for voice, mine in _spoken(voices, waiting):
        done = [_seal_one(w, voice, plans, stands, mine)]
        if None in done and len(mine) > 1:  # what can be said of it goes alone
            done = [_seal_one(w, voice, plans, stands, [message]) for message in mine]
        for made, dropped in filter(None, done):
            sealed, withdrawn = sealed + made, withdrawn + dropped
    return sealed, withdrawn


def _seal_one(
    w: Writer, voice: Voice, plans: Mapping[str, Plan], stands: Stands, mine: Sequence[Decided]
) -> tuple[int, int] | None:
    """None: it cannot be made, and waits."""
    kept, digest = list(mine), None
    with sealing.by_itself(mine):
        kept = [m for m in mine if turning.is_true(voice, w, plans[m.campaign], m, stands)]
        digest = voice.seal(w, plans, stands, kept, _occasion(kept[0])) if kept else None
    if kept and digest is None:
        return None
    sealing.record_fates(w, mine, {m.id for m in kept}, digest)
    return int(digest is not None), len(mine) - len(kept)


def _occasion(message: Decided) -> str:
    """What tells a digest from others of its contact on one day: whoever is told that a proposal waits may
    be told as well what was proposed."""
    return message.occasion if message.kind in PROMPTS else f"{message.occasion}/{message.kind}"


def _spoken(voices: Sequence[Voice], waiting: Sequence[Decided]) -> list[tuple[Voice, list[Decided]]]:
    """What each recipient hears by each voice; what stands apart is a message of its own."""
    found: dict[tuple[int, int, str], list[Decided]] = defaultdict(list)
    for message in waiting:
        number = next(n for n, voice in enumerate(voices) if message.kind in voice.kinds)
        apart = message.occasion if voices[number].apart else voices[number].shared(message)
        found[message.contact, number, apart].append(message)
    return [(voices[number], mine) for (_, number, _), mine in found.items()]
