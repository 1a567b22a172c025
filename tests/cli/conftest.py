"""A shell, and one with Hai'an in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from duban.ledger import open_ledger
from tests.cli.shell import Shell
from tests.support.town import HAIAN


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def running(shell: Shell) -> Shell:
    """A virtual ledger with Hai'an in force; the CLI finds it by its settings."""
    open_ledger(f"sqlite:///{shell.var / 'ledger.sqlite'}", kind="virtual").close()
    shell("deploy", HAIAN, "--ledger-only", "--as-of", "2018-09-06T08:30")
    return shell
