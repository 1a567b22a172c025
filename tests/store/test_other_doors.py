"""A return by another door than the plan names counts all the same, and its receipt says so once."""

from __future__ import annotations

import pytest

from duban.services.receiving import Address, receive
from tests.store.test_deploying import put
from tests.support.plans import changed
from tests.support.town import HAIAN, Town, at

BY_MAIL = changed(("plan.yaml", "    name: 专项行动情况月报\n",
                   "    name: 专项行动情况月报\n    through: [mailbox, paper]\n"))  # fmt: skip
SENTENCE = "报送方式：方案规定用邮箱、纸质，本次报送同样有效"


@pytest.mark.parametrize(
    ("door", "told"),
    [
        ("portal", True), ("folder", True), ("api", True), ("mailbox", False),
        ("officer", False), ("workbook", False),  # put in by the bureau: how it came, the officer says
    ],
)  # fmt: skip
def test_the_receipt_says_how_the_plan_wants_it_where_it_came_otherwise(
    town: Town, door: str, told: bool
) -> None:
    put(town, BY_MAIL, "2018-09-06 08:30")
    to = Address(HAIAN, "haian", "monthly", "2018-09")
    when = at("2018-10-04 09:00")
    receipt = receive(town.ledger, to, town.form("haian", "2018-09"), "表.xlsx", door=door, as_of=when)
    assert receipt.valid
    assert receipt.problems == ()
    assert receipt.otherwise == (("mailbox", "paper") if told else ())
    plan = town.plan
    values = {"r": receipt, "plan": plan, "unit": plan.unit["haian"], "duty": plan.duty["monthly"]}
    text = town.texts.render("cli/receipt.txt", period="2018-09", late=False, **values)
    assert (SENTENCE in text) == told


def test_a_plan_that_names_no_door_takes_every_one(deployed: Town) -> None:
    to = Address(HAIAN, "haian", "monthly", "2018-09")
    data, when = deployed.form("haian", "2018-09"), at("2018-10-04 09:00")
    assert receive(deployed.ledger, to, data, "表.xlsx", door="portal", as_of=when).otherwise == ()
