"""Passwords are kept as argon2 hashes; tokens and keys, long and random, as their SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from itertools import pairwise
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 256
"""Characters of a password."""
FEWEST_KINDS = 5
"""So many different characters a password has at least: not `aaaaaaaaaaaa`, not `121212121212`."""

COMMON = (
    "password", "passw0rd", "p@ssw0rd", "12345678", "87654321", "qwertyui", "asdfghjk", "1qaz2wsx",
    "abcd1234", "admin123", "adminadmin", "iloveyou", "letmein", "welcome", "mima", "woaini",
    "duban", "administrator", "88888888", "66666666", "00000000", "11111111",
)  # fmt: skip
"""What a password may not come down to once these and the login are taken away; lower case."""

_hasher = PasswordHasher()
_room = BoundedSemaphore(2)
"""Each comparison takes 64 MB; more of them wait."""


def hashed(password: str) -> str:
    """The argon2 hash to keep, with its own salt."""
    with _room:
        return _hasher.hash(password)


def fits(hash_: str, password: str) -> bool:
    """Whether a password is the one of a hash."""
    try:
        with _room:
            return _hasher.verify(hash_, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


NOBODYS = hashed(secrets.token_urlsafe())
"""Compared with where there is nobody, so that it takes as long."""


def weakness(password: str, login: str = "") -> str | None:
    """Why a password is not good enough: `too-short`, `too-long` or `too-common`."""
    if len(password) < SHORTEST:
        return "too-short"
    if len(password) > LONGEST:
        return "too-long"
    left = password.lower()
    for known in (login.lower(), *COMMON):
        left = left.replace(known, "") if len(known) > 3 else left
    return "too-common" if len(set(left)) < FEWEST_KINDS or _is_run(left) else None


def _is_run(text: str) -> bool:
    """Whether each character follows the one before it, as in 123456789012 or abcdefghijkl."""
    steps = {(ord(b) - ord(a)) % 10 for a, b in pairwise(text)}
    return len(steps) == 1


def new_token() -> str:
    """256 random bits that fit into a URL."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """A one-time code 验证码 of six digits."""
    return f"{secrets.randbelow(10**6):06d}"


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
