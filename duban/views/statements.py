"""What an explanation of a plan is made of, and how keys of a plan are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """One statement of the plan."""

    text: str
    source: str
    """The notice's words it comes from, if the plan keeps them."""
    stated: str
    """`notice`, `coordinator`, `both`, or `` for what follows from other statements."""
    of_coordinator: tuple[str, ...] = ()
    """With `both`: what of it the coordinator stated."""


@dataclass(frozen=True)
class Part:
    """Statements under a heading."""

    title: str
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Explanation:
    """A plan, or one duty of it, in prose."""

    campaign: str
    title: str
    parts: tuple[Part, ...]


def is_under(key: str, around: str) -> bool:
    """Whether a value's key is that one, or lies within its block."""
    return key == around or key.startswith((f"{around}.", f"{around}["))


def last(key: str) -> str:
    """The innermost name: `on` of `duties[0].rhythm.on[1]`."""
    return key.rpartition(".")[2].partition("[")[0]


def label(labels: Mapping[str, str], key: str) -> str:
    """What a key is called, where need be by the block it stands in; empty where it has no name."""
    block = last(key.rpartition(".")[0])
    return labels.get(f"{block}.{last(key)}") or labels.get(last(key), "")
