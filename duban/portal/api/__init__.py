"""The HTTP API `/api/v1`: a unit's own programs list what it owes, send returns, fetch receipts."""
