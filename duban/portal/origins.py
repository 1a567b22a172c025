"""Whether a form comes from one of our own pages: the browser says so, and no other site can say it for it.

This stands beside the `csrf` value of whoever is signed in, and alone where nobody is.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from duban.portal.office import Office
from duban.portal.refusals import StaleForm

LONGEST_PATH = 2000


def check_origin(request: Request, *, strictly: bool) -> None:
    """Raises StaleForm for a form from elsewhere; `strictly` also when it is not said where from."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise StaleForm()
    said = request.headers.get("origin") or origin_of(request.headers.get("referer", ""))
    if said and said not in _ours(request):
        raise StaleForm()
    if strictly and not said:
        raise StaleForm()


def origin_of(url: str) -> str:
    """`https://duban.example` of any address there; "" of what is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def _ours(request: Request) -> set[str]:
    """By the address that people are told, and by the one that this request was sent to."""
    office: Office = request.app.state.office
    return {origin_of(office.settings.url), origin_of(str(request.base_url))} - {""}


def local(path: str) -> str:
    """A path of ours to go on to after signing in; `/` for anything else, such as another site's."""
    plain = path.isprintable() and "\\" not in path and len(path) <= LONGEST_PATH
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"
