"""Plays the campaign, and is killed while it does: `python -m tests.faults.player` reads a life from each
line of its input, lives it in a process of its own, and says how it ended. It has everything loaded, so
that a life begins at once."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from duban import agenda
from duban.errors import NotAllowed
from duban.ledger import Ledger
from duban.ledger.engines import engine_for
from duban.plan.duties import Door
from duban.rendering import Renderer, renderer
from duban.services.approving import answer
from duban.services.campaigns import deployed_plan
from duban.services.deciding import decide
from duban.services.delivering import deliver
from duban.services.proposing import proposals
from duban.services.receiving import Address, receive
from duban.services.requesting import request_extension, request_of
from duban.services.running import run_campaign
from duban.services.watching import is_closed
from duban.standing import DecisionKind
from tests.faults.databases import Gate
from tests.faults.lives import Life, read_progress, write_progress
from tests.faults.scene import Act, Scene, Stage, document, scene
from tests.faults.stations import FINDING, MONTHLY, SLUG, deployed_at, gets_receipts
from tests.faults.traps import Trap, Wire


@dataclass
class Player:
    """One process of the campaign."""

    life: Life
    scene: Scene
    texts: Renderer
    engine: Engine = field(init=False)
    wire: Wire = field(init=False)
    gate: Gate | None = field(init=False)

    def __post_init__(self) -> None:
        self.engine = engine_for(self.life.url)
        trap = Trap(self.life.trap, self.life.nth, self._beside("last-words"))
        trap.set_in(self.engine)
        self.wire = Wire(self.life.channels, trap, self._beside("answered"))
        self.gate = Gate(self.life.admin, self.life.url) if self.life.admin else None

    @cached_property
    def ledger(self) -> Ledger:
        """As soon as the database lets us in."""
        return Ledger(self.engine)

    def _beside(self, name: str) -> Path:
        return Path(self.life.progress).parent / name

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
        if self.gate:
            self.gate.turn(stage.away)
        mine = stage.acts[self.life.worker :: self.life.workers]
        for m, act in enumerate(mine[done:], start=done):
            self._act(act, stage.at)
            self._note(n, m + 1)
        owner = f"worker {self.life.worker}, {os.getpid()}"
        works = [self._run] * stage.runs + [self._deliver] * stage.delivers
        for work in works:
            if not stage.away:
                work(owner, stage.at)
                continue
            try:  # as a scheduled run that fails: the next one looks again
                work(owner, stage.at)
            except OperationalError:
                continue
            raise AssertionError("the database was away")

    def _run(self, owner: str, now: datetime) -> None:
        run_campaign(
            self.ledger, SLUG, texts=self.texts, documents=None, owner=owner, lease=False, as_of=now
        )  # fmt: skip

    def _deliver(self, owner: str, now: datetime) -> None:
        deliver(
            self.ledger, self.wire, self.texts, owner=owner, as_of=now, noted=self._beside("sent"),
            lanes=self.life.lanes,
        )  # fmt: skip

    def _act(self, act: Act, now: datetime) -> None:
        to = Address(SLUG, act.unit, FINDING if act.kind == "finding" else MONTHLY, act.period)
        if act.kind == "approve":
            self._approve(now)
        elif act.kind == "ask":
            self._ask(to, act, now)
        elif act.kind in ("return", "extend", "refuse"):
            self._decide(to, act, now)
        else:
            door: Door = "folder" if gets_receipts(act.unit) else "api"
            got = receive(
                self.ledger, to, document(act), "表.json", door=door, received_at=act.at, as_of=now
            )  # fmt: skip
            if got.valid != (act.kind != "mistake"):
                raise AssertionError(f"{act}: {got}")

    def _approve(self, now: datetime) -> None:
        with self.ledger.read() as conn:
            waiting = proposals(conn, deployed_plan(conn, SLUG), now, open_only=True)
        for proposal in waiting:
            answer(
                self.ledger, SLUG, proposal.id, "approve", by="office", role="coordinator", as_of=now
            )  # fmt: skip

    def _ask(self, to: Address, act: Act, now: datetime) -> None:
        with self.ledger.read() as conn:
            asked = request_of(conn, deployed_plan(conn, SLUG), to.obligation, now)
        if asked is None:  # else by the one who was killed before he could say so
            assert act.until is not None
            request_extension(self.ledger, to, until=act.until, by=act.unit, reason="人手不足", as_of=now)

    def _decide(self, to: Address, act: Act, now: datetime) -> None:
        kind = DECIDED[act.kind]
        try:
            decide(self.ledger, to, kind, by="office", reason="已阅", until=act.until, as_of=now)
        except NotAllowed as refusal:
            if refusal.code not in DECIDED_ALREADY:
                raise  # else by the one who was killed before he could say so


DECIDED: dict[str, DecisionKind] = {"return": "return", "extend": "extend", "refuse": "refuse"}
DECIDED_ALREADY = ("nothing-to-review", "extension-not-later", "nothing-requested")


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


_scenes: dict[tuple[int, int, int, bool], Scene] = {}


def _scene(life: Life) -> Scene:
    key = (life.seed, life.units, life.months, bool(life.admin))
    if key not in _scenes:
        _scenes.clear()
        _scenes[key] = scene(*key)
    return _scenes[key]


if __name__ == "__main__":
    main()
