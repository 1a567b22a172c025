"""The outbox: sealed digests are claimed, sent and recorded, each by itself."""

from duban.outbox.sending import Transport, send_ready

__all__ = ["Transport", "send_ready"]
