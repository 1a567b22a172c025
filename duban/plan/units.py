"""Units 单位: groups in plan.yaml, the units themselves one a row in units.csv."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from duban.plan.stated import Clock, Day, Id, Names, Origin, Stated, Text


class Group(Stated):
    """A group of units such as 各分局: open, so members come from units.csv."""

    id: Id
    name: Text
    aliases: Names = ()
    outside: StrictBool = False
    """Its units do not work with this system: superiors, regulated parties. What is sent to them or
    owed by them is put on record by the coordinator; nothing is sent to them from here."""
    peer: StrictBool = False
    """Its units are no subordinates of the coordinator: they are asked 商请 and not supervised 督办."""


class Office(Stated):
    """Office hours as far as messages and deadlines need them."""

    morning: Clock = time(8, 30)
    """When reminders and chases leave, on working days."""
    closing: Clock = time(17, 30)
    """What 下班前 means."""


class Coordinator(Stated):
    """The unit that runs the campaign and hears of escalations."""

    unit: Text


class Channel(BaseModel):
    """How to reach somebody: the kind names a transport in the settings, the address is the unit's."""

    model_config = ConfigDict(frozen=True)
    kind: Id
    address: Annotated[StrictStr, Field(min_length=1, max_length=254, pattern=r"^[^\s<>\"'{}]+$")]


class Unit(BaseModel):
    """A unit 单位, one row of units.csv."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    name: Text
    short: Text
    aliases: tuple[Text, ...] = ()
    """Other names that notices and returns use for it."""
    groups: tuple[Id, ...] = ()
    parent: Id | None = None
    channels: tuple[Channel, ...] = ()
    """In the order the unit prefers them."""
    prefers: Id | None = None
    """The kind of channel that comes first, whoever is named."""
    head: tuple[Channel, ...] = ()
    """How the head of the unit 负责人 is reached."""
    leader: tuple[Channel, ...] = ()
    """How the leader in charge of the unit 分管领导 is reached."""
    attributes: tuple[tuple[Text, Text], ...] = ()
    """Facts about it, such as its county or how many officers it has (人均)."""
    opens: Day | None = None
    closes: Day | None = None
    """Last day it exists, inclusive."""
    successor: Id | None = None
    """Who takes over what it still owes after `closes`."""
    origin: Origin

    def is_open(self, first: date, last: date) -> bool:
        """Whether it exists on some day of first…last."""
        return (self.opens is None or self.opens <= last) and (self.closes is None or self.closes >= first)

    def attribute(self, key: str) -> str | None:
        """The value of an attribute, if it has it."""
        return dict(self.attributes).get(key)
