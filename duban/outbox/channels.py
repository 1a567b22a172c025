"""Channels: the only place that knows Apprise. A URL of the settings plus an address is a channel.

Mail goes through our own plugin for Apprise's mail schemas: its URLs stay, but plain text and HTML
are both ours, the Message-ID is stable, no TLS context is loaded for a plain connection, and a
refusal tells whether trying again can help.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formataddr, formatdate
from typing import Any
from urllib.parse import quote, urlsplit

from apprise import Apprise, NotifyFormat
from apprise.manager_plugins import NotificationManager
from apprise.plugins.email import NotifyEmail

from duban.errors import DeliveryFailed, NoSuchAddress, NotAllowed, Permanent, Retryable
from duban.ledger.queries import Parcel

GENERATED = {"Auto-Submitted": "auto-generated"}
"""RFC 3834: no out-of-office answers, please."""
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Mail(NotifyEmail):  # type: ignore[no-untyped-call]
    """Apprise's mail plugin with our own parts, Message-ID and errors."""

    def deliver(self, parcel: Parcel, message_id: str, headers: Mapping[str, str] = GENERATED) -> None:
        """Send one parcel. Raises Permanent or Retryable."""
        try:
            with self._connect() as smtp:
                if self.user and self.password:
                    smtp.login(self.user, self.password)
                smtp.send_message(self._compose(parcel, message_id, headers))
        except smtplib.SMTPRecipientsRefused as error:
            code = min((c for c, _ in error.recipients.values()), default=550)
            refused = f"recipient refused ({code})"
            raise (NoSuchAddress(refused) if code >= 500 else Retryable(refused)) from None
        except smtplib.SMTPResponseException as error:
            raise _by_code(error.smtp_code, type(error).__name__) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Retryable(f"{type(error).__name__}") from None

    def _connect(self) -> smtplib.SMTP:
        timeout, port = self.socket_connect_timeout, self.port or 0
        if str(self.secure_mode) == "ssl":
            return smtplib.SMTP_SSL(self.smtp_host, port, timeout=timeout, context=self._tls())
        smtp = smtplib.SMTP(self.smtp_host, port, timeout=timeout)
        if str(self.secure_mode) == "starttls":
            smtp.starttls(context=self._tls())
        return smtp

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self.verify_certificate:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _compose(self, parcel: Parcel, message_id: str, headers: Mapping[str, str]) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = parcel.subject
        mail["From"] = formataddr((str(self.from_addr[0] or ""), str(self.from_addr[1])))
        mail["To"] = ", ".join(address for _, address in self.targets)
        mail["Date"] = formatdate(localtime=True)
        mail["Message-ID"] = message_id
        for name, value in headers.items():
            mail[name] = value
        mail.set_content(parcel.plain)
        mail.add_alternative(parcel.html, subtype="html")
        return mail


def _by_code(code: int, what: str) -> DeliveryFailed:
    """SMTP: 5xx is permanent, 4xx may pass."""
    return Permanent(f"{what} ({code})") if code >= 500 else Retryable(f"{what} ({code})")


# Apprise logs a URL it cannot read with its password, and chat tokens at DEBUG; what went wrong reaches
# us by its answers, so its own log stays shut.
logging.getLogger("apprise").disabled = True

NotificationManager().add(Mail, schemas=("mailto", "mailtos"), force=True)  # type: ignore[no-untyped-call]


class AppriseTransport:
    """Sends through the Apprise URLs of the settings."""

    def __init__(self, channels: Mapping[str, str], *, loopback_only: bool) -> None:
        """`loopback_only` holds for virtual ledgers: a rehearsal writes to nobody. Raises NotAllowed."""
        for kind, url in channels.items():
            if loopback_only and urlsplit(url).hostname not in LOOPBACK:
                raise NotAllowed("virtual-needs-loopback", channel=kind)
        self.channels = channels
        self._plugins: dict[tuple[str, str], Any] = {}

    def send(self, parcel: Parcel, message_id: str) -> None:
        """Hand one parcel over. Raises Permanent for a channel that is not set up, else as the
        channel answers."""
        plugin = self._plugin(parcel.channel, parcel.address)
        if isinstance(plugin, Mail):
            plugin.deliver(parcel, message_id)
            return
        # Apprise answers False for every failure; what may pass and what not cannot be told apart.
        if not plugin.notify(title=parcel.subject, body=parcel.plain, body_format=NotifyFormat.TEXT):
            raise Retryable(f"{parcel.channel}: not accepted")

    def reply(self, parcel: Parcel, message_id: str, headers: Mapping[str, str]) -> None:
        """Answer a mail by mail, under headers that tie the answer to it. Raises DeliveryFailed."""
        plugin = self._plugin(parcel.channel, parcel.address)
        if not isinstance(plugin, Mail):
            raise Permanent(f"channel {parcel.channel!r} is not mail")
        plugin.deliver(parcel, message_id, headers)

    def _plugin(self, channel: str, address: str) -> Any:
        if (channel, address) not in self._plugins:
            template = self.channels.get(channel)
            if not template:
                raise Permanent(f"no URL for channel {channel!r} in the settings")
            plugin = Apprise.instantiate(
                template.replace("{address}", quote(address, safe="@")), suppress_exceptions=True
            )
            if not plugin:
                raise Permanent(f"channel {channel!r}: the URL in the settings is not one Apprise takes")
            plugin.request_rate_per_sec = 0  # our pace is the outbox's; 5.5 s of sleep a send is not
            self._plugins[channel, address] = plugin
        return self._plugins[channel, address]
