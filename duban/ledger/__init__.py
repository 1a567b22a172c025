"""The ledger: what was planned, owed, sent, decided and said. The only place that knows SQL."""

from duban.ledger import admission as admission  # its tables belong to the schema
from duban.ledger.door import Ledger, Writer, open_ledger
from duban.ledger.inserting import insert_many, insert_once, insert_once_each

__all__ = ["Ledger", "Writer", "insert_many", "insert_once", "insert_once_each", "open_ledger"]
