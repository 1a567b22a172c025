"""A mail as it goes over the wire. Python's own `EmailMessage` takes milliseconds for what is always alike: a
few headers and two texts in base64."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode, encodebytes
from collections.abc import Mapping, Sequence
from textwrap import wrap

CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
ENCODED = 42
"""Bytes in one encoded word: 56 letters of base64, and 12 around them, of the 75 that RFC 2047 allows."""
LINE = 76
FOLD = "\r\n "
SPECIALS = re.compile(r'[()<>@,:;."\[\]\\]')


def composed(
    headers: Mapping[str, str], sender: tuple[str, str], to: Sequence[str], plain: str, html: str
) -> bytes:
    """Headers, then a plain and an HTML part. What a header says cannot begin another one."""
    boundary = "=_" + hashlib.sha256(f"{sorted(headers.items())}".encode()).hexdigest()[:40]
    lines = [
        f"From: {named(*sender)}", f"To: {_one_line(', '.join(to))}",
        *(f"{_one_line(name)}: {unstructured(value, len(name) + 2)}" for name, value in headers.items()),
        "MIME-Version: 1.0", f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"', "",
    ]  # fmt: skip
    parts = b"".join(_part(boundary, kind, text) for kind, text in (("plain", plain), ("html", html)))
    return "\r\n".join(lines).encode() + b"\r\n" + parts + f"--{boundary}--\r\n".encode()


def _part(boundary: str, kind: str, text: str) -> bytes:
    head = (
        f'--{boundary}\r\nContent-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    body = re.sub(r"\r\n|\r|\n", "\r\n", text if text.endswith("\n") else text + "\n")
    return head.encode() + encodebytes(body.encode("utf-8", "replace")).replace(b"\n", b"\r\n")


def named(name: str, address: str) -> str:
    """An address with its name before it."""
    name, address = _one_line(name), _one_line(address)
    if not name:
        return address
    if not name.isascii():
        name = unstructured(name, len("From: "))
    elif SPECIALS.search(name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    last = len(name.rpartition("\n")[2])
    return f"{name}{' ' if last + len(address) + 9 <= LINE else FOLD}<{address}>"


def unstructured(value: str, before: int) -> str:
    """A header's text, folded; `before` columns of its first line are taken."""
    value = _one_line(value)
    if value.isascii() and "=?" not in value:
        if before + len(value) <= LINE:
            return value
        lines = wrap(value, LINE - 1, initial_indent=" " * before, break_long_words=False,
                     break_on_hyphens=False)  # fmt: skip
        return FOLD.join(lines).strip()
    words: list[bytes] = []
    word = b""
    for letter in value:
        more = letter.encode("utf-8", "replace")
        if len(word) + len(more) > (ENCODED if words else ENCODED - before * 3 // 4):
            words.append(word)
            word = b""
        word += more
    return FOLD.join(f"=?utf-8?b?{b64encode(w).decode()}?=" for w in [*words, word] if w)


def _one_line(text: str) -> str:
    return CONTROL.sub(" ", text).strip()
