"""The API's OpenAPI document: its calls, every answer they may give, and examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.routing import BaseRoute

from duban.portal.api import schemas
from duban.portal.api.bodies import DOCUMENT, FORM, JSON
from duban.portal.api.refused import MEDIA_TYPE
from duban.portal.downloads import WORKBOOK

VERSION = "1.0.0"
FAILURES = {
    400: "Malformed 请求有误", 401: "No key, or one that is not valid 密钥无效", 403: "Not for this key 无权",
    404: "No such thing 没有此项", 408: "The body came too slowly 传送太慢",
    409: "The Idempotency-Key stands for another request 幂等键已用于其他请求",
    413: "Too large 过大", 415: "Neither JSON, workbook nor form 类型不支持",
    422: "Refused, with every mistake 校验未通过", 429: "Come again later 请稍后再试",
    500: "Our mistake 系统出错", 503: "Busy, come again later 系统正忙",
}  # fmt: skip
ALWAYS = (400, 401, 403, 429, 500)

EXAMPLE = {
    "duty": "monthly", "period": "2018-10", "signed": {"filler": "张三", "head": "李四"},
    "cells": {"inspected": 30, "fines": "3.25", "summary": "正常开展"}, "notes": {"inspected": "含复查"},
}  # fmt: skip
FAILURE = {
    "type": "about:blank", "title": "密钥无效或已停用", "status": 401, "code": "no-key", "problems": [],
}  # fmt: skip

BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/Document"}, "example": EXAMPLE},
            WORKBOOK: {"schema": BINARY},
            FORM: {
                "schema": {
                    "type": "object",
                    "description": f"`{DOCUMENT}` is the JSON document or the workbook; every other part is "
                    "a file, named by its id under `attachments` of the form 附件",
                    "properties": {DOCUMENT: BINARY},
                    "required": [DOCUMENT],
                    "additionalProperties": {"type": "array", "items": BINARY},
                }
            },
        },
    }
}


def responses(done: int, model: type[BaseModel] | str, *more: int) -> dict[int | str, dict[str, Any]]:
    """What a call may answer: its result, or one of the failures."""
    result: dict[str, Any] = {"description": "Done 完成"}
    if isinstance(model, str):
        result["content"] = {model: {"schema": BINARY}}
    else:
        result["content"] = {JSON: {"schema": _ref(model)}}
    return {done: result, **{status: _failure(status) for status in sorted({*ALWAYS, *more})}}


def _failure(status: int) -> dict[str, Any]:
    model = schemas.Refusal if status == 422 else schemas.Failure
    content: dict[str, Any] = {"schema": _ref(model)}
    if status == 401:
        content["example"] = FAILURE
    headers = {401: "WWW-Authenticate", 408: "Retry-After", 429: "Retry-After", 503: "Retry-After"}
    found: dict[str, Any] = {"description": FAILURES[status], "content": {MEDIA_TYPE: content}}
    if status in headers:
        found["headers"] = {headers[status]: {"schema": {"type": "string"}}}
    return found


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def openapi(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The whole document."""
    made = get_openapi(
        title="督办 Duban", version=VERSION, routes=routes,
        description="What a unit owes, its returns and receipts. 单位的应报事项、报送和回执。",
    )  # fmt: skip
    parts = made.setdefault("components", {})
    parts["schemas"] = _components()
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "单位密钥"}}
    for call in (call for path in made["paths"].values() for call in path.values()):
        call["security"] = [{"key": []}]
        for parameter in call.get("parameters", ()):
            parameter["schema"] = _said(parameter["schema"])
        if not {"409", "422"} <= call["responses"].keys():  # FastAPI's own; ours is 400
            call["responses"].pop("422", None)
    return made


def _said(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema without the null that stands for one left out: nobody can say it in an address."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**{k: v for k, v in schema.items() if k != "anyOf"}, **kinds[0]}


def _components() -> dict[str, Any]:
    """All schemas, each once."""
    from pydantic.json_schema import models_json_schema

    top = (
        schemas.Document, schemas.Failure, schemas.Form, schemas.ObligationInFull, schemas.Obligations,
        schemas.Receipt, schemas.Receipts, schemas.Refusal,
    )  # fmt: skip
    _, found = models_json_schema(
        [(m, "validation") for m in top], ref_template="#/components/schemas/{model}"
    )
    return dict(found["$defs"])
