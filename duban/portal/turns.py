"""What holds many megabytes while it is done waits for its turn, so that the process stays small."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

TURNS = BoundedSemaphore(2)
"""A draft with its files is up to 50 MB, and is held twice while it is received."""


def one_of_few(function: Callable[P, T]) -> Callable[P, T]:
    """Let only few threads be in any such function at once."""

    @wraps(function)
    def waiting(*args: P.args, **kwargs: P.kwargs) -> T:
        with TURNS:
            return function(*args, **kwargs)

    return waiting
