"""Plays the campaign, and is killed while it does: `python -m tests.faults.player` reads a life from each
line of its input, lives it in a process of its own, and says how it ended. It has everything loaded, so
that a life begins at once."""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import time
import traceback
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from duban import agenda
from duban.errors import NotAllowed
from duban.ledger import Ledger
from duban.ledger.door import engine_for
from duban.rendering import Renderer, renderer
from duban.services.campaigns import deployed_plan
from duban.services.deciding import decide
from duban.services.delivering import deliver
from duban.services.receiving import Address, receive
from duban.services.running import run_campaign
from duban.services.watching import is_closed
from tests.faults.scene import FINDING, MONTHLY, SLUG, Act, Scene, Stage, deployed_at, document, local, scene
from tests.faults.traps import Trap, Wire

STEP = struct.Struct("<ii")


@dataclass(frozen=True)
class Life:
    """What one process does until it ends or is killed."""

    seed: int
    units: int
    months: int
    url: str
    channels: dict[str, str]
    progress: str
    """The file in which it notes how far it has come."""
    upto: int
    """The stage before which it ends by itself."""
    worker: int = 0
    workers: int = 1
    trap: str = ""
    nth: int = 0
    after: float | None = None
    """Killed so many seconds after its birth."""

    def line(self) -> str:
        """For the input of the player."""
        return json.dumps(asdict(self)) + "\n"


@dataclass(frozen=True)
class Ended:
    """How a life ended: `done`, `killed`, or `failed` with what went wrong."""

    how: str
    detail: str = ""
    at_any_instant: bool = False
    """Killed by the clock and not at its point."""


def read_progress(path: str | Path, worker: int = 0) -> tuple[int, int]:
    """The stage that a worker is in, and how many of its acts are done."""
    with open(path, "rb") as stream:
        stream.seek(worker * STEP.size)
        found = stream.read(STEP.size)
    return STEP.unpack(found) if len(found) == STEP.size else (0, 0)


def write_progress(path: str | Path, stage: int, done: int, worker: int = 0) -> None:
    """Note it, so that whoever comes after a kill goes on here."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.pwrite(descriptor, STEP.pack(stage, done), worker * STEP.size)
    os.close(descriptor)


@dataclass
class Player:
    """One process of the campaign."""

    life: Life
    scene: Scene
    texts: Renderer
    ledger: Ledger = field(init=False)
    wire: Wire = field(init=False)

    def __post_init__(self) -> None:
        engine = engine_for(self.life.url)
        self.ledger = Ledger(engine)
        trap = Trap(self.life.trap, self.life.nth)
        trap.set_in(engine)
        self.wire = Wire(self.life.channels, trap)

    def play(self) -> None:
        """Go on where the last one stopped."""
        begin, done = read_progress(self.life.progress, self.life.worker)
        for n in range(begin, self.life.upto):
            self._note(n, done)
            self._wait_for_others(n)
            self._stage(n, self.scene.stages[n], done)
            done = 0
        self._note(self.life.upto, 0)

    def _wait_for_others(self, stage: int) -> None:
        """The clocks of all workers show the same: nobody begins a stage before all have ended the last."""
        while any(read_progress(self.life.progress, w)[0] < stage for w in range(self.life.workers)):
            time.sleep(0.001)

    def _note(self, stage: int, done: int) -> None:
        write_progress(self.life.progress, stage, done, self.life.worker)

    def _stage(self, n: int, stage: Stage, done: int) -> None:
        mine = stage.acts[self.life.worker :: self.life.workers]
        for m, act in enumerate(mine[done:], start=done):
            self._act(act, stage.at)
            self._note(n, m + 1)
        owner = f"worker {self.life.worker}, {os.getpid()}"
        if stage.runs:
            run_campaign(
                self.ledger, SLUG, texts=self.texts, documents=None, owner=owner, lease=False,
                as_of=stage.at,
            )  # fmt: skip
        if stage.delivers:
            noted = Path(self.life.progress).parent / "sent"
            deliver(self.ledger, self.wire, self.texts, owner=owner, as_of=stage.at, noted=noted)

    def _act(self, act: Act, now: datetime) -> None:
        if act.kind == "return":
            self._send_back(act, now)
            return
        to = Address(SLUG, act.unit, FINDING if act.kind == "finding" else MONTHLY, act.period)
        got = receive(
            self.ledger, to, document(act), "表.json", door="api", received_at=act.at, as_of=now
        )  # fmt: skip
        if got.valid != (act.kind != "mistake"):
            raise AssertionError(f"{act}: {got}")

    def _send_back(self, act: Act, now: datetime) -> None:
        to = Address(SLUG, act.unit, MONTHLY, act.period)
        until = local(act.at.date() + timedelta(days=4), datetime.min.time())
        try:
            decide(self.ledger, to, "return", by="office", reason="数字有误", until=until, as_of=now)
        except NotAllowed as refusal:
            if refusal.code != "nothing-to-review":
                raise
            # sent back already, by the one who was killed before he could say so


def warm_up(life: Life, texts: Renderer) -> None:
    """Load what a life would load anew each time."""
    engine = engine_for(life.url)
    with Ledger(engine).read() as conn:
        plan = deployed_plan(conn, SLUG)
        agenda.obligations(plan)
        is_closed(conn, plan, deployed_at())
    for name in ("digest", "prompt"):
        for part in ("subject.txt", "body.txt", "body.html"):
            texts.env.get_template(f"messages/{name}-{part}")
    engine.dispose()


def live(life: Life, played: Scene, texts: Renderer) -> None:
    """A whole life; does not return."""
    code = 0
    try:
        Player(life, played, texts).play()
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    os._exit(code)


def watch(pid: int, after: float | None) -> tuple[int, bool]:
    """Wait for a life to end, or end it. Returns its status, and whether it was ended."""
    late = after is not None and signal.sigtimedwait({signal.SIGCHLD}, after) is None
    if late:
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1], late


def main() -> None:
    """Live what is asked for."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    texts, warm = renderer(), set[str]()
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        life = Life(**asked)
        played = _scene(life)
        if life.url not in warm:
            warm_up(life, texts)
            warm.add(life.url)
        errors = Path(f"{life.progress}.errors-{life.worker}")
        pid = os.fork()
        if pid == 0:
            stream = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(stream, 2)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            live(life, played, texts)
        status, late = watch(pid, life.after)
        while signal.sigtimedwait({signal.SIGCHLD}, 0) is not None:
            pass
        killed = os.WIFSIGNALED(status)
        how = "killed" if killed else "done" if status == 0 else "failed"
        detail = errors.read_text(errors="replace") if how == "failed" else ""
        print(json.dumps({"how": how, "detail": detail, "at_any_instant": late}), flush=True)


_scenes: dict[tuple[int, int, int], Scene] = {}


def _scene(life: Life) -> Scene:
    key = (life.seed, life.units, life.months)
    if key not in _scenes:
        _scenes.clear()
        _scenes[key] = scene(*key)
    return _scenes[key]


if __name__ == "__main__":
    main()
