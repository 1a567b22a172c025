"""Obligations, forms and receipts as the API tells them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from duban.plan import Plan
from duban.plan.duties import Attachment
from duban.plan.forms import Form as PlanForm
from duban.plan.forms import Indicator
from duban.plan.forms import Register as PlanRegister
from duban.portal.paths import NO_PERIOD
from duban.registers import Row
from duban.services.addresses import Address
from duban.services.numbering import Numbered
from duban.services.reading import Version
from duban.standing import Standing
from duban.views.agenda import iso

BASE = "/api/v1"


def campaign_path(campaign: str, leaf: str) -> str:
    """Where a campaign's obligations, submissions and receipts are."""
    return f"{BASE}/campaigns/{quote(campaign, safe='')}/{leaf}"


def obligation_path(to: Address) -> str:
    """Where one obligation is."""
    path = f"obligations/{quote(to.duty, safe='')}/{quote(to.period or NO_PERIOD, safe='')}"
    return campaign_path(to.campaign, path) + (f"?{urlencode({'subject': to.subject})}" if to.subject else "")


def receipt_path(campaign: str, number: str) -> str:
    """Where one receipt is."""
    return campaign_path(campaign, f"receipts/{quote(number, safe='')}")


def obligation_json(plan: Plan, found: Standing) -> dict[str, Any]:
    """An obligation as it stands."""
    owed = found.owed
    to = Address.of(plan.slug, owed)
    return {
        "duty": owed.duty, "duty_name": plan.duty[owed.duty].name if owed.duty in plan.duty else owed.duty,
        "period": owed.period or None, "subject": to.subject, "opens_at": owed.opens_at.isoformat(),
        "due_at": iso(found.due_at), "state": found.state, "came_in": found.came_in,
        "on_time": found.on_time, "answer_by": iso(found.answer_by), "version": found.version,
        "first_received": iso(found.first_received), "first_valid": iso(found.first_valid),
        "last_revised": iso(found.last_revised), "accepted": iso(found.accepted),
        "href": obligation_path(to),
    }  # fmt: skip


def version_json(version: Version) -> dict[str, Any]:
    """One version that was sent."""
    returned = version.returned
    return {
        "version": version.version, "receipt": version.number,
        "received_at": version.received_at.isoformat(), "door": version.door, "valid": version.valid,
        "zero": version.zero, "counts": version.counts, "returned": returned.reason if returned else None,
    }  # fmt: skip


def numbered_json(found: Numbered) -> dict[str, Any]:
    """A receipt as a list has it."""
    to = found.to
    return {
        "receipt": found.number, "duty": to.duty, "period": to.period, "subject": to.subject,
        "version": found.version, "valid": found.valid, "zero": found.zero, "door": found.door,
        "received_at": found.received_at.isoformat(), "href": receipt_path(to.campaign, found.number),
    }  # fmt: skip


def form_json(
    plan: Plan, to: Address, form: PlanForm | None, wanted: Iterable[Attachment], carried: Sequence[Row]
) -> dict[str, Any]:
    """What a return has to say."""
    duty = plan.duty[to.duty]
    sections = form.sections if form else ()
    return {
        "form": form.id if form else None, "version": form.version if form else None,
        "title": form.title if form else duty.name, "zero_report": duty.zero_report, "sign": list(duty.sign),
        "sections": [
            {"id": s.id, "name": s.name, "indicators": [_indicator(i) for i in s.indicators]}
            for s in sections
        ],
        "register": _register(form.register_, carried) if form and form.register_ else None,
        "attachments": [
            {"id": a.id, "name": a.name, "at_least": a.at_least, "kinds": list(a.kinds), "per": a.per}
            for a in wanted
        ],
    }  # fmt: skip


def _indicator(i: Indicator) -> dict[str, Any]:
    return {
        "code": i.code, "name": i.name, "unit_of_measure": i.unit_of_measure, "type": i.type,
        "scale": i.scale, "required": i.required, "cumulative": i.is_stock, "within": i.within,
        "sum_of": list(i.sum_of), "choices": list(i.choices), "max": i.max, "personal": i.personal,
    }  # fmt: skip


def _register(register: PlanRegister, carried: Sequence[Row]) -> dict[str, Any]:
    return {
        "name": register.name, "key": list(register.key),
        "columns": [_indicator(c) for c in register.columns],
        "carried": [row.said(register) for row in carried],
    }  # fmt: skip
