"""What every command needs: settings, the ledger when it is wanted, a plan by name, a way to print."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy.engine import make_url

from duban.calendars import to_micros
from duban.errors import BadInput, NotAllowed
from duban.ledger.queries import newest_plan
from duban.plan import Bundle, Plan, parse
from duban.plan.given import NOTHING, Givens, with_given
from duban.rendering import Renderer, renderer
from duban.services.campaigns import deployed_plan, folder_of, read_bundle
from duban.settings import ZONE, Settings

if TYPE_CHECKING:
    from duban.ledger import Ledger


FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Instants outside are slips of the keyboard, and would not fit the ledger's clock."""


class Console:
    """One invocation of the command line."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def texts(self) -> Renderer:
        """The Chinese texts."""
        return renderer(self.settings.templates)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of the settings; made when there is none."""
        from duban.ledger import open_ledger

        self.settings.var.mkdir(parents=True, exist_ok=True)
        return open_ledger(self.settings.ledger_url)

    @contextmanager
    def trying(self, dry_run: bool) -> Iterator[None]:
        """Let everything that is written in here be gone afterwards, where a dry run was asked for; where
        there is no ledger yet, none is made."""
        if not dry_run:
            yield
            return
        with ExitStack() as stack:
            if self._ledger_exists():
                real = self.ledger
            else:
                from duban.ledger import open_ledger

                folder = stack.enter_context(TemporaryDirectory())
                real = stack.enter_context(closing(open_ledger(f"sqlite:///{folder}/ledger.sqlite")))
                stack.callback(self.__dict__.pop, "ledger", None)
            self.__dict__["ledger"] = stack.enter_context(real.trial())
            try:
                yield
            finally:
                self.__dict__["ledger"] = real
                click.echo(self.texts.say("cli.dry-run"), err=True)

    def files(self, name: str) -> Bundle:
        """The files of a slug's folder, or of a folder. Raises BadInput."""
        return read_bundle(folder_of(name, self.settings.campaigns))

    def bundle(self, name: str, at: datetime | None = None, given: Givens = NOTHING) -> Bundle:
        """A deployed slug's bundle from the ledger, else that of the folder. Raises BadInput."""
        if "/" not in name and not given and self._ledger_exists():
            with self.ledger.read() as conn:
                found = newest_plan(conn, name, None if at is None else to_micros(at))
                if found is not None:
                    return Bundle.from_text(found[1])
        return with_given(self.files(name), given)

    def plan(self, name: str, at: datetime | None = None, given: Givens = NOTHING) -> Plan:
        """The plan of that bundle. Raises BadInput, PlanInvalid."""
        return parse(self.bundle(name, at, given))

    def deployed(self, name: str, at: datetime | None = None) -> Plan:
        """The plan in force of a slug, or of the slug of a folder. Raises NotAllowed when it is not
        deployed; makes no ledger to find that out."""
        slug = name
        if "/" in name or (not (self.settings.campaigns / name).exists() and Path(name).is_dir()):
            slug = self.plan(name).slug
        if not self._ledger_exists():
            raise NotAllowed("not-deployed", campaign=slug)
        with self.ledger.read() as conn:
            return deployed_plan(conn, slug, at)

    def is_deployed(self, name: str) -> bool:
        """Whether there is a plan in force under that slug."""
        try:
            self.deployed(name)
        except (NotAllowed, BadInput):
            return False
        return True

    def now(self) -> datetime:
        """The ledger's time, or the clock's where there is no ledger."""
        return self.ledger.now(None) if self._ledger_exists() else datetime.now(ZONE)

    def _ledger_exists(self) -> bool:
        url = make_url(self.settings.ledger_url)
        return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()

    def read(self, path: Path) -> bytes:
        """A file's bytes. Raises BadInput."""
        try:
            return path.read_bytes()
        except OSError as error:
            raise BadInput("file-unreadable", path=str(path), detail=error.strerror or "") from error

    def run_python(self, module: str, *arguments: str) -> None:
        """Run a module of deployments/ as a process of its own: the core stays free of Prefect."""
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(command, cwd=self.settings.root, check=False)
        if done.returncode:
            sys.exit(done.returncode)


def instant(text: str | None) -> datetime | None:
    """A day (its first instant) or an ISO 8601 time; without a zone it is Chinese time. Raises BadInput."""
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
        if len(text) == 10:
            parsed = datetime.combine(date.fromisoformat(text), time())
    except ValueError as error:
        raise BadInput("bad-instant", value=text) from error
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise BadInput("bad-instant", value=text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=ZONE)


def boundary(text: str | None) -> datetime | None:
    """The exclusive end of what a person writes: a bare day belongs to it ("X日前" includes day X)."""
    at = instant(text)
    return at + timedelta(days=1) if at is not None and text is not None and len(text) == 10 else at


def emit_json(document: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))


def show_problems(texts: Renderer, error: BadInput) -> None:
    """Every mistake, on stderr."""
    title = texts.error(error)
    click.echo(texts.render("cli/problems.txt", title=title, problems=error.problems), err=True)
