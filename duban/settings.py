"""One settings object for flows, command line and portal, read from the environment once, at the rim."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

from duban.errors import BadInput

ROOT = Path(__file__).resolve().parent.parent
ZONE = ZoneInfo("Asia/Shanghai")
SHORTEST_SECRET = 32


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
    url: str = ""
    """Where people reach the portal, e.g. `https://duban.example`; empty: it is not said."""
    link_days: int = 45
    """For so many days a link in a message lets its liaison in."""
    given_secret: str = field(default="", repr=False)
    """What signs links and forms, where the installation gives it."""
    proxy_header: str = ""
    """The header in which a reverse proxy names who has signed in there; empty: there is none."""
    proxy_from: tuple[IPv4Network | IPv6Network, ...] = ()
    """Whose such headers are believed."""
    host: str = "127.0.0.1"
    port: int = 8400
    """Where `duban serve` listens."""
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

    @property
    def noted(self) -> Path:
        """Where word is left of what has been sent, before it is on record."""
        return self.var / "sent"

    @cached_property
    def secret(self) -> str:
        """What signs links and forms: given, or made once and kept in `var/secret`."""
        return self.given_secret or kept_secret(self.var / "secret")

    @staticmethod
    def from_env(env: Mapping[str, str]) -> Settings:
        """DUBAN_VAR, DUBAN_LEDGER_URL, DUBAN_LEASE, DUBAN_DROP_FOLDER, DUBAN_DROP_SETTLE, DUBAN_MAILBOX,
        DUBAN_MAILBOX_SENDERS, DUBAN_URL, DUBAN_SECRET, DUBAN_LINK_DAYS, DUBAN_PROXY_HEADER,
        DUBAN_PROXY_FROM, DUBAN_HOST, DUBAN_PORT and one DUBAN_CHANNEL_<KIND> per channel kind. Any of
        them may be given as <NAME>_FILE, a file that holds the value. Raises BadInput."""
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
            url=_url(env),
            given_secret=_secret(env),
            link_days=_number(env, "DUBAN_LINK_DAYS", 45, most=366),
            proxy_header=_value(env, "DUBAN_PROXY_HEADER"),
            proxy_from=_networks(env),
            host=_value(env, "DUBAN_HOST") or "127.0.0.1",
            port=_number(env, "DUBAN_PORT", 8400, most=65535),
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


def _number(env: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = _value(env, name)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0 if text else default
    if not 1 <= number <= most:
        raise BadInput("bad-number", name=name, value=text, most=most)
    return number


def _url(env: Mapping[str, str]) -> str:
    """The portal's address without a slash at its end; people reach it at the root of a host."""
    text = _value(env, "DUBAN_URL").rstrip("/")
    if text and not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+", text):
        raise BadInput("bad-url", name="DUBAN_URL", value=text)
    return text


def _secret(env: Mapping[str, str]) -> str:
    text = _value(env, "DUBAN_SECRET")
    if 0 < len(text) < SHORTEST_SECRET:
        raise BadInput("secret-too-short", name="DUBAN_SECRET", least=SHORTEST_SECRET)
    return text


def _networks(env: Mapping[str, str]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks, separated by commas."""
    found = []
    for part in filter(None, (p.strip() for p in _value(env, "DUBAN_PROXY_FROM").split(","))):
        try:
            found.append(ip_network(part))
        except ValueError:
            raise BadInput("bad-network", name="DUBAN_PROXY_FROM", value=part) from None
    return tuple(found)


def kept_secret(path: Path) -> str:
    """The secret in a file that only we can read; made by whoever comes first, complete or not at all."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-")  # mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                stream.write(secrets.token_urlsafe(48))
                stream.flush()
                os.fsync(stream.fileno())
            with suppress(FileExistsError):  # another process was faster: theirs counts
                os.link(name, path)
        finally:
            os.unlink(name)
    return path.read_text(encoding="ascii").strip()


def _value(env: Mapping[str, str], name: str) -> str:
    if path := env.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return env.get(name, "")
