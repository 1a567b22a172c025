"""Number formats that show something else than a cell holds: 50% for 0.5, 1.2万 for 12000, nothing for 7.

What the unit saw and what the file says are then two figures, and neither is taken.
"""

from __future__ import annotations

import re
from html import unescape

from duban.intake.sheets import too_large

PERCENT = (9, 10)
"""Built-in formats."""
STYLES = 65_536
"""More than any office program allows."""
NUMBER_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\s[^<>]*>")
CELL_STYLES = re.compile(rb"(?s)<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs\s*>")
STYLE = re.compile(rb"<(?:\w+:)?xf\b[^<>]*>")
ID = re.compile(rb"""\bnumFmtId\s*=\s*["'](\d{1,6})["']""")
CODE = re.compile(rb"""\bformatCode\s*=\s*(?:"([^"]*)"|'([^']*)')""")

LITERAL = re.compile(r'"([^"]*)"|[\\!](.)')
PADDING = re.compile(r"[_*].|\[[^\]]*\]")
SCALED = re.compile(r"[0#?],+(?![,0#?])")
"""A comma after the last digit divides by a thousand."""
TIMES = re.compile("[十千万亿兆]|百(?!分)")
SHOWN = re.compile(r"[0#?@ymdhs]|general|g/", re.IGNORECASE)


def misleading_styles(styles: bytes) -> dict[int, str]:
    """Number of a cell style → its format, of those that mislead."""
    formats: dict[int, str] = dict.fromkeys(PERCENT, "0%")
    for tag in NUMBER_FORMAT.findall(styles):
        number, code = ID.search(tag), CODE.search(tag)
        if number and code:
            formats[int(number[1])] = unescape((code[1] or code[2] or b"").decode("utf-8", "replace"))
    odd = {n for n, code in formats.items() if misleads(code)}
    listed = CELL_STYLES.search(styles)
    found = STYLE.findall(listed[0]) if listed else []
    if len(found) > STYLES:
        raise too_large()
    ids = ((at, ID.search(xf)) for at, xf in enumerate(found))
    return {at: formats[int(n[1])] for at, n in ids if n and int(n[1]) in odd}


def misleads(code: str) -> bool:
    """Whether a format's figure for a positive number is not the number itself."""
    literals = "".join(a or b for a, b in LITERAL.findall(code))
    plain = PADDING.sub("", LITERAL.sub("", code)).partition(";")[0]
    scaled = "%" in plain or SCALED.search(plain) is not None or TIMES.search(literals + plain) is not None
    return scaled or (bool(code.strip()) and SHOWN.search(plain) is None)
