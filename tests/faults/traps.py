"""Where a player dies: at a statement of the ledger, before or after its commit, or on the wire."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Engine, event

from duban.ledger.parcels import Parcel
from duban.outbox.channels import AppriseTransport, Round

When = Literal["before", "commit", "after"]
"""before the statement runs; when its transaction is about to be committed; as soon as it has been."""

STATEMENTS: dict[str, tuple[str, When]] = {
    "receiving: nothing stored": ("INSERT INTO submission", "before"),
    "receiving: no figures yet": ("INSERT INTO cell", "before"),
    "receiving: not committed": ("INSERT INTO submission", "commit"),
    "receiving: committed": ("INSERT INTO submission", "after"),
    "sending back: not committed": ("INSERT INTO decision", "commit"),
    "sending back: committed": ("INSERT INTO decision", "after"),
    "asking: not committed": ("INSERT INTO request", "commit"),
    "asking: committed": ("INSERT INTO request", "after"),
    "deciding: nothing said": ("INSERT INTO message", "before"),
    "deciding: not settled": ("UPDATE moment", "before"),
    "deciding: not committed": ("UPDATE moment", "commit"),
    "deciding: committed": ("UPDATE moment", "after"),
    "sealing: no digest": ("INSERT INTO digest", "before"),
    "sealing: not ready": ("INSERT INTO delivery", "before"),
    "sealing: still waiting": ("DELETE FROM unsealed", "before"),
    "sealing: not committed": ("DELETE FROM unsealed", "commit"),
    "sealing: committed": ("DELETE FROM unsealed", "after"),
    "sending: not claimed": ("UPDATE delivery SET .*tries", "before"),
    "sending: claim not committed": ("INSERT INTO attempt", "commit"),
    "sending: claim committed": ("INSERT INTO attempt", "after"),
    "turning: not committed": ("INSERT INTO turn", "commit"),
    "turning: committed": ("INSERT INTO turn", "after"),
    "outcome: not committed": ("INSERT INTO outcome", "commit"),
    "outcome: committed": ("INSERT INTO outcome", "after"),
}  # fmt: skip
WIRE = ("on the wire: before", "on the wire: after")
"""Before anything leaves, and between the server's 250 and the outcome."""
AFTER_250 = WIRE[1]
"""Whoever dies there has sent and not even left word of it: the next one has to send again."""
POINTS = (*STATEMENTS, *WIRE)


def die() -> None:
    """End as `kill -9` ends: nothing is tidied."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Trap:
    """Springs when its point has been passed so many times."""

    point: str = ""
    left: int = 0
    last_words: Path | None = None
    """The file that says which message was on the wire when it sprang."""

    def _springs(self) -> bool:
        self.left -= 1
        return self.left == 0

    def set_in(self, engine: Engine) -> None:
        """Watch what the ledger's engine does."""
        if self.point not in STATEMENTS:
            return
        begins, when = STATEMENTS[self.point]
        wanted = re.compile(rf"{begins}\b")
        armed: list[str] = []

        def statement(conn: Any, cursor: Any, sql: str, *_: Any) -> None:
            if armed == ["after"]:
                die()
            if wanted.match(sql.replace('"', "")) and self._springs():
                if when == "before":
                    die()
                armed.append("commit")

        def commit(conn: Any) -> None:
            if armed == ["commit"] and when == "commit":
                die()
            armed[:] = ["after"] * len(armed)

        def given_back(*_: Any) -> None:
            if armed == ["after"]:
                die()

        event.listen(engine, "before_cursor_execute", statement)
        event.listen(engine, "commit", commit)
        event.listen(engine, "checkin", given_back)

    def on_wire(self, point: str, parcel: Parcel, message_id: str) -> None:
        """Something leaves, or has left."""
        if point == self.point and self._springs():
            if self.last_words:
                with self.last_words.open("a") as stream:
                    stream.write(json.dumps([point, parcel.channel, parcel.address, message_id]) + "\n")
            die()


class Trapped:
    """A round of sends with a trap at either end of each."""

    def __init__(self, post: Round, trap: Trap, answered: int) -> None:
        self._post, self._trap, self._answered = post, trap, answered

    def send(self, parcel: Parcel, message_id: str) -> None:
        self._trap.on_wire(WIRE[0], parcel, message_id)
        self._post.send(parcel, message_id)
        self._trap.on_wire(WIRE[1], parcel, message_id)
        name = parcel.address if parcel.channel == "dingtalk" else message_id
        os.write(self._answered, f"{time.monotonic()} {name}\n".encode())


class Wire(AppriseTransport):
    """The real transport, trapped."""

    def __init__(self, channels: Mapping[str, str], trap: Trap, answered: Path) -> None:
        """In the file `answered` stands when the answer to each message was read."""
        super().__init__(channels, loopback_only=True)
        self._trap = trap
        self._answered = os.open(answered, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    @contextmanager
    def open(self) -> Iterator[Trapped]:  # type: ignore[override]
        with super().open() as post:
            yield Trapped(post, self._trap, self._answered)
