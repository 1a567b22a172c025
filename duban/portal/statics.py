"""The style sheet and the icon: named by digest, so that a browser keeps them until they change."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

KINDS = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
KEPT = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class File:
    """One file that is served as it is."""

    content: bytes
    kind: str
    digest: str


class Static:
    """What of templates/portal/ is no template, read once."""

    def __init__(self, folder: Path) -> None:
        self.files = {
            path.name: File(data := path.read_bytes(), KINDS[path.suffix], hashlib.sha256(data).hexdigest())
            for path in sorted(folder.iterdir())
            if path.suffix in KINDS
        }

    def address(self, name: str) -> str:
        """`/static/portal.css?v=…`"""
        return f"/static/{name}?v={self.files[name].digest[:12]}"


@lru_cache(maxsize=4)
def static(templates: Path) -> Static:
    """The files beside the portal's templates."""
    return Static(templates / "portal")
