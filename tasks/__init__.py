"""Prefect tasks: each opens the house, calls one service, returns a small value. One task is one batch.

No answer is taken from a cache: each task looks at the ledger as it is now, also where results are
persisted by default."""
