"""Commands about the doors that stand open by themselves: intake."""

from __future__ import annotations

import sys
import uuid

import click

from duban.cli.options import WORDS, cli, json_option
from duban.console import Console, emit_json


@cli.command(help=WORDS["intake"])
@json_option
@click.pass_obj
def intake(app: Console, as_json: bool) -> None:
    """Drain every door once; exit 1 when something could not be taken and is tried again."""
    from duban.doors.draining import drain_doors, has_doors

    if not has_doors(app.settings):
        click.echo(app.texts.say("doors.none"), err=True)
        sys.exit(2)
    done = drain_doors(app.ledger, app.settings, app.texts, owner=f"cli-{uuid.uuid4().hex[:8]}")
    if as_json:
        emit_json(done.as_json())
    else:
        words = app.texts.words["doors"]
        for o in done.outcomes:
            names = {"verdict": words["verdicts"][o.verdict], "name": words["names"][o.door]}
            click.echo(app.texts.say("doors.line", o=o, **names))
        click.echo(app.texts.say("doors.summary", d=done))
    if done.count("failed"):
        sys.exit(1)
