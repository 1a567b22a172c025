"""Why a request is not let in; `app.py` makes a page of each."""

from __future__ import annotations


class Refusal(Exception):
    """A request that gets no answer to what it asked."""

    status = 403
    template = "refused.html"
    reason = "forbidden"
    """Key of the sentence under `portal.refused`."""


class SignInFirst(Refusal):
    """Nobody is signed in."""

    status = 401
    reason = "sign-in"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path
        """Where to go on afterwards."""


class Forbidden(Refusal):
    """Who is signed in may not; or there is no such thing, which is not told apart."""


class Missing(Refusal):
    """There is no such page, whoever asks."""

    status = 404
    reason = "missing"


class StaleForm(Refusal):
    """A form from another session, or from somewhere else: nothing was done."""

    reason = "stale-form"


class TooOften(Refusal):
    """Tried too often."""

    status = 429
    reason = "too-often"


class TooLarge(Refusal):
    """More was sent than is ever read."""

    status = 413
    reason = "too-large"


class TooSlow(Refusal):
    """The body came at a pace that only holds the server up."""

    status = 408
    reason = "too-slow"


class TooBusy(Refusal):
    """Others are being served; trying again helps."""

    status = 503
    reason = "too-busy"


class BadForm(Refusal):
    """What was posted is no form, or has more parts than any of ours."""

    status = 400
    reason = "bad-form"
