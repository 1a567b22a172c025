"""A shell, and one with Hai'an in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from duban.ledger import open_ledger
from tests.cli.shell import Shell
from tests.support.plans import quiet_folder
from tests.support.town import HAIAN


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def running(shell: Shell) -> Shell:
    """A virtual ledger with Hai'an in force, as a quiet plan; the CLI finds it by its settings."""
    return deployed(shell, str(quiet_folder(HAIAN, shell.var / "quiet")))


@pytest.fixture
def shipped(shell: Shell) -> Shell:
    """The same with the plan as it is shipped."""
    return deployed(shell, HAIAN)


def deployed(shell: Shell, campaign: str) -> Shell:
    open_ledger(f"sqlite:///{shell.var / 'ledger.sqlite'}", kind="virtual").close()
    shell("deploy", campaign, "--ledger-only", "--as-of", "2018-09-06T08:30")
    return shell
