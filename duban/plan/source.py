"""YAML text to plain data that remembers its lines.

YAML 1.2's core rules, so that `on:` is a key and not `true`; a key written twice is a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from duban.errors import Problem

Path = tuple[str | int, ...]


class _Yaml12(yaml.SafeLoader):  # libyaml dies of deep nesting with a signal no `except` catches
    """SafeLoader with YAML 1.2's core schema; dates stay text until the model reads them."""


_Yaml12.yaml_implicit_resolvers = {}

for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("null", r"^(?:~|null|)$", "~n\0"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?$", "-+0123456789"),
):
    _Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))
_Yaml12.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])


@dataclass
class Located:
    """What a file says, and at which line each value and key stands."""

    file: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    grafted: dict[str, Located] = field(default_factory=dict)
    """Top-level keys that another file states."""

    def graft(self, other: Located, keys: Iterable[str]) -> None:
        """Take over top-level keys that this file leaves to `other`; problems name where they stand."""
        if not isinstance(self.data, dict) or not isinstance(other.data, dict):
            return
        for key in keys:
            if key in other.data and key not in self.data:
                self.data[key] = other.data[key]
                self.grafted[key] = other

    def line(self, path: Path) -> int:
        """The line of the value at `path`, or of the nearest thing around it that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, code: str, value: Any = "", **params: Any) -> Problem:
        """A Problem placed at `path` of this file, or of the one that states it."""
        if path and path[0] in self.grafted:
            return self.grafted[str(path[0])].problem(path, code, value, **params)
        shown = "" if value is None else str(value)
        return Problem(code, self.file, str(self.line(path)), key_text(path), shown, params)


def key_text(path: Path) -> str:
    """`duties[0].rhythm.on`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_yaml(file: str, text: str) -> Located:
    """Parse one file; syntax errors and doubled keys are in `problems`, never raised. Anchors and
    aliases are refused: a plan says each thing in its place, and nested ones can grow without bound."""
    located = Located(file)
    try:
        loader = _Yaml12(text)
        node = loader.get_single_node()
        if node is not None:
            located.data = _plain(node, (), located, loader, set())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        located.problems.append(_syntax(file, mark.line + 1 if mark else 1, error.problem or ""))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        located.problems.append(_syntax(file, line, f"U+{ord(text[error.position]):04X}"))
    except RecursionError:
        located.problems.append(_syntax(file, 1, "nesting"))
    if located.problems and any(p.code == "yaml-syntax" for p in located.problems):
        located.data = None
    return located


def _syntax(file: str, line: int, detail: str) -> Problem:
    return Problem("yaml-syntax", file, str(line), params={"detail": detail})


def _plain(node: yaml.Node, path: Path, located: Located, loader: _Yaml12, seen: set[int]) -> Any:
    line = node.start_mark.line + 1
    located.lines.setdefault(path, line)
    if id(node) in seen:
        raise yaml.MarkedYAMLError(problem="alias", problem_mark=node.start_mark)
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), located, loader, seen) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        try:
            return loader.construct_object(node)
        except (ValueError, KeyError) as error:
            raise yaml.MarkedYAMLError(problem=str(error), problem_mark=node.start_mark) from error
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="key", problem_mark=key_node.start_mark)
        key = str(key_node.value)
        here = (*path, key)
        if key in mapping:
            problem = Problem(
                "duplicate-key", located.file, str(key_node.start_mark.line + 1), key_text(here),
                params={"name": key},
            )  # fmt: skip
            located.problems.append(problem)
            continue
        located.lines[here] = key_node.start_mark.line + 1
        mapping[key] = _plain(value_node, here, located, loader, seen)
    return mapping
