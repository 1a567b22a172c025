"""What a campaign says to its units besides reminding them, and when it keeps quiet."""

from __future__ import annotations

from typing import Literal

from pydantic import StrictBool

from duban.plan.duties import Door
from duban.plan.stated import Clock, Stated


class Quiet(Stated):
    """Hours in which nothing leaves but codes to sign in with. `start` may be later than `end`: overnight."""

    start: Clock
    end: Clock


class Speech(Stated):
    """Messages besides reminders, chases and what a person has decided."""

    kickoff: StrictBool = False
    """On the campaign's first morning each unit is told its own tasks and dates."""
    amendments: StrictBool = False
    """Who is touched by an amended plan is told what changes, and why."""
    receipts: tuple[Door, ...] = ()
    """Doors after which a receipt 回执 is sent as a message, too."""
    thanks: StrictBool = False
    """When nothing is owed any more, thanks and commendation are drafted for a person to approve."""
    forms: StrictBool = False
    """Whether mails that ask for a return bring its blank form."""
    liaisons: Literal["first", "all"] = "first"
    """Who of several liaisons hears: the first of them, or each."""
    quiet: Quiet | None = None
    working_days: StrictBool = False
    """Nothing leaves on a day off but codes to sign in with."""
