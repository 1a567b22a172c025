"""The command that opens the portal: serve."""

from __future__ import annotations

import click

from duban.cli.options import WORDS, cli
from duban.console import Console


@cli.command(help=WORDS["serve"])
@click.option("--host", help=WORDS["serve_host"])
@click.option("--port", type=click.IntRange(0, 65535), help=WORDS["serve_port"])
@click.pass_obj
def serve(app: Console, host: str | None, port: int | None) -> None:
    """Serve the pages and the API until interrupted."""
    from duban.portal.serving import listening, office, run

    settings = app.settings
    served = office(settings, app.ledger, app.texts)
    with listening(host or settings.host, settings.port if port is None else port) as socket:
        there, number = socket.getsockname()[:2]
        where = f"http://{f'[{there}]' if ':' in there else there}:{number}"
        click.echo(app.texts.say("cli.serving", url=settings.url or where, where=where))
        try:
            run(served, socket)
        except KeyboardInterrupt:
            pass
        finally:
            app.ledger.close()
