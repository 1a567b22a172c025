"""The API under schemathesis: whatever a program sends that its key lets in, the answer is one of those that
the OpenAPI document promises, and never a failure of ours."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from duban.documents.blank import blank_form
from duban.portal.api import calls
from duban.portal.api.bodies import WORKBOOK
from duban.portal.api.openapi import openapi
from duban.rendering import renderer
from duban.services.keys import make_key
from tests.support.gate import Gate, gate
from tests.support.plans import load
from tests.support.town import FIGURES, HAIAN

EXAMPLES = 50
"""Of each operation; the same ones every time."""
CELLS = {code: str(value) if code == "fines" else value for code, value in FIGURES.items()}
KNOWN = {
    "campaign": [HAIAN], "duty": ["monthly", "materials"], "period": ["2018-10", "2018-09"],
    "number": ["haian-2018-000001", "haian-2018-000002"],
}  # fmt: skip


@pytest.fixture(scope="module")
def open_gate(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """One portal for all examples: what one of them has sent is there for the next."""
    folder = tmp_path_factory.mktemp("schema")
    path = folder / "ledger.sqlite"
    path.write_bytes(furnished.read_bytes())
    with gate(f"sqlite:///{path}", folder) as made:
        yield made


@pytest.fixture(scope="module")
def key(open_gate: Gate) -> str:
    """Libao's."""
    return make_key(open_gate.town.ledger, HAIAN, "libao", "业务系统", "jicha")


def narrowed() -> dict[str, Any]:
    """The API as its description tells it, with names that lead to what is there: any other does not fit,
    and is tried too."""
    said = copy.deepcopy(openapi(calls.routes.routes))
    for path in said["paths"].values():
        for parameter in (p for call in path.values() for p in call.get("parameters", ())):
            if parameter["in"] == "path":
                parameter["schema"]["enum"] = KNOWN[parameter["name"]]
    document = said["components"]["schemas"]["Document"]["properties"]
    document["duty"] = {"enum": ["monthly"]}
    document["period"] = {"enum": ["2018-10", "2018-09"]}
    document["campaign"], document["unit"] = {"enum": [HAIAN, None]}, {"enum": ["libao", None]}
    document["subject"] = {"enum": [None, "", "1"]}
    cells = {code: {"const": value} for code, value in CELLS.items()}
    cells["fines"] = {"enum": ["3.25", -1, "3.255", "x", True, None]}
    cells["summary"] = {"type": ["string", "null", "number"]}
    document["cells"] |= {"properties": cells, "required": list(cells)}
    return said


api = schemathesis.openapi.from_dict(narrowed())


@cache
def _filled() -> bytes:
    words = renderer().words["blank"]
    return blank_form(load(HAIAN), "monthly", "libao", "2018-10", words=words, values=FIGURES)


@schemathesis.serializer(WORKBOOK)
def workbook(context: Any, value: Any) -> bytes:
    """A filled form, the same with a few of its bytes changed, or any bytes."""
    odd = value if isinstance(value, bytes) else str(value).encode()
    if len(odd) % 3 == 2:
        return odd
    filled = bytearray(_filled())
    for n, byte in enumerate(odd[:20] if len(odd) % 3 else b""):
        filled[(n * 997 + byte) % len(filled)] = byte
    return bytes(filled)


@api.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_answer_is_one_that_was_promised(case: schemathesis.Case, open_gate: Gate, key: str) -> None:
    name = (case.headers or {}).get("Idempotency-Key", "")
    if name.isascii() and name.isprintable() and len(str(case.body)) % 4:
        case.headers["Idempotency-Key"] = uuid4().hex  # or all but the first would be conflicts
    case.call_and_validate(
        base_url=open_gate.url, headers={"Authorization": f"Bearer {key}"},
        # what a cursor or a plan lets be said, no schema can tell
        excluded_checks=[positive_data_acceptance],
    )  # fmt: skip
