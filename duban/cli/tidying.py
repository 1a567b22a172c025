"""Commands that keep the house in order: tidy."""

from __future__ import annotations

from dataclasses import asdict

import click

from duban.cli.options import WORDS, cli, json_option, trying
from duban.console import Console, emit_json


@cli.command(help=WORDS["tidy"])
@json_option
@click.pass_obj
@trying
def tidy(app: Console, as_json: bool) -> None:
    """Clear away what has run its course."""
    from duban.services.tidying import tidy as clear_away

    done = clear_away(app.ledger)
    if as_json:
        emit_json(asdict(done))
    else:
        click.echo(app.texts.say("run.tidied", d=done, died=[]))
