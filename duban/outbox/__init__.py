"""The outbox: sealed digests are claimed, sent and recorded, each by itself."""

from duban.outbox.lanes import SecondLook, Transport
from duban.outbox.sending import Sent, send_ready

__all__ = ["SecondLook", "Sent", "Transport", "send_ready"]
