"""Where returns wait to be received together: one transaction for all that came while the last one ran.

One thread of a process receives. Whatever waits when it is free is taken at once, each return by itself,
and is answered after the transaction has been committed; so under load a commit serves many, and without
load nobody waits for others.
"""

from __future__ import annotations

from asyncio import wrap_future
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from duban.intake.stated import is_document
from duban.ledger import Ledger
from duban.portal.api.refused import Refused
from duban.services.filing import Filing, receive_each
from duban.services.receipts import Receipt

TOGETHER = 64
"""Returns in one transaction."""
BYTES = 32 << 20
"""So much of them is taken at once at most; one alone may be larger."""
WAITING = 512
"""More do not wait: a program is told to come again."""


class Reception:
    """The one that receives in this process."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._lock = Lock()
        self._waiting: deque[tuple[Filing, Future[Receipt]]] = deque()
        self._busy = False
        self._worker = ThreadPoolExecutor(1, "reception")

    def hand_in(self, filing: Filing) -> Future[Receipt]:
        """Have a return received; the future has its receipt when that is committed. Raises Refused when
        too many wait."""
        future: Future[Receipt] = Future()
        with self._lock:
            if len(self._waiting) >= WAITING:
                raise Refused(429, "too-many")
            self._waiting.append((filing, future))
            if not self._busy:
                self._busy = True
                self._worker.submit(self._work)
        return future

    async def receive(self, filing: Filing) -> Receipt:
        """The receipt of a return. A workbook may keep its reader busy for seconds: it does so by itself, and
        JSON goes together with what else waits."""
        if not is_document(filing.data or b"{"):
            (answer,) = await run_in_threadpool(receive_each, self.ledger, [filing])
            if isinstance(answer, Receipt):
                return answer
            raise answer
        return await wrap_future(self.hand_in(filing))

    def _work(self) -> None:
        while batch := self._next():
            try:
                answers = receive_each(self.ledger, [filing for filing, _ in batch])
            except BaseException as error:
                for _, future in batch:
                    future.set_exception(error)
            else:
                for (_, future), answer in zip(batch, answers, strict=True):
                    if isinstance(answer, Receipt):
                        future.set_result(answer)
                    else:
                        future.set_exception(answer)

    def _next(self) -> list[tuple[Filing, Future[Receipt]]]:
        """What is received together: of requests with one key only the first, since the others repeat it."""
        batch: list[tuple[Filing, Future[Receipt]]] = []
        later: list[tuple[Filing, Future[Receipt]]] = []
        keys: set[tuple[str, str]] = set()
        size = 0
        with self._lock:
            while self._waiting and len(batch) < TOGETHER and size < BYTES:
                filing, future = self._waiting.popleft()
                if filing.key in keys:
                    later.append((filing, future))
                    continue
                if not future.set_running_or_notify_cancel():
                    continue  # whoever sent it went away before it was begun
                keys |= {filing.key} if filing.key else set()
                size += len(filing.data or b"") + sum(len(f.data) for f in filing.attached)
                batch.append((filing, future))
            self._waiting.extendleft(reversed(later))
            self._busy = bool(batch)
        return batch


_LOCK = Lock()


def reception_of(request: Request) -> Reception:
    """The one of the application that a request came to."""
    state = request.app.state
    with _LOCK:
        if not hasattr(state, "reception"):
            state.reception = Reception(state.office.ledger)
        made: Reception = state.reception
        return made
