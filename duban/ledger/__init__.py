"""The ledger: what was planned, owed, sent, decided and said. The only place that knows SQL."""

from duban.ledger.door import Ledger, Writer, open_ledger

__all__ = ["Ledger", "Writer", "open_ledger"]
