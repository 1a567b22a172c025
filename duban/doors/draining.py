"""Draining every door that the settings name: by the intake flow, before a campaign chases, by hand."""

from __future__ import annotations

from datetime import datetime

from duban.doors.drained import Drained
from duban.doors.folder import DropFolder, drain_folder
from duban.doors.imap import Account
from duban.doors.mailbox import MailDoor, drain_mailbox, own_addresses
from duban.errors import BadInput, NotAllowed
from duban.ledger import Ledger
from duban.outbox.channels import LOOPBACK, AppriseTransport
from duban.rendering import Renderer
from duban.services.liaisons import EMAIL
from duban.settings import Settings


def has_doors(settings: Settings) -> bool:
    """Whether there is any door to drain."""
    return bool(settings.drop_folder or settings.mailbox)


def drain_doors(
    ledger: Ledger, settings: Settings, texts: Renderer, *, owner: str, as_of: datetime | None = None
) -> Drained:
    """Take in what has come in through every door. Raises DoorShut when one cannot be reached: whoever
    would chase on what it knows must not."""
    done = Drained()
    if settings.drop_folder:
        folder = DropFolder(settings.drop_folder, settings.drop_settle)
        done += drain_folder(ledger, folder, texts, owner=owner, as_of=as_of)
    if settings.mailbox:
        done += drain_mailbox(_mail_door(ledger, settings, texts), owner=owner, as_of=as_of)
    return done


def _mail_door(ledger: Ledger, settings: Settings, texts: Renderer) -> MailDoor:
    """Raises NotAllowed for a virtual ledger, which neither reads nor writes real mail."""
    account, url = Account.from_url(settings.mailbox), settings.channels.get(EMAIL)
    if url is None:
        raise BadInput("mailbox-needs-mail")
    if ledger.kind == "virtual" and account.host not in LOOPBACK:
        raise NotAllowed("virtual-needs-loopback", channel="mailbox")
    post = AppriseTransport({EMAIL: url}, loopback_only=ledger.kind == "virtual")
    known_only = settings.mailbox_senders != "any"
    return MailDoor(ledger, account, post, texts, own_addresses(account, url), known_only)
