"""A mail as it goes over the wire. Python's own `EmailMessage` takes milliseconds for what is always alike: a
few headers and two texts in base64."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode, encodebytes
from collections.abc import Mapping, Sequence
from textwrap import wrap
from urllib.parse import quote

from duban.ledger.parcels import File

CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
ENCODED = 42
"""Bytes in one encoded word: 56 letters of base64, and 12 around them, of the 75 that RFC 2047 allows."""
LINE = 76
FOLD = "\r\n "
SPECIALS = re.compile(r'[()<>@,:;."\[\]\\]')


def composed(
    headers: Mapping[str, str], sender: tuple[str, str], to: Sequence[str], plain: str, html: str,
    files: Sequence[File] = (),
) -> bytes:  # fmt: skip
    """Headers, then a plain and an HTML part, and files behind them. What a header says cannot begin another
    one."""
    mark = hashlib.sha256(f"{sorted(headers.items())}".encode()).hexdigest()[:40]
    boundary = f"=_{mark}"
    texts = b"".join(_part(boundary, kind, text) for kind, text in (("plain", plain), ("html", html)))
    kind, body = "alternative", texts + f"--{boundary}--\r\n".encode()
    if files:
        inner, boundary = _multipart(kind, boundary), f"=_files_{mark}"
        head = f"--{boundary}\r\n{inner}\r\n\r\n".encode()
        kind, body = "mixed", head + body + b"".join(_attached(boundary, file) for file in files)
        body += f"--{boundary}--\r\n".encode()
    lines = [
        f"From: {named(*sender)}", f"To: {_one_line(', '.join(to))}",
        *(f"{_one_line(name)}: {unstructured(value, len(name) + 2)}" for name, value in headers.items()),
        "MIME-Version: 1.0", _multipart(kind, boundary), "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n" + body


def _multipart(kind: str, boundary: str) -> str:
    return f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"'


def _part(boundary: str, kind: str, text: str) -> bytes:
    head = (
        f'--{boundary}\r\nContent-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    body = re.sub(r"\r\n|\r|\n", "\r\n", text if text.endswith("\n") else text + "\n")
    return head.encode() + encodebytes(body.encode("utf-8", "replace")).replace(b"\n", b"\r\n")


def _attached(boundary: str, file: File) -> bytes:
    """A file under its name, which is said twice: programs that do not know RFC 2231, as older Outlooks and
    Foxmail, take an encoded word in `name`."""
    head = (
        f'--{boundary}\r\nContent-Type: {file.kind};\r\n name="{_quotable(file.name)}"\r\n'
        f"Content-Disposition: attachment;\r\n {_parameter('filename', file.name)}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + encodebytes(file.data).replace(b"\n", b"\r\n")


def _quotable(name: str) -> str:
    """A file's name between quotation marks."""
    name = _one_line(name)
    return re.sub(r'(["\\])', r"\\\1", name) if name.isascii() else unstructured(name, len('name="') + 1)


def _parameter(parameter: str, name: str) -> str:
    """A parameter as RFC 2231 has it, in pieces that fit into a line and cut no letter."""
    name = _one_line(name)
    if name.isascii() and len(parameter) + len(name) < LINE - 8:
        return f'{parameter}="{_quotable(name)}"'
    pieces = ["utf-8''"]
    for letter in name:
        more = quote(letter.encode("utf-8", "replace"), safe="")
        if len(pieces[-1]) + len(more) > LINE - len(parameter) - 8:
            pieces.append("")
        pieces[-1] += more
    if len(pieces) == 1:
        return f"{parameter}*={pieces[0]}"
    return f";{FOLD}".join(f"{parameter}*{n}*={piece}" for n, piece in enumerate(pieces))


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
