"""A request as a page sees it: who asks, in which campaign, and how to answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from duban.access.roles import Principal, Right
from duban.plan import Plan
from duban.portal import paths
from duban.portal.office import Office
from duban.portal.statics import static
from duban.services.awaiting import unanswered


@dataclass
class Ask:
    """One request that was let in."""

    request: Request
    office: Office
    who: Principal | None
    csrf: str
    """What a form of this person has to send back; "" for whoever is not signed in."""
    sent: FormData
    """What was posted; empty for a GET."""
    plan_: Plan | None = None
    """The campaign that the address names, where it names one."""

    @property
    def plan(self) -> Plan:
        """The campaign's plan; only for pages under /c/{campaign}."""
        if self.plan_ is None:
            raise RuntimeError(f"{self.request.url.path} is about no campaign")
        return self.plan_

    @property
    def me(self) -> Principal:
        """Who asks; only for pages that need a sign-in."""
        if self.who is None:
            raise RuntimeError(f"{self.request.url.path} lets in anyone")
        return self.who

    def now(self) -> datetime:
        """The ledger's time."""
        return self.office.now()

    def may(self, right: Right, unit: str = "") -> bool:
        """Whether who asks may do that in this campaign."""
        return self.who is not None and self.who.may(right, self.plan_, unit)

    def to_approve(self) -> int:
        """How many things wait for an answer of who asks in this campaign."""
        if not self.may("campaign.approve"):
            return 0
        with self.office.ledger.read() as conn:
            waiting = unanswered(conn, self.plan.slug)
        leads = any(h.role == "leader" for h in self.me.roles_in(self.plan.slug))
        return waiting["coordinator"] + (waiting["leader"] if leads else 0)

    def text(self, name: str) -> str:
        """A field of the posted form, without surrounding blanks, nor NUL, which PostgreSQL does not take;
        "" when it is not there."""
        value = self.sent.get(name, "")
        return value.replace("\0", "").strip() if isinstance(value, str) else ""

    def files(self, name: str) -> list[UploadFile]:
        """The files posted under a name; a file input left empty is none."""
        found = (f for f in self.sent.getlist(name) if isinstance(f, UploadFile))
        return [f for f in found if f.filename or f.size]

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page of templates/portal/."""
        files = static(self.office.settings.templates)
        values = {
            "ask": self, "who": self.who, "csrf": self.csrf, "plan": self.plan_, "paths": paths,
            "style": files.address("portal.css"), "icon": files.address("icon.svg"), **values,
        }  # fmt: skip
        html = self.office.texts.render(f"portal/{template}", **values)
        return HTMLResponse(html, status_code=status)

    def go(self, path: str) -> Response:
        """On to another page after something was done."""
        return RedirectResponse(path, status_code=303)
