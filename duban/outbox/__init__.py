"""The outbox: sealed digests are claimed, sent and recorded, each by itself."""

from duban.outbox.channels import AppriseTransport, Transport
from duban.outbox.sending import send_ready

__all__ = ["AppriseTransport", "Transport", "send_ready"]
