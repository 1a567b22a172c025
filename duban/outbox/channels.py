"""Channels: the only place that knows Apprise, with the plugins beside it. A URL of the settings plus an
address is a channel; where Apprise's own plugin is wrong or slow, ours is registered for its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import requests
from apprise import Apprise, NotifyFormat
from apprise.manager_plugins import NotificationManager
from apprise.utils.parse import is_email

from duban.access.passwords import digest
from duban.errors import NotAllowed, Permanent, Retryable
from duban.ledger.parcels import Parcel
from duban.outbox.lanes import Lane
from duban.outbox.mail import GENERATED, Connection, Mail
from duban.outbox.posting import keep_quiet
from duban.outbox.robots import ROBOTS, Hook, Robot

__all__ = ["GENERATED", "LOOPBACK", "AppriseTransport", "Mail", "Round"]

LOOPBACK = {"127.0.0.1", "localhost", "::1"}

keep_quiet()
_PLUGINS: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (Mail, ("mailto", "mailtos")), (Hook, ("json", "jsons")), *((r, r.names) for r in ROBOTS),
)  # fmt: skip
for _plugin, _schemas in _PLUGINS:
    NotificationManager().add(_plugin, schemas=_schemas, force=True)  # type: ignore[no-untyped-call]


class AppriseTransport:
    """Sends through the Apprise URLs of the settings."""

    def __init__(self, channels: Mapping[str, str], *, loopback_only: bool) -> None:
        """`loopback_only` holds for virtual ledgers: a rehearsal writes to nobody. Raises NotAllowed."""
        self.loopback_only = loopback_only
        for kind, url in channels.items():
            if loopback_only and _host(url) not in LOOPBACK:
                raise NotAllowed("virtual-needs-loopback", channel=kind)
        self.channels = channels
        self._plugins: dict[tuple[str, str], Any] = {}
        self._alike: dict[str, Mail] = {}
        """A plugin of each mail channel; reading a URL takes longer than sending a mail."""

    def send(self, parcel: Parcel, message_id: str) -> None:
        """Hand one parcel over. Raises Permanent for a channel that is not set up, else as the
        channel answers."""
        with self.open() as post:
            post.send(parcel, message_id)

    @contextmanager
    def open(self) -> Iterator[Round]:
        """A round of sends that share connections; one thread's own."""
        made = Round(self)
        try:
            yield made
        finally:
            made.close()

    def reply(self, parcel: Parcel, message_id: str, headers: Mapping[str, str]) -> None:
        """Answer a mail by mail, under headers that tie the answer to it. Raises DeliveryFailed."""
        plugin = self.plugin(parcel.channel, parcel.address)
        if not isinstance(plugin, Mail):
            raise Permanent(f"channel {parcel.channel!r} is not mail")
        plugin.deliver(parcel, message_id, headers)

    def lane(self, channel: str, address: str) -> Lane:
        """What is sent one after another: all of one mail server, of one host, of one robot."""
        try:
            plugin = self.plugin(channel, address)
        except Permanent:
            return Lane(channel)
        if isinstance(plugin, Mail | Hook):
            return Lane(f"{plugin.reaches}:{plugin.port or ''}")
        name = digest("|".join(map(str, plugin.url_identifier or (channel, address))))  # names a token
        return Lane(name, plugin.limits if isinstance(plugin, Robot) else ())

    def plugin(self, channel: str, address: str) -> Any:
        """The plugin of an address. Raises Permanent."""
        if (channel, address) not in self._plugins:
            self._plugins[channel, address] = self._another(channel, address) or self._made(channel, address)
        return self._plugins[channel, address]

    def _another(self, channel: str, address: str) -> Mail | None:
        """A mail plugin like the channel's first, to somebody else."""
        alike = self._alike.get(channel)
        return alike.to(address) if alike and is_email(address) else None  # type: ignore[no-untyped-call]

    def _made(self, channel: str, address: str) -> Any:
        template = self.channels.get(channel)
        if not template:
            raise Permanent(f"no URL for channel {channel!r} in the settings")
        url = template.replace("{address}", quote(address, safe="@"))
        plugin = Apprise.instantiate(url, suppress_exceptions=True)
        if not plugin:
            raise Permanent(f"channel {channel!r}: the URL in the settings is not one Apprise takes")
        if self.loopback_only and getattr(plugin, "reaches", _host(url)) not in LOOPBACK:
            raise Permanent(f"channel {channel!r}: a virtual ledger reaches loopback only")
        if isinstance(plugin, Mail) and plugin.addresses == [address] and template.count("{address}") == 1:
            self._alike[channel] = plugin
        plugin.request_rate_per_sec = 0  # our pace is the outbox's; 5.5 s of sleep a send is not
        return plugin


def _host(url: str) -> str:
    """The host that a URL leads to; of a robot, whose URL has its token there, the one it goes `via`."""
    parts = urlsplit(url)
    via = parse_qs(parts.query).get("via", [""])[0]
    robot = any(parts.scheme in r.names for r in ROBOTS)
    return (urlsplit(via).hostname if robot else parts.hostname) or ""


class Round:
    """Sends of one thread on connections that are kept until it is over."""

    def __init__(self, transport: AppriseTransport) -> None:
        self._transport = transport
        self._mail: dict[tuple[object, ...], Connection] = {}
        self._http: requests.Session | None = None

    def send(self, parcel: Parcel, message_id: str) -> None:
        """Hand one parcel over. Raises DeliveryFailed."""
        plugin = self._transport.plugin(parcel.channel, parcel.address)
        if isinstance(plugin, Mail):
            self._mail.setdefault(plugin.server, Connection()).send(plugin, parcel, message_id, GENERATED)
            return
        if parcel.enclosed:  # whatever the settings call mail, it carries no files
            parcel = replace(parcel, plain=parcel.enclosed.plain, html=parcel.enclosed.html, enclosed=None)
        if isinstance(plugin, Robot | Hook):
            plugin.deliver(self._session(), parcel, message_id)
        # Apprise answers False for every failure; what may pass and what not cannot be told apart.
        elif not plugin.notify(title=parcel.subject, body=parcel.plain, body_format=NotifyFormat.TEXT):
            raise Retryable(f"{parcel.channel}: not accepted")

    def _session(self) -> requests.Session:
        if self._http is None:
            self._http = requests.Session()
        return self._http

    def close(self) -> None:
        """Give every connection back."""
        for connection in self._mail.values():
            connection.close()
        self._mail.clear()
        if self._http is not None:
            self._http.close()
