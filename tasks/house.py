"""What a task works with, opened from the settings of its process."""

from __future__ import annotations

import os
from dataclasses import dataclass

from duban.ledger import Ledger, open_ledger
from duban.rendering import Renderer, renderer
from duban.settings import Settings


@dataclass(frozen=True)
class House:
    """Settings, ledger and texts."""

    settings: Settings
    ledger: Ledger
    texts: Renderer


def house() -> House:
    """The house of this process; the ledger's connections are shared by its tasks."""
    settings = Settings.from_env(os.environ)
    settings.var.mkdir(parents=True, exist_ok=True)
    return House(settings, _ledger(settings.ledger_url), renderer(settings.templates))


_ledgers: dict[str, Ledger] = {}


def _ledger(url: str) -> Ledger:
    if url not in _ledgers:
        _ledgers[url] = open_ledger(url)
    return _ledgers[url]


def leave_house() -> None:
    """Give back every connection of this process."""
    while _ledgers:
        _ledgers.popitem()[1].close()
