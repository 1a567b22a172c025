"""YAML text to plain data that remembers its lines.

YAML 1.2's core rules, so that `on:` is a key and not `true`; a key written twice is a mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from duban.errors import Problem

Path = tuple[str | int, ...]


class _Yaml12(yaml.SafeLoader):
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

    def line(self, path: Path) -> int:
        """The line of the value at `path`, or of the nearest thing around it that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, code: str, value: Any = "", **params: Any) -> Problem:
        """A Problem placed at `path` of this file."""
        shown = "" if value is None else str(value)
        return Problem(code, self.file, str(self.line(path)), key_text(path), shown, params)


def key_text(path: Path) -> str:
    """`duties[0].rhythm.on`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_yaml(file: str, text: str) -> Located:
    """Parse one file; syntax errors and doubled keys are in `problems`, never raised."""
    located = Located(file)
    loader = _Yaml12(text)
    try:
        node = loader.get_single_node()
        if node is not None:
            located.data = _plain(node, (), located, loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = str(mark.line + 1) if mark else "1"
        located.problems.append(Problem("yaml-syntax", file, line, params={"detail": error.problem or ""}))
    except yaml.reader.ReaderError as error:
        line = str(text.count("\n", 0, error.position) + 1)
        located.problems.append(Problem("yaml-syntax", file, line, params={"detail": error.reason}))
    finally:
        loader.dispose()
    return located


def _plain(node: yaml.Node, path: Path, located: Located, loader: _Yaml12) -> Any:
    located.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), located, loader) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node)
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        here = (*path, key)
        if key in mapping:
            line = str(key_node.start_mark.line + 1)
            located.problems.append(
                Problem("duplicate-key", located.file, line, key_text(here), params={"name": key})
            )
            continue
        located.lines[here] = key_node.start_mark.line + 1
        mapping[key] = _plain(value_node, here, located, loader)
    return mapping
