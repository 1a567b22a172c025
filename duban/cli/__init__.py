"""The command line: thin. It parses, calls one service, and prints a template or one JSON document."""

from __future__ import annotations

import sys

import click

from duban.cli import (
    approving,
    calling,
    collecting,
    deciding,
    doors,
    hearing,
    looking,
    people,
    plans,
    running,
    sending,
    serving,
    tidying,
)
from duban.cli.options import cli
from duban.console import show_problems
from duban.errors import BadInput, DubanError
from duban.rendering import renderer

__all__ = [
    "approving",
    "calling",
    "cli",
    "collecting",
    "deciding",
    "doors",
    "hearing",
    "looking",
    "main",
    "people",
    "plans",
    "running",
    "sending",
    "serving",
    "tidying",
]


def main() -> None:
    """Entry point: 0 done, 1 a finding, 2 bad input."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.Abort:
        sys.exit(130)
    except BadInput as error:
        show_problems(renderer(), error)
        sys.exit(2)
    except DubanError as error:
        by = renderer().words["cli"]["by"].get(error.code)  # which option does it: nothing for a page
        click.echo(renderer().error(error) + (f"（{by}）" if by else ""), err=True)
        sys.exit(2)
    except OSError as error:
        path, detail = error.filename or "", error.strerror or str(error)
        click.echo(renderer().say("errors.file-unreadable-or-unwritable", path=path, detail=detail), err=True)
        sys.exit(2)
    except Exception as error:
        if not _about_the_database(error):
            raise
        click.echo(renderer().say("errors.ledger-unreachable", detail=type(error).__name__), err=True)
        sys.exit(2)


def _about_the_database(error: Exception) -> bool:
    """Whether the ledger's database refused or could not be reached; its own words may hold a password."""
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    return isinstance(error, ArgumentError | DBAPIError | NoSuchModuleError)
