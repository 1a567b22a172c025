"""One settings object for flows, command line and portal, read from the environment once, at the rim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from duban.errors import BadInput

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
    drop_folder: Path | None = None
    """A folder or mounted share that returns are put into; None: there is none."""
    drop_settle: float = 10.0
    """Seconds for which a file there has to stay the same before it is taken."""
    mailbox: str = field(default="", repr=False)
    """imaps://user:password@host/INBOX; empty: there is none."""
    mailbox_senders: str = "known"
    """`known`: only a unit's own contacts may report for it by mail; `any`: whoever has its form."""
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
        """DUBAN_VAR, DUBAN_LEDGER_URL, DUBAN_LEASE, DUBAN_DROP_FOLDER, DUBAN_DROP_SETTLE, DUBAN_MAILBOX,
        DUBAN_MAILBOX_SENDERS and one DUBAN_CHANNEL_<KIND> per channel kind. Any of them may be given as
        <NAME>_FILE, a file that holds the value. Raises BadInput."""
        var = Path(_value(env, "DUBAN_VAR") or ROOT / "var").resolve()
        prefix = "DUBAN_CHANNEL_"
        names = {n.removesuffix("_FILE") for n in env if n.startswith(prefix)}
        drop = _value(env, "DUBAN_DROP_FOLDER")
        return Settings(
            var=var,
            ledger_url=_value(env, "DUBAN_LEDGER_URL") or f"sqlite:///{var / 'ledger.sqlite'}",
            channels={n.removeprefix(prefix).lower(): _value(env, n) for n in names},
            drop_folder=Path(drop).resolve() if drop else None,
            drop_settle=_seconds(env, "DUBAN_DROP_SETTLE", 10.0),
            mailbox=_value(env, "DUBAN_MAILBOX"),
            mailbox_senders=_value(env, "DUBAN_MAILBOX_SENDERS") or "known",
            lease=_value(env, "DUBAN_LEASE") != "off",
        )


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    text = _value(env, name)
    try:
        seconds = float(text) if text else default
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise BadInput("bad-seconds", name=name, value=text)
    return seconds


def _value(env: Mapping[str, str], name: str) -> str:
    if path := env.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return env.get(name, "")
