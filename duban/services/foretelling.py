"""What one run and one delivery would say now: done on a ledger that keeps nothing, with nothing leaving."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from duban.ledger import Ledger
from duban.ledger.carried import messages_in
from duban.ledger.parcels import Parcel
from duban.rendering import Renderer
from duban.services.delivering import deliver
from duban.services.running import Run, run_campaign


@dataclass
class _Desk:
    """Takes what would leave and keeps it."""

    parcels: list[Parcel] = field(default_factory=list)

    def send(self, parcel: Parcel, message_id: str) -> None:
        """Keep the parcel."""
        self.parcels.append(parcel)


def foretell(
    trial: Ledger, campaign: str, texts: Renderer, as_of: datetime | None = None
) -> tuple[Run, list[Parcel]]:
    """What a run would find, and the messages about this campaign that a delivery would then send, links
    left out. Doors are not looked into, and no documents drafted. `trial` is `Ledger.trial()`: whatever is
    written there is gone at its end."""
    run = run_campaign(trial, campaign, texts=texts, documents=None, owner="trial", lease=False, as_of=as_of)
    desk = _Desk()
    deliver(trial, desk, texts, owner="trial", as_of=as_of, lanes=1)
    with trial.read() as conn:
        mine = [
            p for p in desk.parcels if any(m.campaign == campaign for m in messages_in(conn, p.digest))
        ]  # fmt: skip
    return run, mine
