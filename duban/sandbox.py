"""Where templates run. A campaign's own, which somebody else may have written, change nothing of what they
are given, and take no more steps than words can need."""

from __future__ import annotations

import threading
from collections.abc import Sized
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment, modifies_known_mutable

MOST_STEPS = 100_000
"""Turns of loops and calls of macros in one message; one that lists 300 units takes some 10,000."""
MOST_LETTERS = 1_000_000
"""Of one message."""
MOST_REPEATED = 10_000
"""Letters of a text, or members of a list, that is repeated."""
MOST_BITS = 256
"""Of the factors of a product."""
STEP = "duban_step"


class Sandbox(SandboxedEnvironment):
    """Nothing grows without end."""

    intercepted_binops = frozenset({"*", "**"})
    bounded = False
    """Whether somebody else's templates are here: steps are counted, and nothing is changed, as the words
    of all campaigns could be."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may have it."""
        forbidden = self.bounded and modifies_known_mutable(obj, attr)
        return not forbidden and super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """A product. Raises SecurityError for what would fill the memory, and for powers."""
        if operator == "**" or _grows(left, right):
            raise SecurityError(f"operator {operator} is not for this")
        return super().call_binop(context, operator, left, right)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        repeated: list[Any] = list(tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock)))
        for node in repeated if self.bounded else ():
            call = nodes.Call(nodes.Name(STEP, "load"), [], [], None, None)
            node.body.insert(0, nodes.ExprStmt(call).set_lineno(node.lineno))
        return tree


def _grows(left: Any, right: Any) -> bool:
    for one, times in ((left, right), (right, left)):
        if isinstance(one, Sized) and isinstance(times, int):
            return len(one) * times > MOST_REPEATED
    return sum(x.bit_length() for x in (left, right) if isinstance(x, int)) > MOST_BITS


class Steps(threading.local):
    """How many steps of a message were taken in this thread."""

    taken = 0

    def begin(self) -> None:
        """Another message."""
        self.taken = 0

    def step(self) -> None:
        """One more. Raises SecurityError."""
        self.taken += 1
        if self.taken > MOST_STEPS:
            raise SecurityError("too many steps")


STEPS = Steps()
