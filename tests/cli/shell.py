"""The command line as its users call it: a process, its output, its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from duban.settings import ROOT


class Shell:
    """A shell with its own DUBAN_VAR."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("DUBAN_", "PREFECT_"))}
        self.env |= {"DUBAN_VAR": str(var), "PYTHONPATH": str(ROOT)}

    def __call__(self, *words: str, code: int = 0) -> str:
        command = [sys.executable, "-c", "from duban.cli import main; main()", *words]
        done = subprocess.run(
            command, env=self.env, cwd=self.var, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stdout if code != 2 else done.stdout + done.stderr

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--json", code=code))
