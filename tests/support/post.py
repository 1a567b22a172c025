"""Real servers of the outside world, on loopback, that can be told to misbehave."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from deployments.servers import HOST, free_port, webhook_server
from duban.outbox.channels import AppriseTransport


@dataclass
class PostOffice:
    """An SMTP server; `answer` is what it says to the next mails."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answer: str = "250 OK"
    refused: set[str] = field(default_factory=set)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.recipients += envelope.rcpt_tos
            self.mails.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return self.answer


@dataclass
class World:
    """Mail server, webhook and a transport to both."""

    post: PostOffice
    hooks: Path
    transport: AppriseTransport

    def hook_paths(self) -> list[str]:
        """Who was called, by the address in the URL."""
        return sorted(p.stem.split("-", 1)[1] for p in self.hooks.iterdir())


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A mail server and a webhook, running."""
    post = PostOffice()
    smtp, hook = free_port(), free_port()
    controller = Controller(post, hostname=HOST, port=smtp)
    controller.start()
    try:
        with webhook_server(folder / "hooks", hook):
            channels = {
                "email": f"mailto://{HOST}:{smtp}/?mode=insecure&from=duban@haian.example&to={{address}}",
                "webhook": f"json://{HOST}:{hook}/{{address}}",
            }
            yield World(post, folder / "hooks", AppriseTransport(channels, loopback_only=True))
    finally:
        controller.stop()
