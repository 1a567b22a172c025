"""The ledger: what was planned, owed, sent, decided and said. The only place that knows SQL."""

from duban.ledger.door import Ledger, Writer, insert_once, open_ledger

__all__ = ["Ledger", "Writer", "insert_once", "open_ledger"]
