"""What was sent: one version as it was sent, its receipt, its files."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from duban.portal.asking import Ask
from duban.portal.desk import address_of, may_read, meant
from duban.portal.downloads import download_kept
from duban.portal.form_fields import figure
from duban.portal.guards import SeeUnit
from duban.portal.refusals import Forbidden
from duban.services.addresses import Address
from duban.services.reading import Filed, Version, content_of, filed, receipt_of, versions
from duban.services.receipts import late_by
from duban.services.receiving import wanted_files

routes = APIRouter(include_in_schema=False)
HERE = "/c/{campaign}/u/{unit}/d/{duty}/{period}/v/{version}"


@routes.get(HERE)
def one(ask: SeeUnit, campaign: str, unit: str, duty: str, period: str, version: int) -> Response:
    """A version as it was sent, with what became of it."""
    here = address_of(ask, campaign, unit, duty, period)
    with ask.office.ledger.read() as conn:
        to, found, became = _found(conn, ask, here, version)
    return ask.page(
        "filed.html", to=to, here=here, f=found, v=became, unit=ask.plan.unit[to.unit],
        duty=found.plan.duty.get(to.duty) or ask.plan.duty[to.duty], called=_kinds(ask, to, found),
        open=may_read(ask, found.form, here.unit), value=figure,
    )  # fmt: skip


@routes.get(HERE + "/receipt")
def receipt(ask: SeeUnit, campaign: str, unit: str, duty: str, period: str, version: int) -> Response:
    """The receipt 回执 of a version; on paper, one page and nothing else."""
    here = address_of(ask, campaign, unit, duty, period)
    with ask.office.ledger.read() as conn:
        to, found, became = _found(conn, ask, here, version)
        given = receipt_of(conn, ask.plan, to, version)
    if given is None:
        raise Forbidden()
    return ask.page(
        "receipt.html", to=to, here=here, f=found, v=became, r=given, late=late_by(given),
        unit=found.plan.unit.get(to.unit) or ask.plan.unit[to.unit],
        duty=found.plan.duty.get(to.duty) or ask.plan.duty[to.duty],
        recipient=ask.plan.recipient(ask.plan.duty[to.duty], ask.plan.unit[to.unit]),
        open=may_read(ask, found.form, here.unit), printed=ask.now().astimezone(ask.plan.zone),
    )  # fmt: skip


@routes.get(HERE + "/file")
def file(ask: SeeUnit, campaign: str, unit: str, duty: str, period: str, version: int) -> Response:
    """The file that was sent, to be saved."""
    here = address_of(ask, campaign, unit, duty, period)
    with ask.office.ledger.read() as conn:
        _, found, became = _found(conn, ask, here, version)
    return _download(ask, here, found, became, found.version.file, found.version.file_name)


@routes.get(HERE + "/files/{number}")
def attachment(
    ask: SeeUnit, campaign: str, unit: str, duty: str, period: str, version: int, number: int
) -> Response:
    """One of the files that came with it, to be saved."""
    here = address_of(ask, campaign, unit, duty, period)
    with ask.office.ledger.read() as conn:
        _, found, became = _found(conn, ask, here, version)
    one = next((a for a in found.attachments if a.n == number), None)
    return _download(ask, here, found, became, one.digest if one else "", one.name if one else "")


def _found(conn: Connection, ask: Ask, here: Address, version: int) -> tuple[Address, Filed, Version]:
    """The version with what became of it. Raises Forbidden where there is no such version."""
    to = meant(ask, here)
    if to.duty not in ask.plan.duty:
        raise Forbidden()
    found = filed(conn, ask.plan, to, version) if version > 0 else None
    became = next((v for v in versions(conn, ask.plan, to, ask.now()) if v.version == version), None)
    if found is None or became is None:
        raise Forbidden()
    return to, found, became


def _download(ask: Ask, here: Address, found: Filed, became: Version, digest: str, name: str) -> Response:
    if became.expunged or not may_read(ask, found.form, here.unit):
        raise Forbidden()

    def content() -> bytes | None:
        with ask.office.ledger.read() as conn:
            return content_of(conn, digest)

    answer = download_kept(content, name)
    if answer is None:
        raise Forbidden()
    return answer


def _kinds(ask: Ask, to: Address, found: Filed) -> dict[str, str]:
    """What the plan calls the files that came."""
    plan = found.plan if to.duty in found.plan.duty and to.unit in found.plan.unit else ask.plan
    return {a.id: a.name for a in wanted_files(plan, to)}
