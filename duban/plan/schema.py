"""JSON Schemas of a campaign's files, for editors: made from the models, described by their docstrings."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from duban.plan.bundle import SPAN, Given
from duban.plan.forms import Form
from duban.plan.plan_file import PlanFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DAY = r"^\d{4}-\d{2}-\d{2}$"


def schemas() -> dict[str, dict[str, Any]]:
    """Schema by name: `plan`, `given`, `form`."""
    plan, given, form = (_schema(m) for m in (PlanFile, Given, Form))
    # given.yaml may state the span in the plan's stead.
    plan["required"] = [key for key in plan["required"] if key not in SPAN]
    given["properties"] |= {key: plan["properties"][key] for key in SPAN}
    printed = plan["$defs"]["PrintedDate"]
    given["$defs"] = given.get("$defs", {}) | {"PrintedDate": printed}
    plan["$defs"]["Once"]["properties"]["due"]["anyOf"].insert(0, {"const": "undetermined"})
    chained = plan["$defs"]["Chained"]
    chained["oneOf"] = [{"required": ["before"]}, {"required": ["after"]}]
    return {"plan": plan, "given": given, "form": form}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    made = model.model_json_schema(by_alias=True, mode="validation")
    described = {m.__name__: m for m in _models(BaseModel)}
    for name, part in [(model.__name__, made), *made.get("$defs", {}).items()]:
        _describe(part, described[name])
    return {"$schema": DIALECT, **_tidied(made)}


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for found in model.__subclasses__():
        if found.__module__.startswith("duban.plan"):
            yield found
        yield from _models(found)


def _describe(part: dict[str, Any], model: type[BaseModel]) -> None:
    """Put the words that stand under each field beside its key."""
    part["description"] = inspect.cleandoc(model.__doc__ or "")
    words = {k: v for m in reversed(model.__mro__) if issubclass(m, BaseModel) for k, v in _field_words(m)}
    for name, field in model.model_fields.items():
        key = field.alias or name
        if name in words and key in part.get("properties", {}):
            part["properties"][key]["description"] = words[name]


def _field_words(model: type[BaseModel]) -> list[tuple[str, str]]:
    """The texts that stand right under the fields of a class."""
    if not model.__module__.startswith("duban.plan"):
        return []
    body = ast.parse(inspect.cleandoc("\n" + inspect.getsource(model))).body[0]
    assert isinstance(body, ast.ClassDef)
    return [
        (field.target.id, inspect.cleandoc(text.value.value))
        for field, text in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    ]  # fmt: skip


def _tidied(value: Any) -> Any:
    """Without titles and defaults made up from our code; a date written as text has to look like one."""
    if isinstance(value, list):
        return [_tidied(v) for v in value]
    if not isinstance(value, dict):
        return value
    if value.get("anyOf", [{}])[0] == {"type": "string"} and "$ref" in value["anyOf"][-1]:
        value = value | {"anyOf": [{"type": "string", "pattern": DAY}, *value["anyOf"][1:]]}
    named = {k: {n: _tidied(x) for n, x in value[k].items()} for k in ("properties", "$defs") if k in value}
    return {k: named.get(k) or _tidied(v) for k, v in value.items() if k not in ("title", "default")}


def schema_texts() -> dict[str, str]:
    """File name → text, as they stand in docs/schema."""
    return {
        f"{name}.schema.json": json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        for name, made in schemas().items()
    }
