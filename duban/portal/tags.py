"""How an obligation is shown: one word and one colour, never the colour alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from duban.standing import Standing

Tone = Literal["red", "amber", "blue", "green", "grey"]
TONES: tuple[Tone, ...] = ("red", "amber", "blue", "green", "grey")
"""The one that asks for most attention first."""


class Shown(NamedTuple):
    """What a tag says."""

    word: str
    """Key of the word under `portal.board.shown`."""
    tone: Tone


_MET: dict[str, Shown] = {
    "accepted": Shown("accepted", "green"),
    "received": Shown("received", "green"),
    "zero": Shown("zero", "green"),
}
_OPEN: dict[str, Shown] = {
    "not-due": Shown("not-due", "grey"), "due": Shown("due", "blue"), "late": Shown("late", "amber"),
    "overdue": Shown("overdue", "red"), "closed": Shown("closed", "grey"),
}  # fmt: skip


def shown(stands: Standing) -> Shown:
    """The word and colour of one obligation."""
    if stands.came_in == "waived":
        return Shown("waived", "grey")
    if stands.met:
        found = _MET[stands.came_in]
        return found if stands.on_time else Shown(f"{found.word}-late", "amber")
    if not stands.owed.counted and stands.state != "closed":
        return Shown("uncounted", "grey")
    if stands.came_in in ("returned", "refused") and stands.state != "closed":
        overdue = stands.state == "overdue"
        return Shown(f"{stands.came_in}{'-overdue' if overdue else ''}", "red" if overdue else "amber")
    return _OPEN[stands.state]


def worst(found: Iterable[Standing]) -> Shown:
    """What several obligations of one cell are shown as: the one that asks for most attention."""
    return min((shown(s) for s in found), key=lambda one: TONES.index(one.tone))


OVERDUE = frozenset({"overdue", "returned-overdue", "refused-overdue"})
FILTERS: dict[str, frozenset[str]] = {
    "overdue": OVERDUE,
    "open": OVERDUE | {"due", "late", "returned", "refused"},
    "unreviewed": frozenset({"received", "received-late", "zero", "zero-late"}),
    "accepted": frozenset({"accepted", "accepted-late"}),
    "returned": frozenset({"returned", "returned-overdue"}),
    "late": frozenset({"received-late", "zero-late", "accepted-late"}),
    "waived": frozenset({"waived"}),
}
"""What can be asked for, and the words it stands for."""
