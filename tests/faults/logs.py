"""What the servers of the world outside write down, and how they feel."""

from __future__ import annotations

import email
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from email.policy import default
from functools import cached_property
from random import Random

from tests.faults.scene import Scene
from tests.faults.stations import GONE

HANGS = 20.0
"""Seconds that a hanging server says nothing: far more than anybody may wait."""
ANY = {"reset": 4, "hangs": 1, "dropped": 3, "mute": 1}
"""Troubles and how likely they are: the line is reset as soon as an address is named; nothing is said; the
line is dropped while a message is on its way; a message is taken and nobody is told."""
TROUBLES = {
    "email": ANY | {"451": 3, "452 after the text": 1, "550": 1, "554 after the text": 1},
    "webhook": ANY | {"429": 2, "404": 1, "500": 2, "503": 2},
    "dingtalk": ANY | {"130101": 1, "310000": 1, "-1": 1, "500": 2},
}
"""A trouble whose name begins with digits is what is answered."""
FOR_GOOD = {"550", "554 after the text", "404", "401", "310000"}
REFUSED_DAY = (date(2023, 12, 22), date(2024, 1, 26))
"""The webhooks' host takes our token on none of these days."""


@dataclass(frozen=True)
class Arrived:
    """A message that a server has taken; read only afterwards, so that the server answers at once."""

    stage: int
    channel: str
    address: str
    name: str
    """What tells one message from another: the Message-ID, or the key that a webhook was given; "" in a chat,
    whose messages have none."""
    content: bytes
    clock: float = 0.0
    """Seconds on the clock of all processes of this machine."""

    @cached_property
    def text(self) -> str:
        """What it says, in plain text."""
        if self.channel == "webhook":
            return str(json.loads(self.content)["message"])
        if self.channel == "dingtalk":
            return str(json.loads(self.content)["text"]["content"])
        body = email.message_from_bytes(self.content, policy=default).get_body(("plain",))
        return str(body.get_content()) if body else ""


@dataclass
class Log:
    """What reached the servers, in order, and what they did to those who called."""

    stage: Callable[[], int]
    """What time it is in the campaign."""
    arrived: list[Arrived] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    """How often each went wrong: channel and trouble."""
    refused_for_good: set[tuple[int, str, str]] = field(default_factory=set)
    """Stage, channel and address of each final refusal."""
    mute: set[tuple[str, str]] = field(default_factory=set)
    """Channel and address of messages that were taken without an answer."""
    waited: list[float] = field(default_factory=list)
    """Seconds after which a caller gave up on a server that hung."""

    def take(self, channel: str, address: str, name: str, content: bytes) -> None:
        """A message has come."""
        clock = time.monotonic()
        self.arrived.append(Arrived(self.stage(), channel, address, name, content, clock))

    def note(self, channel: str, address: str, trouble: str | None) -> None:
        """Something is about to go wrong."""
        if trouble is None:
            return
        self.troubles[f"{channel} {trouble}"] += 1
        if trouble in FOR_GOOD:
            self.refused_for_good.add((self.stage(), channel, address))


@dataclass(frozen=True)
class Moods:
    """How the servers feel, for each address at each stage: the same whenever asked."""

    scene: Scene
    seed: int
    share: float
    """Of a hundred calls so many go wrong, as a fraction."""

    def about(self, channel: str, address: str, stage: int) -> str | None:
        """What goes wrong, if anything."""
        if address.startswith(GONE):
            return "550" if channel == "email" else "404"
        if channel == "webhook" and self._day(stage) in REFUSED_DAY:
            return "401"
        chance = Random(f"{self.seed} {address} {stage}")
        if chance.random() >= self.share:
            return None
        found = TROUBLES[channel]
        return chance.choices(list(found), list(found.values()))[0]

    def is_away(self, server: str, stage: int) -> bool:
        """Whether a server takes no connections at all."""
        return Random(f"{self.seed} {server} {stage}").random() < self.share / 4

    def _day(self, stage: int) -> date | None:
        stages = self.scene.stages
        return stages[stage].at.date() if stage < len(stages) else None
