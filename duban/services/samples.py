"""What messages are tried with before a campaign's own texts are put in force: made-up units and returns, of
each kind of message enough to come by every turn of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, get_args

from duban.assignments import Next
from duban.circulars import Circular, Ranked, Row
from duban.errors import Problem
from duban.notices import Letter, Line, Prompt
from duban.outbox.inviting import Invited, board_mark, link_mark
from duban.services.announced import MOST
from duban.services.lettering import Said
from duban.services.prompting import Item
from duban.services.receipting import Taken
from duban.services.thanking import Kept, Thanks
from duban.told import Asked, Began, Changed

Values = dict[str, Any]

DAY = date(2024, 3, 5)
DUE = datetime(2024, 3, 4, 16, tzinfo=UTC)
ISSUER, TITLE, SHORT, UNIT = "市局", "专项整治行动", "专项整治", "东区分局"
LINE = Line(
    "c",
    TITLE,
    SHORT,
    "remind",
    UNIT,
    "情况月报",
    "市局专班",
    "2024-02",
    DUE,
    0,
    False,
    "c/monthly/east/2024-02",
)
ITEM = Item("return", TITLE, SHORT, UNIT, "情况月报", "2024-02", "", "数字有误", DUE, False)
TASK = ("1", "1 查店铺")
TAKEN = Taken("2024-0012", 2, True, DUE, False, (Problem("unknown"),))
TOLD = [kind for kind in get_args(Prompt) if kind != "approve"]
INVITED = Invited((("专项整治　东区分局", link_mark("c", "east")),))
INVITATIONS = (
    INVITED,
    Invited(
        (*INVITED.personal, ("专项整治　西区分局", link_mark("c", "west"))), (("专项整治", board_mark("c")),)
    ),
    Invited(boards=(("专项整治", board_mark("c")),)),
    Invited(group=True),
)


TO_A_LIAISON = {
    "day": DAY, "issuer": ISSUER, "recipient": UNIT, "several": False, "forms": "all", "invited": INVITED,
}  # fmt: skip


def _digests() -> list[Values]:
    owed = [
        LINE, replace(LINE, key="2", zero_report=True, refused=True, about="task", subjects=(TASK,)),
        *(replace(LINE, key=kind, kind=kind, days_late=3, refused=True) for kind in ("chase", "blue")),
        replace(LINE, key="5", kind="chase", grace=True, peer=True, until=DUE, letter="orange"),
        replace(LINE, key="6", about="number", subjects=(("2", "第2期"),), measure="期"),
    ]  # fmt: skip
    escalated = [replace(LINE, key="7", kind="escalate", days_late=12, refused=True)]
    alone = [TO_A_LIAISON | {"owed": [x], "escalated": []} for x in owed]
    whole = [
        TO_A_LIAISON
        | {"owed": owed, "escalated": escalated, "several": several, "forms": forms, "invited": invited}
        for several, forms in ((False, ""), (True, "some"))
        for invited in INVITATIONS
    ]
    return [*alone, TO_A_LIAISON | {"owed": [], "escalated": escalated}, *whole]


def _prompts() -> list[Values]:
    kinds = [replace(ITEM, kind=kind, taken=TAKEN if kind == "receipt" else None) for kind in TOLD]
    asked = [replace(ITEM, kind="approve", proposed=p) for p in ("orange", "red", "circular", "thanks")]
    items = [*kinds, *asked, replace(ITEM, subject="1 查店铺", reason="", late=True, days=3, peer=True)]
    return [
        *(TO_A_LIAISON | {"items": [item], "invited": invited} for item in items for invited in INVITATIONS),
        TO_A_LIAISON | {"items": items, "several": True, "forms": "some"},
    ]  # fmt: skip


def _groups() -> list[Values]:
    told = ((2, 0), (0, 1), (1, 3))
    return [{"owed": o, "others": n, "shorts": [SHORT], "invited": Invited(group=True)} for o, n in told]


def _letters() -> list[Values]:
    late = replace(LINE, days_late=7, refused=True)
    lines = [late, replace(late, key="2", unit="西区分局", peer=True, until=DUE)]
    said = {"c/monthly/east/2024-02": (Said("chase", (DAY,)), Said("blue", (DAY, DAY))), "2": ()}
    return [
        {
            "colour": colour, "peer": peer, "unit": UNIT, "title": TITLE, "short": SHORT, "lines": lines[:n],
            "before": said, "for_others": n > 1, "issuer": ISSUER, "day": DAY, "until": until,
            "year": DAY.year, "invited": invited,
        }
        for colour in get_args(Letter) for peer in (False, True) for n, until in ((1, None), (2, DUE))
        for invited in INVITATIONS
    ]  # fmt: skip


def _announced(values: Values) -> Values:
    named = {"title": TITLE, "short": SHORT, "issuer": ISSUER, "day": DAY, "recipient": UNIT, "most": MOST}
    return named | {"invited": INVITED} | values


ASKED = (
    Asked(
        "情况月报",
        "市局专班",
        "每月5日前",
        Next(DUE, "2024-02", ("查店铺",), 2),
        ("查店铺", "查仓库"),
        ("附：照片",),
    ),
    Asked("突发情况", "", "随时报送", None, (), ()),
)


def _kickoffs() -> list[Values]:
    whole = Began(UNIT, (("排查", "2024年3月1日至3月31日"),), ("1 查店铺",), ("2 查仓库",), ASKED)
    units = (whole, Began("西区分局", (), (), (), ()))
    return [
        _announced({"units": list(units[:n]), "issued": issued, "span": "2024年3月1日至12月31日"})
        for n in (1, 2) for issued in (None, DAY)
    ]  # fmt: skip


def _amendments() -> list[Values]:
    units = (Changed(UNIT, ASKED, ("“情况月报”的时限改为每月10日。",)), Changed("西区分局", (), ()))
    return [_announced({"units": list(units[:n]), "reasons": ["上级要求"] * n}) for n in (1, 2)]


def _circulars() -> list[Values]:
    rows = (
        Row("a", "东区分局", 1, 1, 1, "on-time", why="extended"), Row("b", "西区分局", 2, 2, 1, "late", 3),
        Row("c", "南区分局", 2, 1, 0, "missing", why="returned"),
        Row("e", "中区分局", 0, 0, 0, "waived", reason="新设"),
        Row("d", "北区分局", 1, 0, 0, "pending", why="extended", until=DUE),
    )  # fmt: skip
    places = (Ranked(1, "a", "东区分局", (Fraction(1), Decimal(5))), Ranked(1, "b", "西区分局", (None, None)))
    measures = (("reporting", ""), ("indicator", "立案"))
    made = Circular(
        "monthly", "情况月报", "2024-02", DUE, DUE, 7, "0" * 64, 6, 4, 2, rows, measures, places, True
    )
    variants = (made, replace(made, whole=False), replace(made, places=(), measures=()))
    return [
        _announced({"c": c, "places": {p.unit: p.place for p in c.places}, "ordered": list(rows)})
        for c in variants
    ]


def _thanks() -> list[Values]:
    kept = (Kept("a", "东区分局", 3, 3, 3), Kept("b", "西区分局", 3, 3, 1))
    full = Thanks(6, 6, 4, 7, "0" * 64, kept, ("东区分局",))
    return [_announced({"t": t}) for t in (full, replace(full, rows=(), first=()))]


SAMPLES: Mapping[str, Callable[[], list[Values]]] = {
    "messages/digest": _digests, "messages/prompt": _prompts, "messages/group": _groups,
    "messages/escalation": _letters, "messages/kickoff": _kickoffs, "messages/amendment": _amendments,
    "messages/circular": _circulars, "messages/thanks": _thanks,
}  # fmt: skip
"""What each message is tried with."""
