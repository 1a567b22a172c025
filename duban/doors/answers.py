"""What is said to whoever sent something: one text for a file beside it, for a mail, and for the console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duban.doors.returns import Answer
from duban.errors import BadInput
from duban.rendering import Renderer
from duban.services.receiving import late_by

TEMPLATE = "doors/answer.txt"


def answer_text(answers: Sequence[Answer], texts: Renderer) -> str:
    """The answer to everything that came in together."""
    text = texts.render(TEMPLATE, items=[_item(a, texts) for a in answers]).strip()
    return text.encode("utf-8", "replace").decode() + "\n"  # half a character of a file must not stop it


def _item(answer: Answer, texts: Renderer) -> dict[str, Any]:
    """The values of one part: those of a receipt, or the reason with every problem."""
    receipt, plan, error = answer.receipt, answer.plan, answer.error
    if receipt is not None and plan is not None:
        return {
            "name": answer.name, "r": receipt, "plan": plan, "unit": plan.unit[receipt.unit],
            "duty": plan.duty[receipt.duty], "period": receipt.period, "late": bool(late_by(receipt)),
        }  # fmt: skip
    problems = error.problems if isinstance(error, BadInput) else ()
    return {
        "name": answer.name,
        "r": None,
        "title": texts.error(error) if error else "",
        "problems": problems,
    }


def verdict(answers: Sequence[Answer]) -> str:
    """`accepted` when every return in it is in and valid, else `refused`."""
    return "accepted" if answers and all(a.accepted for a in answers) else "refused"
