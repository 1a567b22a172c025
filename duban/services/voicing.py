"""What goes at once, outside the day's digest (rule 6), sealed by the voice that has the words for it: what a
person decided, a letter of an escalation, what is told to all. What a recipient has to hear by one voice
since the last run is one message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from duban.calendars import to_micros
from duban.ledger import Ledger, Writer, journal, speaking
from duban.ledger.speaking import Decided
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services import prompting, sealing
from duban.services.campaigns import deployed_plan
from duban.services.turning import Voice


def at_once(texts: Renderer) -> tuple[Voice, ...]:
    """The voices of what goes at once."""
    return (prompting.voice(texts),)


def seal_at_once(ledger: Ledger, texts: Renderer, *, as_of: datetime | None = None) -> tuple[int, int]:
    """Make each waiting recipient's messages. Returns how many, and how many items were withdrawn because
    they are no longer true."""
    now = ledger.now(as_of)
    with ledger.read() as conn:
        waiting = speaking.at_once_messages(conn, to_micros(now))
    if not waiting:
        return 0, 0
    campaigns = {m.campaign for m in waiting}
    with ledger.write(journal.INSTALLATION, *campaigns, as_of=as_of) as w:
        return _seal(w, at_once(texts), {c: deployed_plan(w.conn, c) for c in campaigns})


def _seal(w: Writer, voices: Sequence[Voice], plans: Mapping[str, Plan]) -> tuple[int, int]:
    waiting = [
        m for m in speaking.at_once_messages(w.conn, w.micros) if m.campaign in plans
    ]  # under the locks
    stands = sealing.standings_of(w, plans, waiting)
    sealed = withdrawn = 0
    for voice, mine in _spoken(voices, waiting):
        kept = [m for m in mine if voice.still_true(w, plans[m.campaign], m, stands)]
        digest = voice.seal(w, plans, stands, kept, kept[0].occasion) if kept else None
        sealing.record_fates(w, mine, {m.id for m in kept}, digest)
        sealed, withdrawn = sealed + (digest is not None), withdrawn + len(mine) - len(kept)
    return sealed, withdrawn


def _spoken(voices: Sequence[Voice], waiting: Sequence[Decided]) -> list[tuple[Voice, list[Decided]]]:
    """What each recipient hears by each voice; what stands apart is a message of its own."""
    found: dict[tuple[int, int, str], list[Decided]] = defaultdict(list)
    for message in waiting:
        number = next(n for n, voice in enumerate(voices) if message.kind in voice.kinds)
        apart = message.occasion if voices[number].apart else ""
        found[message.contact, number, apart].append(message)
    return [(voices[number], mine) for (_, number, _), mine in found.items()]
