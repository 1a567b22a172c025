"""One settings object for flows, command line and portal, read from the environment once, at the rim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Settings:
    """Where things are and how messages leave. Channel URLs may hold secrets, so they are not shown."""

    var: Path
    """Run-time state: ledger, documents."""
    ledger_url: str
    channels: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Apprise URL by channel kind, with `{address}` where the recipient's address belongs."""
    lease: bool = True
    """Whether campaign runs take the lease; without it they are as correct, only busier."""
    root: Path = ROOT
    zone: ZoneInfo = ZONE
    """Zone of the installation's own words; a campaign's dates are in its plan's."""

    @property
    def campaigns(self) -> Path:
        """Where campaign folders are looked for."""
        return self.root / "data" / "campaigns"

    @property
    def templates(self) -> Path:
        """The Chinese texts and layouts."""
        return self.root / "templates"

    @property
    def documents(self) -> Path:
        """Where drafted documents are put."""
        return self.var / "documents"

    @staticmethod
    def from_env(env: Mapping[str, str]) -> Settings:
        """DUBAN_VAR, DUBAN_LEDGER_URL, DUBAN_LEASE and one DUBAN_CHANNEL_<KIND> per channel kind. Any
        of them may be given as <NAME>_FILE, a file that holds the value."""
        var = Path(_value(env, "DUBAN_VAR") or ROOT / "var").resolve()
        prefix = "DUBAN_CHANNEL_"
        names = {n.removesuffix("_FILE") for n in env if n.startswith(prefix)}
        return Settings(
            var=var,
            ledger_url=_value(env, "DUBAN_LEDGER_URL") or f"sqlite:///{var / 'ledger.sqlite'}",
            channels={n.removeprefix(prefix).lower(): _value(env, n) for n in names},
            lease=_value(env, "DUBAN_LEASE") != "off",
        )


def _value(env: Mapping[str, str], name: str) -> str:
    if path := env.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return env.get(name, "")
