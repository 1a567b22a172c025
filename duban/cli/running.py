"""Commands that set a campaign going: deploy, run, rehearse, demo."""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from duban.plan import Bundle


@cli.command(help=WORDS["deploy"])
@campaign_argument
@click.option("--reason", default="", help=WORDS["reason"])
@giving
@click.option("--ledger-only", is_flag=True, help=WORDS["ledger_only"])
@click.option("--dry-run", is_flag=True, help=WORDS["dry_run"])
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
def deploy(
    app: Console, campaign: str, reason: str, start: str | None, end: str | None, due: tuple[str, ...],
    ledger_only: bool, dry_run: bool, as_of: str | None,
) -> None:  # fmt: skip
    """Put a plan in force and register its Prefect deployment."""
    from duban.plan.given import with_given
    from duban.services.deploying import deploy as put_in_force

    bundle = with_given(app.files(campaign), givens(start, end, due))
    if dry_run:
        _what_would_change(app, bundle, instant(as_of))
        return
    done = put_in_force(app.ledger, bundle, reason=reason, as_of=instant(as_of))
    click.echo(app.texts.say("cli.deployed" if done.changed else "cli.already-deployed", d=done))
    if not ledger_only:
        app.run_python("deployments.register", done.campaign)


def _what_would_change(app: Console, bundle: Bundle, as_of: datetime | None) -> None:
    """Everything that deploying checks, and what it would add, move and drop."""
    from duban import views
    from duban.plan.given import slug_of
    from duban.services.deploying import deploy as put_in_force

    slug = slug_of(bundle)
    known = app.is_deployed(slug)
    changes = views.comparison(app, bundle, slug, as_of.date() if as_of else None) if known else None
    with app.trying(True):
        # nobody is asked for a reason to have a look
        done = put_in_force(app.ledger, bundle, reason="dry run", as_of=as_of)
        click.echo(app.texts.say("cli.would-deploy" if done.changed else "cli.already-deployed", d=done))
        if changes:
            click.echo(app.texts.render("cli/against.txt", **changes["text"]))


@cli.command(help=WORDS["run"])
@campaign_argument
@click.option("--dry-run", is_flag=True, help=WORDS["run_dry"])
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
def run(app: Console, campaign: str, dry_run: bool, as_of: str | None) -> None:
    """One run and one delivery by hand, or what they would say."""
    plan, at = app.deployed(campaign), instant(as_of)
    if dry_run:
        from duban.services.foretelling import foretell

        with app.trying(True):
            _, parcels = foretell(app.ledger, plan.slug, app.texts, at)
            now = app.ledger.now(at).astimezone(plan.zone)
            click.echo(app.texts.render("cli/foretold.txt", plan=plan, now=now, parcels=parcels))
        return
    _run(app, plan.slug, at)


def _run(app: Console, slug: str, at: datetime | None) -> None:
    from duban.access.links import doorway
    from duban.doors.draining import drain_doors, has_doors
    from duban.outbox.channels import AppriseTransport
    from duban.services.delivering import deliver
    from duban.services.running import run_campaign

    owner, settings = f"cli-{uuid.uuid4().hex[:8]}", app.settings

    def doors(as_of: datetime | None) -> object:
        return drain_doors(app.ledger, settings, app.texts, owner=owner, as_of=as_of)

    done = run_campaign(
        app.ledger, slug, texts=app.texts, documents=settings.documents, owner=owner, as_of=at,
        doors=doors if has_doors(settings) else None,
    )  # fmt: skip
    if done.skipped:
        click.echo(app.texts.say("run.skipped"))
        return
    for said in (x for x in done.said if x.sent or x.superseded or x.proposed):
        click.echo(app.texts.say("run.said", s=said))
    transport = AppriseTransport(settings.channels, loopback_only=app.ledger.kind == "virtual")
    sent = deliver(
        app.ledger, transport, app.texts, owner=owner, door=doorway(settings), as_of=at, noted=settings.noted
    )
    click.echo(app.texts.say("run.delivered", d=sent))


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
