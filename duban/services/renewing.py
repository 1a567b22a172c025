"""Making a new campaign's folder from an old one's files."""

from __future__ import annotations

from pathlib import Path

from duban.errors import BadInput
from duban.plan import Bundle


def write_folder(bundle: Bundle, folder: Path) -> None:
    """Write the files of a bundle. Raises BadInput for a folder that is there already."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise BadInput("folder-exists", path=str(folder)) from error
    for name, text in bundle.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
