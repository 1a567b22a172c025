"""Hai'an saying just what a test wants it to: reminders and chases, and what is asked for besides."""

from __future__ import annotations

import re

from duban.plan import Bundle
from tests.support.plans import texts

BESIDES = (
    (r"\nmessages:\n(?:  .*\n)+", "\n"), (r"\n    (?:escalation|circular): .*", ""),
    (r", circular: coordinator", ""), (r"remind: \[5, 1, 0\]", "remind: [5, 1]"),
)  # fmt: skip


def speaking(says: str = "", slug: str = "haian-2018", short: str = "药品净网2018") -> Bundle:
    """The campaign with only this under `messages`, by any name."""
    files = dict(texts("haian-2018"))
    plan = files["plan.yaml"]
    for pattern, instead in BESIDES:
        plan = re.sub(pattern, instead, plan)
    told = f"\nmessages: {{origin: coordinator, {says}}}" if says else ""
    files["plan.yaml"] = plan.replace("slug: haian-2018", f"slug: {slug}{told}", 1).replace(
        "short: 药品净网2018", f"short: {short}", 1
    )
    return Bundle(tuple(sorted(files.items())))
