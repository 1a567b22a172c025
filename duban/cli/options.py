"""The `duban` group, and the options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from duban.console import Console
from duban.errors import BadInput
from duban.plan.given import Givens
from duban.rendering import renderer
from duban.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
WORDS = renderer().words["help"]

to_file = click.Path(dir_okay=False, path_type=Path)
to_folder = click.Path(file_okay=False, path_type=Path)


@click.group(help=WORDS["group"])
@click.version_option(package_name="duban")
@click.pass_context
def cli(context: click.Context) -> None:
    """The `duban` command."""
    context.obj = Console(Settings.from_env(os.environ))


def campaign_argument(function: F) -> F:
    """Every command is about one campaign: a slug or a folder."""
    return click.argument("campaign")(function)


def json_option(function: F) -> F:
    """One JSON document instead of text."""
    return click.option("--json", "as_json", is_flag=True, help=WORDS["json"])(function)


def reading(function: F) -> F:
    """Options of every reading command."""
    return json_option(click.option("--as-of", help=WORDS["as_of"])(function))


def trying(function: F) -> F:
    """The option that lets a writing command do everything and keep nothing."""

    @wraps(function)
    def tried(app: Console, *args: Any, dry_run: bool, **values: Any) -> Any:
        with app.trying(dry_run):
            return function(app, *args, **values)

    return click.option("--dry-run", is_flag=True, help=WORDS["dry_run"])(tried)  # type: ignore[return-value]


def of_period(function: F) -> F:
    """Options that name a duty and one of its periods; a duty of a single date has none."""
    function = click.option("--period", default="", help=WORDS["period"])(function)
    return click.option("--duty", required=True, help=WORDS["duty"])(function)


def addressed(function: F) -> F:
    """Options that name one obligation."""
    function = click.option("--subject", help=WORDS["subject"])(function)
    return click.option("--unit", required=True, help=WORDS["unit"])(of_period(function))


def giving(function: F) -> F:
    """Options that give what a notice leaves open: its span, days still to be set."""
    function = click.option("--due", multiple=True, metavar="DUTY=DATE", help=WORDS["due"])(function)
    function = click.option("--end", help=WORDS["end"])(function)
    return click.option("--start", help=WORDS["start"])(function)


def day(text: str | None) -> date | None:
    """A day as written. Raises BadInput."""
    if text is None:
        return None
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadInput("bad-day", value=text)


def givens(start: str | None, end: str | None, due: tuple[str, ...]) -> Givens:
    """What `--start`, `--end` and `--due DUTY=DATE` give. Raises BadInput."""
    determined = {}
    for text in due:
        duty, sign, written = text.partition("=")
        found = day(written) if sign else None
        if found is None:
            raise BadInput("bad-due", value=text)
        determined[duty] = found
    return Givens(day(start), day(end), determined)
