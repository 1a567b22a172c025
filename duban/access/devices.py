"""Browsers in which an account has signed in before: their tries are counted apart, so that whoever guesses
its password elsewhere does not shut its owner out. A mark lets nobody in."""

from __future__ import annotations

import hashlib
import secrets

from itsdangerous import BadData, URLSafeSerializer

LONGEST = 500


def marked(secret: str, login: str) -> str:
    """A new mark, for a browser in which an account has just signed in."""
    return str(_serializer(secret).dumps([_plain(login), secrets.token_urlsafe(12)]))


def device_of(secret: str, mark: str, login: str) -> str:
    """Which browser of an account a mark stands for; "" for what is no mark of ours, or another account's."""
    if len(mark) > LONGEST:
        return ""
    try:
        of, device = _serializer(secret).loads(mark)
    except (BadData, TypeError, ValueError):
        return ""
    return str(device) if of == _plain(login) else ""


def _plain(login: str) -> str:
    return login.strip().lower()


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="duban-device", signer_kwargs={"digest_method": hashlib.sha256})
