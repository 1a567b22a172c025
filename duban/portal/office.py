"""What the portal works with: settings, ledger, texts, and a way to send a one-time code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duban.ledger import Ledger
from duban.outbox import Transport
from duban.rendering import Renderer
from duban.settings import Settings


@dataclass(frozen=True)
class Office:
    """One process that serves."""

    settings: Settings
    ledger: Ledger
    texts: Renderer
    transport: Transport

    def now(self) -> datetime:
        """The ledger's time."""
        return self.ledger.now()
