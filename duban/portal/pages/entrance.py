"""Coming in and going out: the first page, signing in by link, code or password, the style sheet."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from duban.access.roles import Held, Principal
from duban.ledger import queries
from duban.plan import Plan
from duban.portal import paths, sessions
from duban.portal.asking import Ask
from duban.portal.guards import Anyone, Person
from duban.portal.limits import client_of
from duban.portal.origins import local
from duban.portal.refusals import Missing, TooOften
from duban.portal.statics import KEPT, static
from duban.services import admitting
from duban.services.campaigns import deployed_plan
from duban.services.throttling import throttled

routes = APIRouter()
TRIES_A_MINUTE = 60
"""Of one client, with all ways of signing in; a whole bureau may come from behind one address."""


@dataclass(frozen=True)
class Place:
    """Somewhere to go from the first page."""

    path: str
    name: str


@dataclass(frozen=True)
class Work:
    """A campaign in which somebody has something to do."""

    plan: Plan
    places: tuple[Place, ...]
    roles: tuple[str, ...]


@routes.get("/")
def home(ask: Person) -> Response:
    """What is there for whoever is signed in; the only place there is at once."""
    work = _work(ask)
    places = [place for found in work for place in found.places]
    if len(places) == 1 and not ask.may("installation"):
        return ask.go(places[0].path)
    return ask.page("home.html", work=work)


def _work(ask: Ask) -> list[Work]:
    found = []
    with ask.office.ledger.read() as conn:
        for slug in queries.campaigns(conn):
            held = ask.me.roles_in(slug)
            if held:
                found.append(_in(ask, deployed_plan(conn, slug), held))
    return found


def _in(ask: Ask, plan: Plan, held: tuple[Held, ...]) -> Work:
    places = []
    if ask.me.may("campaign.see", plan):
        places.append(Place(paths.campaign(plan.slug), ask.office.texts.say("portal.frame.leaves.board")))
    units = dict.fromkeys(h.unit for h in held if h.unit in plan.unit)
    places += [Place(paths.unit(plan.slug, unit), plan.unit[unit].name) for unit in units]
    words = ask.office.texts.words["portal"]["frame"]["roles"]
    return Work(plan, tuple(places), tuple(dict.fromkeys(words[h.role] for h in held)))


@routes.get("/signin")
def sign_in(ask: Anyone, next: str = "/") -> Response:
    """Ask who is there; who is known already goes on."""
    return ask.go(local(next)) if ask.who else _entrance(ask, local(next))


@routes.post("/signin")
def send_code(ask: Anyone) -> Response:
    """Send a one-time code to an address, and ask for it; the same for an address that is not known."""
    _count(ask)
    address, onward = ask.text("address")[:200], local(ask.text("next"))
    if not address:
        return _entrance(ask, onward, "no_address", 422)
    office = ask.office
    admitting.send_code(office.ledger, office.transport, office.texts, address)
    return ask.page("signin-code.html", address=address, next=onward, error="")


@routes.post("/signin/code")
def enter_by_code(ask: Anyone) -> Response:
    """Let in by a one-time code."""
    _count(ask)
    address, code, onward = ask.text("address")[:200], ask.text("code")[:20], local(ask.text("next"))
    token = admitting.enter_by_code(ask.office.ledger, address, code) if code else None
    if token is None:
        error = "wrong_code" if code else "no_code"
        return ask.page("signin-code.html", 422, address=address, next=onward, error=error)
    return _entered(ask, token, onward)


@routes.post("/signin/password")
def enter_by_password(ask: Anyone) -> Response:
    """Let in by an account's password."""
    _count(ask)
    login, onward = ask.text("login")[:100], local(ask.text("next"))
    password = str(ask.sent.get("password", ""))[:1000]
    device = sessions.device_of(ask.request, login)
    token = admitting.enter_by_password(ask.office.ledger, login, password, device=device)
    if token is None:
        return _entrance(ask, onward, "wrong_password", 422, login=login)
    return sessions.mark(ask.office, _entered(ask, token, onward), login)


@routes.get("/in/{token}")
def enter_by_link(ask: Anyone, token: str) -> Response:
    """Let in by the link in a message, to what its unit owes."""
    _count(ask)
    office = ask.office
    session = admitting.enter_by_link(office.ledger, office.settings.secret, token)
    who = admitting.who_is(office.ledger, session) if session else None
    if session is None or who is None:
        return ask.page("signin-link.html", 403, next="/", error="")
    return _entered(ask, session, _first_place(who))


def _first_place(who: Principal) -> str:
    """What the unit owes that a link is for."""
    held = who.held[0]
    return paths.unit(held.campaign, held.unit) if held.unit else "/"


@routes.post("/signout")
def sign_out(ask: Person) -> Response:
    """End the session here and in the ledger."""
    token = sessions.token_of(ask.request)
    if token:
        admitting.leave(ask.office.ledger, token)
    return sessions.forget(ask.office, ask.go("/signin"))


@routes.get("/static/{name}")
def static_file(ask: Anyone, name: str) -> Response:
    """The style sheet, the icon."""
    found = static(ask.office.settings.templates).files.get(name)
    if found is None:
        raise Missing()
    return Response(found.content, media_type=found.kind, headers={"Cache-Control": KEPT})


@routes.get("/healthz")
def healthy(ask: Anyone) -> Response:
    """Whether the portal can read its ledger; for whoever watches over it."""
    with ask.office.ledger.read() as conn:
        queries.campaigns(conn)
    return JSONResponse({"status": "ok"})


def _entrance(ask: Ask, onward: str, error: str = "", status: int = 200, login: str = "") -> Response:
    return ask.page("signin.html", status, next=onward, error=error, login=login)


def _entered(ask: Ask, token: str, onward: str) -> Response:
    """On with a new session; the one before it, if any, is over."""
    before = sessions.token_of(ask.request)
    if before:
        admitting.leave(ask.office.ledger, before)
    return sessions.keep(ask.office, ask.go(onward), token)


def _count(ask: Ask) -> None:
    """Raises TooOften for a client that keeps trying."""
    client = client_of(ask.request.scope)
    if throttled(ask.office.ledger, f"signin:{client}", most=TRIES_A_MINUTE, seconds=60):
        raise TooOften()
