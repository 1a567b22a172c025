"""A plan's blocks read key by key, so that one broken key hides no mistake in another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError, create_model

from duban.errors import Problem
from duban.plan.source import Located, Path


@cache
def _reader(model: type[BaseModel], name: str) -> type[BaseModel]:
    """A model of that one field."""
    info = model.model_fields[name]
    fields: dict[str, Any] = {name: (info.annotation, info)}
    return create_model(f"{model.__name__}_{name}", **fields)


@cache
def _names(model: type[BaseModel]) -> dict[str, str]:
    """Key in the file → name of the field."""
    return {info.alias or name: name for name, info in model.model_fields.items()}


@dataclass
class Block:
    """A mapping of a file, where it stands, and the model it should be."""

    source: Located
    path: Path
    model: type[BaseModel]
    raw: dict[str, Any]
    _read: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What it is called, rightly or not."""
        return str(self.raw.get("id", ""))

    def get(self, key: str) -> Any:
        """The typed value of a key, its default where it is not written, None where it is broken."""
        if key not in self._read:
            name = _names(self.model)[key]
            given = {key: self.raw[key]} if key in self.raw else {}
            try:
                self._read[key] = getattr(_reader(self.model, name).model_validate(given), name)
            except ValidationError:
                self._read[key] = None
        return self._read[key]

    def has(self, key: str) -> bool:
        """Whether the file writes this key."""
        return self.raw.get(key) is not None

    def block(self, key: str, model: type[BaseModel]) -> Block:
        """The block under a key; an empty one where there is none."""
        raw = self.raw.get(key)
        return Block(self.source, (*self.path, key), model, raw if isinstance(raw, dict) else {})

    def blocks(self, key: str, model: type[BaseModel]) -> list[Block]:
        """The blocks of the list under a key."""
        rows = self.raw.get(key)
        return [
            Block(self.source, (*self.path, key, i), model, row)
            for i, row in enumerate(rows if isinstance(rows, list) else ())
            if isinstance(row, dict)
        ]

    def texts(self, key: str) -> Iterator[tuple[Path, str]]:
        """The names under a key, one or a list, each with its place in this block."""
        yield from texts_at((key,), self.raw.get(key))

    def problem(self, at: str | Path, code: str, value: Any = "", **params: Any) -> Problem:
        """A problem at a place of this block."""
        inner = (at,) if isinstance(at, str) else at
        return self.source.problem((*self.path, *inner), code, value, **params)


def texts_at(at: Path, raw: Any) -> Iterator[tuple[Path, str]]:
    """A text, or each of a list of them, with its place."""
    if isinstance(raw, str):
        yield at, raw
    elif isinstance(raw, list):
        yield from (((*at, i), item) for i, item in enumerate(raw) if isinstance(item, str))


def doubled(blocks: Iterable[Block], key: str = "id") -> Iterator[Problem]:
    """Every block that is called like one before it."""
    seen: set[str] = set()
    for block in blocks:
        name = str(block.raw.get(key, ""))
        if name and name in seen:
            yield block.problem(key, "duplicate-id", name)
        seen.add(name)


def looping(edges: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Everything from which a chain of references leads back to itself."""
    into: dict[str, list[str]] = {}
    ways = {node: [n for n in onward if n in edges] for node, onward in edges.items()}
    for node, onward in ways.items():
        for other in onward:
            into.setdefault(other, []).append(node)
    open_ways = {node: len(onward) for node, onward in ways.items()}
    ended = [node for node, count in open_ways.items() if not count]
    for node in ended:  # grows: what leads only to ends is one itself, found in one pass of a long table
        for before in into.get(node, ()):
            open_ways[before] -= 1
            if not open_ways[before]:
                ended.append(before)
    return {start for start in set(edges) - set(ended) if _returns(edges, start)}


def _returns(edges: Mapping[str, tuple[str, ...]], start: str) -> bool:
    seen: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        node = waiting.pop()
        if node == start:
            return True
        if node not in seen:
            seen.add(node)
            waiting += edges.get(node, ())
    return False
