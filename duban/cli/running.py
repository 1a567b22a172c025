"""Commands that set a campaign going: deploy, rehearse, demo."""

from __future__ import annotations

from pathlib import Path

import click

from duban.cli.options import (
    WORDS,
    campaign_argument,
    cli,
    givens,
    giving,
    json_option,
    to_file,
    to_folder,
)  # fmt: skip
from duban.console import Console, emit_json, instant


@cli.command(help=WORDS["deploy"])
@campaign_argument
@click.option("--reason", default="", help=WORDS["reason"])
@giving
@click.option("--ledger-only", is_flag=True, help=WORDS["ledger_only"])
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
def deploy(
    app: Console, campaign: str, reason: str, start: str | None, end: str | None, due: tuple[str, ...],
    ledger_only: bool, as_of: str | None,
) -> None:  # fmt: skip
    """Put a plan in force and register its Prefect deployment."""
    from duban.plan.given import with_given
    from duban.services.deploying import deploy as put_in_force

    bundle = with_given(app.files(campaign), givens(start, end, due))
    done = put_in_force(app.ledger, bundle, reason=reason, as_of=instant(as_of))
    click.echo(app.texts.say("cli.deployed" if done.changed else "cli.already-deployed", d=done))
    if not ledger_only:
        app.run_python("deployments.register", done.campaign)


@cli.command(help=WORDS["rehearse"])
@campaign_argument
@giving
@click.option("--seed", default=1, show_default=True, help=WORDS["seed"])
@click.option("--keep", type=to_file, help=WORDS["keep"])
@json_option
@click.pass_obj
def rehearse(
    app: Console, campaign: str, start: str | None, end: str | None, due: tuple[str, ...], seed: int,
    keep: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Play the whole campaign without Prefect."""
    from duban.rehearsal import rehearse as play_through

    played = play_through(
        app.settings, campaign, app.texts, seed=seed, keep=keep, given=givens(start, end, due)
    )
    if as_json:
        emit_json(played.as_json())
    else:
        click.echo(
            app.texts.render("cli/story.txt", days=played.days, closing=played.closing, plan=played.plan)
        )
    if played.closing.open or played.closing.disagreeing:
        raise SystemExit(1)


@cli.command(help=WORDS["demo"])
@click.argument("campaign", default="haian-2018")
@click.option("--dir", "folder", type=to_folder, help=WORDS["demo_dir"])
@click.pass_obj
def demo(app: Console, campaign: str, folder: Path | None) -> None:
    """Play the same story through real Prefect flows."""
    app.run_python("deployments.demo", campaign, str(folder or app.settings.var / "demo"))
