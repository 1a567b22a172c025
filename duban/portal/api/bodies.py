"""What a program posts as a return: a JSON document, a filled workbook, or either with files beside it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from duban.errors import Problem
from duban.intake.attachments import Attached
from duban.intake.refusal import shown
from duban.intake.stated import is_document, stated_identity
from duban.portal.api.guards import Call
from duban.portal.api.refused import Refused
from duban.portal.downloads import WORKBOOK
from duban.portal.uploads import read_form
from duban.services.addresses import Address, resolved

JSON = "application/json"
FORM = "multipart/form-data"
DOCUMENT = "document"
"""The part of a form that holds the return itself; the others are files by the plan's names for them."""
NEEDED = ("duty",)
"""The unit is the key's, the campaign the path's; a duty of a single date has no period."""


@dataclass(frozen=True, slots=True)
class Given:
    """What was posted."""

    data: bytes
    name: str
    attached: tuple[Attached, ...] = ()

    @property
    def digest(self) -> str:
        """The same request has the same one."""
        parts = [(DOCUMENT, self.name, self.data), *((f.id, f.file_name, f.data) for f in self.attached)]
        listed = [[id_, name, hashlib.sha256(data).hexdigest()] for id_, name, data in parts]
        return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


async def read_given(request: Request) -> Given:
    """The body of a submission. Raises Refused for one that is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == FORM:
        return await _of_form(request)
    if kind not in (JSON, WORKBOOK):
        raise Refused(415, "unsupported")
    data = await request.body()
    if (kind == JSON) != is_document(data):
        raise Refused(400, "not-a-document" if kind == JSON else "not-a-workbook")
    return Given(data, f"{DOCUMENT}.json" if kind == JSON else f"{DOCUMENT}.xlsx")


async def _of_form(request: Request) -> Given:
    form = await read_form(request)
    try:
        return await _parts(form)
    finally:
        await form.close()


async def _parts(form: FormData) -> Given:
    main, files = None, []
    for name, value in form.multi_items():
        if name != DOCUMENT and isinstance(value, UploadFile):
            files.append(Attached(name, value.filename or "", await value.read()))
        elif name == DOCUMENT and main is None:
            main = value
        else:
            raise Refused(400, "bad-part", [Problem("bad-part", key=shown(name))])
    if main is None:
        raise Refused(400, "no-document")
    if isinstance(main, str):
        return Given(main.encode("utf-8", "replace"), f"{DOCUMENT}.json", tuple(files))
    return Given(await main.read(), main.filename or f"{DOCUMENT}.json", tuple(files))


def addressed(call: Call, given: Given) -> tuple[Address, bytes | None]:
    """What a return is for, by its own words, and its form; None where the duty wants files alone. Raises
    SubmissionInvalid for one that does not say it, Refused for that of another unit."""
    said = stated_identity(given.data, given.name, NEEDED)
    to = Address(
        call.plan.slug, said["unit"] or call.unit, said["duty"], said["period"], said["subject"] or None
    )
    to = resolved(call.plan, to)
    if to.unit != call.unit and not call.who.may("unit.report", call.plan, to.unit):
        raise Refused(403, "other-unit")
    duty = call.plan.duty.get(to.duty)
    alone = duty is not None and duty.form is None and is_document(given.data)
    return replace(to, subject=to.subject or None), None if alone else given.data
