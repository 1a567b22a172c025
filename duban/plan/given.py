"""What a person gives when deploying (`--start`, `--end`, `--due`), written into the bundle's given.yaml."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

from duban.errors import BadInput
from duban.plan.bundle import GIVEN, PLAN, SPAN, Bundle
from duban.plan.source import read_yaml


@dataclass(frozen=True)
class Givens:
    """Answers to what a notice leaves open; None and empty where nothing is given."""

    start: date | None = None
    end: date | None = None
    determined: dict[str, date] = field(default_factory=dict)
    """Due days by undetermined duty."""

    def __bool__(self) -> bool:
        return bool(self.start or self.end or self.determined)


NOTHING = Givens()

FOLDER = "given.folder"
"""What the campaign folder's own given.yaml said, kept in a bundle that was told otherwise when deployed:
so that a folder deployed again does not bring back what it only proposed."""

Answers = dict[tuple[str, str], Any]
"""By block and duty: `("start", "")`, `("determined", "self-check")`."""


def with_given(bundle: Bundle, given: Givens) -> Bundle:
    """The bundle with these answers in its given.yaml, later ones in the place of earlier ones. Raises
    BadInput for a day that plan.yaml states itself."""
    if not given:
        return bundle
    files = dict(bundle.files)
    stated = read_yaml(PLAN, files.get(PLAN, "")).data
    earlier = read_yaml(GIVEN, files.get(GIVEN, "")).data
    data: dict[str, Any] = {"origin": "coordinator", **(earlier if isinstance(earlier, dict) else {})}
    for key in SPAN:
        day = getattr(given, key)
        if day is not None:
            if isinstance(stated, dict) and key in stated:
                raise BadInput("given-already-stated", key=key)
            data[key] = day.isoformat()
    if given.determined:
        days = {duty: day.isoformat() for duty, day in given.determined.items()}
        data["determined"] = {**(data.get("determined") or {}), **days}
    files.setdefault(FOLDER, files.get(GIVEN, ""))
    files[GIVEN] = _written(data)
    return Bundle(tuple(sorted(files.items())))


def slug_of(bundle: Bundle) -> str:
    """The campaign's name as plan.yaml states it; empty where it cannot be read."""
    stated = _data(bundle, PLAN)
    return str(stated.get("slug") or "")


def carried(bundle: Bundle, deployed: Bundle) -> Bundle:
    """The bundle with the answers that the deployed one had been given and this one leaves open. What a
    person tells now prevails, then what the folder says anew, then what was told before."""
    mine, folder = _answers(bundle, GIVEN), _answers(bundle, FOLDER, GIVEN)
    earlier, before = _answers(deployed, GIVEN), _answers(deployed, FOLDER, GIVEN)

    def holds_on(key: tuple[str, str]) -> bool:
        told_now = mine.get(key) != folder.get(key)
        return not told_now and (key not in folder or folder[key] == before.get(key))

    is_open = _open_keys(_data(bundle, PLAN))
    kept = {key: value for key, value in earlier.items() if is_open(key) and holds_on(key)}
    if mine | kept == mine:
        return bundle
    files = dict(bundle.files)
    files.setdefault(FOLDER, files.get(GIVEN, ""))
    data = _with_answers(_data(bundle, GIVEN), mine | kept)
    same = data == _data(deployed, GIVEN)
    files[GIVEN] = dict(deployed.files)[GIVEN] if same else _written(data)
    return Bundle(tuple(sorted(files.items())))


def _answers(bundle: Bundle, *names: str) -> Answers:
    """What the first of these files that the bundle has answers."""
    name = next((n for n in names if n in dict(bundle.files)), names[-1])
    data = _data(bundle, name)
    span: Answers = {(key, ""): data[key] for key in SPAN if key in data}
    return span | {("determined", duty): day for duty, day in _mapping(data.get("determined")).items()}


def _with_answers(data: dict[str, Any], answers: Answers) -> dict[str, Any]:
    made = {"origin": "coordinator"} | data | {key: v for (key, duty), v in answers.items() if not duty}
    days = {duty: day for (_, duty), day in answers.items() if duty}
    return made | ({"determined": days} if days else {})


def _written(data: dict[str, Any]) -> str:
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False)


def _data(bundle: Bundle, name: str) -> dict[str, Any]:
    return _mapping(read_yaml(name, dict(bundle.files).get(name, "")).data)


def _mapping(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _open_keys(stated: dict[str, Any]) -> Callable[[tuple[str, str]], bool]:
    """Whether plan.yaml leaves something open: a side of its span, the day of a duty still to be set."""
    duties = stated.get("duties")
    undetermined = {
        str(duty.get("id"))
        for duty in (duties if isinstance(duties, list) else [])
        if isinstance(duty, dict) and _mapping(duty.get("rhythm")).get("due") == "undetermined"
    }
    return lambda key: key[1] in undetermined if key[1] else key[0] not in stated
