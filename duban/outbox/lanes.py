"""Lanes: what goes to one provider goes one after another; lanes do not wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from duban.ledger import Writer
from duban.ledger.parcels import File, Parcel
from duban.outbox.pacing import Limit


class Transport(Protocol):
    """Takes a parcel to its address. Raises DeliveryFailed."""

    def send(self, parcel: Parcel, message_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Lane:
    """One mail server, one host, one robot; by a name that holds no secret."""

    name: str
    limits: tuple[Limit, ...] = ()


Enclosing = Callable[[str], Sequence[File]]
"""What the mail of a digest brings along; made as it leaves, outside of any writing. Never raises."""


@runtime_checkable
class Roads(Protocol):
    """A transport that knows its lanes, and keeps connections while a round is open."""

    def lane(self, channel: str, address: str) -> Lane: ...

    def open(self) -> AbstractContextManager[Transport]: ...


class SecondLook(Protocol):
    """What is asked about a digest at each try, and when it is given up."""

    def still_true(self, w: Writer, digest: str) -> int | None:
        """None: it may leave as it was sealed. Else it has been taken back, whole or to be sealed anew;
        how many of its messages nobody owes any more."""

    def quiet_until(self, w: Writer, digest: str) -> int | None:
        """None: it may leave now. Else until when whom it speaks for keeps quiet."""

    def give_up(self, w: Writer, digest: str) -> None:
        """It did not arrive and will not: turn to the next channel of its recipients."""
