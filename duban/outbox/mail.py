"""Mail through our own plugin for Apprise's mail schemas: its URLs stay, but plain text and HTML are both
ours, the Message-ID is stable, one connection carries a run's mails, and a refusal tells whether trying
again can help."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from email.utils import formatdate

from apprise.plugins.email import NotifyEmail

from duban.errors import DeliveryFailed, NoSuchAddress, Permanent, Retryable, Unclear, Unreachable
from duban.ledger.parcels import File, Parcel
from duban.outbox.composing import composed

GENERATED = {"Auto-Submitted": "auto-generated"}
"""RFC 3834: no out-of-office answers, please."""
LINE_OF_A_DOT = re.compile(rb"^\.", re.MULTILINE)


class Mail(NotifyEmail):  # type: ignore[no-untyped-call]
    """Apprise's mail plugin with our own parts, Message-ID and errors."""

    socket_read_timeout = 60.0
    """A server that looks for viruses answers late; not to wait for it is to send twice. `rto` of the URL."""

    def to(self, address: str) -> Mail:
        """The same channel to somebody else."""
        other = copy(self)
        other.targets = [(False, address)]
        return other

    def deliver(self, parcel: Parcel, message_id: str, headers: Mapping[str, str] = GENERATED) -> None:
        """Send one parcel on a connection of its own. Raises DeliveryFailed."""
        connection = Connection()
        try:
            connection.send(self, parcel, message_id, headers)
        finally:
            connection.close()

    @property
    def server(self) -> tuple[object, ...]:
        """What mails have in common that may share a connection."""
        return (
            self.smtp_host, self.port, str(self.secure_mode), self.user, self.password,
            self.verify_certificate,
        )  # fmt: skip

    @property
    def reaches(self) -> str:
        """The host that is spoken to."""
        return str(self.smtp_host)

    def connect(self) -> smtplib.SMTP:
        """A connection that is signed in. Raises Unreachable: whatever is wrong, it is no single mail's."""
        smtp = None
        try:
            smtp = self._dial()
            if str(self.secure_mode) == "starttls":
                smtp.starttls(context=self._tls())
            smtp.ehlo_or_helo_if_needed()
            if self.user and self.password:
                smtp.login(self.user, self.password)
            if smtp.sock is not None:
                smtp.sock.settimeout(self.socket_read_timeout)
        except (OSError, smtplib.SMTPException) as error:
            if smtp is not None:
                smtp.close()
            code = getattr(error, "smtp_code", None)
            raise Unreachable(type(error).__name__ + (f" ({code})" if code else "")) from None
        return smtp

    def _dial(self) -> smtplib.SMTP:
        timeout, port = self.socket_connect_timeout, self.port or 0
        if str(self.secure_mode) == "ssl":
            return smtplib.SMTP_SSL(self.smtp_host, port, timeout=timeout, context=self._tls())
        return smtplib.SMTP(self.smtp_host, port, timeout=timeout)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self.verify_certificate:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def composed(
        self, parcel: Parcel, message_id: str, headers: Mapping[str, str], files: Sequence[File] = ()
    ) -> bytes:
        """The mail as it goes over the wire, dots and all; it speaks of files only if it brings some."""
        sender = (str(self.from_addr[0] or ""), str(self.from_addr[1]))
        says = {"Subject": parcel.subject, "Date": formatdate(localtime=True), "Message-ID": message_id}
        words = parcel if files or parcel.enclosed is None else parcel.enclosed
        mail = composed({**says, **headers}, sender, self.addresses, words.plain, words.html, files)
        return LINE_OF_A_DOT.sub(b"..", mail)

    @property
    def addresses(self) -> list[str]:
        """Whom it goes to."""
        return [str(address) for _, address in self.targets]


class Connection:
    """A connection to one mail server, opened for the first mail and kept for those that follow."""

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None

    def send(self, mail: Mail, parcel: Parcel, message_id: str, headers: Mapping[str, str]) -> None:
        """Hand one mail over. Raises DeliveryFailed."""
        files = parcel.enclosed.make() if parcel.enclosed else ()
        try:
            self._send(mail, mail.composed(parcel, message_id, headers, files))
        except NoSuchAddress:
            raise
        except Permanent:
            if not files:
                raise
            # Too large for the server, or it wants no such files; it has not taken them, so words will do.
            self._send(mail, mail.composed(parcel, message_id, headers))

    def _send(self, mail: Mail, data: bytes) -> None:
        kept = self._smtp is not None
        try:
            self._hand_over(mail, data)
        except _Gone:
            self.close()
            if not kept:
                raise Unreachable("closed before the mail began") from None
            self._again(mail, data)  # a server lets a connection carry so many mails, or for so long

    def _again(self, mail: Mail, data: bytes) -> None:
        try:
            self._hand_over(mail, data)
        except _Gone:
            self.close()
            raise Unreachable("closed before the mail began") from None

    def _hand_over(self, mail: Mail, data: bytes) -> None:
        smtp = self._smtp = self._smtp or mail.connect()
        try:
            _hand_over(smtp, str(mail.from_addr[1]), mail.addresses, data)
        except (_Gone, Unclear):
            self.close()
            raise
        except DeliveryFailed:
            self._forget_mail()
            raise
        except (OSError, smtplib.SMTPException) as error:  # before the last byte: it was not taken
            self.close()
            raise Retryable(type(error).__name__) from None

    def _forget_mail(self) -> None:
        """Ready for the next mail, or closed."""
        try:
            if self._smtp is not None and self._smtp.rset()[0] != 250:
                self.close()
        except (OSError, smtplib.SMTPException):
            self.close()

    def close(self) -> None:
        """Say goodbye, as far as somebody is there."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            if smtp.sock is not None:
                with suppress(OSError, smtplib.SMTPException):
                    smtp.sock.settimeout(2.0)
                    smtp.quit()
            smtp.close()


class _Gone(Exception):
    """The connection ended before this mail began."""


def _hand_over(smtp: smtplib.SMTP, sender: str, to: Sequence[str], data: bytes) -> None:
    """One mail, step for step, so that it is known what a failure means. Raises DeliveryFailed, _Gone."""
    try:
        options = _options(smtp, (sender, *to), data)
        code = smtp.docmd("mail", " ".join((f"FROM:<{sender}>", *options)))[0]
    except smtplib.SMTPServerDisconnected:
        raise _Gone from None
    if code == 421:
        raise _Gone
    if code == 552:
        raise Permanent(f"larger than the server takes ({code})")
    if code != 250:
        raise Retryable(f"sender refused ({code})")  # of our set-up, and nothing that this address can help
    _address(smtp, to)
    code = smtp.docmd("DATA")[0]
    if code != 354:
        raise _by_code(code)
    smtp.send(data + b".\r\n" if data.endswith(b"\r\n") else data + b"\r\n.\r\n")
    try:
        code = smtp.getreply()[0]
    except (OSError, smtplib.SMTPException) as error:
        raise Unclear(f"no answer: {type(error).__name__}") from None
    if code != 250:
        raise _by_code(code)


def _address(smtp: smtplib.SMTP, to: Sequence[str]) -> None:
    refused = [
        code
        for code in (smtp.docmd("rcpt", f"TO:<{address}>")[0] for address in to)
        if code not in (250, 251)
    ]
    if len(refused) == len(to):
        code = min(refused, default=550)
        said = f"recipient refused ({code})"
        raise NoSuchAddress(said) if code >= 500 else Retryable(said)


def _options(smtp: smtplib.SMTP, addresses: Sequence[str], data: bytes) -> list[str]:
    options = []
    if smtp.has_extn("size"):
        most = smtp.esmtp_features.get("size", "")
        if most.isdigit() and 0 < int(most) < len(data):
            raise Permanent(f"larger than the server takes ({most} bytes)")
        options.append(f"SIZE={len(data)}")
    if not all(address.isascii() for address in addresses):
        if not smtp.has_extn("smtputf8"):
            raise Permanent("the server takes no such address")
        smtp.command_encoding = "utf-8"
        options.append("SMTPUTF8")
    return options


def _by_code(code: int) -> DeliveryFailed:
    """SMTP: 5xx is permanent, 4xx may pass."""
    return Permanent(f"refused ({code})") if code >= 500 else Retryable(f"refused ({code})")
