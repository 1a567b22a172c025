"""No call without a rule: each endpoint takes a `Call` by the right that its unit's key has to have.

A key comes as `Authorization: Bearer <key>`; cookies are not looked at, so nothing has to be guarded against
forms of other sites. A key is good for one unit of one campaign; of any other campaign it is told nothing,
not even whether there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path, Request
from starlette.concurrency import run_in_threadpool

from duban.access.roles import Principal, Right
from duban.plan import Plan
from duban.portal.api.refused import Refused
from duban.portal.office import Office
from duban.services.recognising import holder

LONGEST = 200
"""Characters of a key."""
Campaign = Annotated[str, Path(description="专项行动, as its addresses name it")]


@dataclass(frozen=True)
class Call:
    """One call that was let in."""

    request: Request
    office: Office
    who: Principal
    plan: Plan
    unit: str
    """Whose key it is."""

    def now(self) -> datetime:
        """The ledger's time."""
        return self.office.now()


class Rule:
    """The dependency that lets calls in by one right."""

    def __init__(self, needs: Right) -> None:
        self.needs = needs

    async def __call__(self, request: Request, campaign: Campaign) -> Call:
        return await run_in_threadpool(_admit, request, self.needs, campaign)


class Open:
    """The dependency of what anybody may read."""

    needs: Right = "anyone"

    async def __call__(self, request: Request) -> Request:
        return request


def _admit(request: Request, needs: Right, campaign: str) -> Call:
    office: Office = request.app.state.office
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key or len(key) > LONGEST or not key.isascii():
        raise Refused(401, "no-key")
    with office.ledger.read() as conn:
        found = holder(conn, key, office.now())
    if found is None:
        raise Refused(401, "no-key")
    who, plan = found
    unit = who.held[0].unit  # its own comes first
    if campaign != plan.slug or not who.may(needs, plan, unit):
        raise Refused(403, "forbidden")
    return Call(request, office, who, plan, unit)


Anybody = Annotated[Request, Depends(Open())]
SeeOwn = Annotated[Call, Depends(Rule("unit.see"))]
ReportOwn = Annotated[Call, Depends(Rule("unit.report"))]
