"""What arrived in chats: their messages say how much is owed and never by whom, and carry no key by which one
could be told from another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from tests.faults.expected import DAILY, Demand
from tests.faults.logs import Log
from tests.faults.scene import Scene
from tests.faults.stations import unit_name

OWED = "项应报"


class Chats:
    """Each chat's messages, held against what its station was to hear."""

    def __init__(
        self, scene: Scene, meant: Iterable[Demand], log: Log, open_attempts: Counter[str]
    ) -> None:  # fmt: skip
        self.doubles: list[tuple[str, str]] = []
        self.twice: list[str] = []
        self.wrong: list[str] = []
        self._said: set[Demand] = set()
        wanted: dict[tuple[str, bool], list[Demand]] = defaultdict(list)
        for demand in meant:
            wanted[demand.hearer, demand.kind not in DAILY].append(demand)
        left = Counter(open_attempts)
        for message in log.arrived:
            if message.channel == "dingtalk":
                at, owed = scene.stages[message.stage].at, OWED in message.text
                if unit_name(message.address) in message.text:
                    self.wrong.append(f"{message.address} is named in a chat at {at}")
                self._match(message.address, at, wanted[message.address, not owed], left)

    def said(self, demand: Demand) -> bool:
        """Whether a chat spoke while this was to be said, and of such things."""
        return demand in self._said

    def _match(self, token: str, at: datetime, wanted: list[Demand], left: Counter[str]) -> None:
        open_now = [d for d in wanted if d.since <= at < d.until]
        fresh = [d for d in open_now if d not in self._said]
        self._said |= set(fresh)
        if not open_now:
            self.wrong.append(f"chat {token} at {at}: nothing to be said")
        elif not fresh and left[token]:
            left[token] -= 1
            self.doubles.append(("dingtalk", token))
        elif not fresh:
            self.twice.append(f"chat {token} at {at}: said again")
