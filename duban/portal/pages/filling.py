"""Filling in and sending a return: the form as a page, its drafts, the workbook, a request for more time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from duban.errors import BadInput, DubanError, NotAllowed, Problem
from duban.portal import happening, paths, submitting
from duban.portal.asking import Ask
from duban.portal.dates import limit_of
from duban.portal.desk import Desk, address_of, desk, may_read
from duban.portal.downloads import download
from duban.portal.form_fields import begun, of_posted, with_carried
from duban.portal.form_view import form_view
from duban.portal.guards import ReportUnit, SeeUnit
from duban.portal.refusals import Forbidden
from duban.portal.tags import shown
from duban.services.drafting import drop_form
from duban.services.issuing import issue_form
from duban.services.requesting import request_extension

routes = APIRouter(include_in_schema=False)
HERE = "/c/{campaign}/u/{unit}/d/{duty}/{period}"


@routes.get("/c/{campaign}/u/{unit}/d/{duty}/new")
def new_event(ask: ReportUnit, campaign: str, unit: str, duty: str) -> Response:
    """Something happened 随时上报: on which day."""
    return ask.page("happened.html", **happening.asked(ask, unit, duty))


@routes.post("/c/{campaign}/u/{unit}/d/{duty}/new")
def event_named(ask: ReportUnit, campaign: str, unit: str, duty: str) -> Response:
    """On to the form of that event."""
    to, errors = happening.named(ask, campaign, unit, duty)
    if to is None:
        return ask.page("happened.html", 422, **(happening.asked(ask, unit, duty) | {"errors": errors}))
    return ask.go(paths.obligation(to))


@routes.get(HERE)
def form(
    ask: SeeUnit, campaign: str, unit: str, duty: str, period: str, again: str = "", saved: str = ""
) -> Response:
    """The form, how the obligation stands, and what was sent."""
    d = desk(ask, address_of(ask, campaign, unit, duty, period))
    return page(ask, d, again=bool(again), saved=bool(saved))


@routes.post(HERE)
def posted(ask: ReportUnit, campaign: str, unit: str, duty: str, period: str) -> Response:
    """Save the draft; then check it, add rows, take out a file, or send it."""
    d = desk(ask, address_of(ask, campaign, unit, duty, period))
    if d.is_frozen:
        return page(ask, d, status=409)
    if sent := submitting.sent_before(ask, d):
        return ask.go(paths.version(d.here, sent, "receipt"))
    if ask.text("do") == "discard":
        drop_form(ask.office.ledger, d.to)
        return ask.go(paths.obligation(d.here))
    saved = submitting.save(ask, d)
    d = saved.desk
    if saved.problems or saved.changed is not None:
        status = 409 if saved.changed is not None else 422
        submitted = ask.text("do") == "submit"
        return page(
            ask, d, status=status, problems=saved.problems, changed=saved.changed, submitted=submitted
        )
    if ask.text("do") in ("check", "submit"):
        return _checked(ask, d)
    if ask.text("do") == "rows":
        return page(ask, d, editing=True)
    return ask.go(paths.obligation(d.here, saved="1"))


def _checked(ask: Ask, d: Desk) -> Response:
    """Every mistake at its field; sent when asked to and nothing stands in the way."""
    submit = ask.text("do") == "submit"
    stated, problems = submitting.received_at(ask, d)
    problems = (*problems, *submitting.examined(ask, d))
    asked = set(ask.text("asked").split())
    open_queries = [p for p in problems if p.grade == "query" and submitting.mark(p) not in asked]
    if not submit or open_queries or any(p.refuses for p in problems):
        status = 422 if any(p.refuses for p in problems) else 200
        return page(ask, d, status=status, problems=problems, checked=True, submitted=submit)
    receipt = submitting.send(ask, d, stated)
    if not receipt.valid:
        return ask.go(paths.obligation(d.here))
    return ask.go(paths.version(d.here, receipt.version, "receipt"))


@routes.get(HERE + "/workbook")
def workbook(ask: SeeUnit, campaign: str, unit: str, duty: str, period: str) -> Response:
    """The form of this obligation as a workbook, with the draft or what was sent last in it."""
    d = desk(ask, address_of(ask, campaign, unit, duty, period))
    if not may_read(ask, d.form, unit):  # the rows that are carried on may be about somebody
        raise Forbidden()
    mine = ask.may("unit.report", unit)  # a draft is nobody else's business
    filled = begun(d.form, d.typed, d.carried) if d.form is not None and mine else None
    data = issue_form(ask.office.ledger, d.to, words=ask.office.texts.words["blank"], begun=filled)
    name = ask.office.texts.say(
        "portal.unit.workbook", plan=d.plan, unit=d.unit, duty=d.duty, period=d.to.period
    )
    return download(data, name)


@routes.post(HERE + "/workbook")
def filled_workbook(ask: ReportUnit, campaign: str, unit: str, duty: str, period: str) -> Response:
    """The filled workbook, with the files that lie with the draft."""
    d = desk(ask, address_of(ask, campaign, unit, duty, period))
    if d.is_frozen:
        return page(ask, d, status=409)
    files = ask.files("workbook")
    stated, problems = submitting.received_at(ask, d)
    if not files or problems:
        missing = () if files else (Problem("file-not-chosen", key="workbook"),)
        return page(ask, d, status=422, upload=(*missing, *problems))
    receipt = submitting.send_workbook(ask, d, files[0], stated)
    if receipt.valid:
        return ask.go(paths.version(d.here, receipt.version, "receipt"))
    d = desk(ask, d.here)
    return page(ask, d, status=422, upload=receipt.problems, upload_name=files[0].filename or "")


@routes.post(HERE + "/extension")
def extension(ask: ReportUnit, campaign: str, unit: str, duty: str, period: str) -> Response:
    """Ask for more time."""
    d = desk(ask, address_of(ask, campaign, unit, duty, period))
    until, errors = limit_of(ask.text("until"), d.plan.zone), {}
    if until is None:
        errors["until"] = ask.office.texts.say("portal.unit.extension_day")
    if not ask.text("reason"):
        errors["reason"] = ask.office.texts.say("portal.unit.extension_reason")
    if until is not None and not errors:
        try:
            request_extension(
                ask.office.ledger, d.to, until=until, by=ask.me.name, reason=ask.text("reason")[:500]
            )
            return ask.go(paths.obligation(d.here) + "#extension")
        except (BadInput, NotAllowed) as error:
            errors["until"] = ask.office.texts.error(error)
    return page(ask, d, status=422, extension=errors)


def page(
    ask: Ask, d: Desk, *, status: int = 200, problems: Sequence[Problem] = (), again: bool = False,
    editing: bool = False, saved: bool = False, checked: bool = False, submitted: bool = False,
    changed: DubanError | None = None, upload: Sequence[Problem] = (), upload_name: str = "",
    extension: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """The page of one obligation. What was typed is shown as it was typed."""
    typed = of_posted(d.form, ask.sent) if changed and d.form else d.typed
    locked: frozenset[int] = frozenset()
    if d.form is not None and d.form.register_ is not None:
        typed, locked = with_carried(d.form.register_, typed, d.carried)
    reports = ask.may("unit.report", d.here.unit)
    offers = reports and not d.is_frozen and (
        not d.is_met or d.draft is not None or again or editing or bool(problems) or checked
    )  # fmt: skip
    files = d.draft.files if d.draft else ()
    view = form_view(
        d.form, d.duty, typed, wanted=d.wanted, files=files, kept=d.kept, problems=problems, past=d.past,
        locked=locked,
    )  # fmt: skip
    asked = " ".join(submitting.mark(p) for p in problems if p.grade == "query") if submitted else ""
    return ask.page(
        "filling.html", status, d=d, view=view, offers=offers, reports=reports, saved=saved, checked=checked,
        submitted=submitted, changed=changed, asked=asked, upload=upload, upload_name=upload_name,
        extension=extension, now=_local(ask, d), shown=shown(d.stands) if d.stands else None,
        officer=submitting.is_officer(ask), may_review=ask.may("unit.review", d.here.unit),
        recipient=d.plan.recipient(d.duty, d.unit), entered=_entered(ask),
    )  # fmt: skip


def _entered(ask: Ask) -> dict[str, Any]:
    return {name: ask.text(name) for name in ("until", "reason", "received_at", "statement")}


def _local(ask: Ask, d: Desk) -> datetime:
    return ask.now().astimezone(d.plan.zone)
