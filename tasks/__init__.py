"""Prefect tasks: each opens the house, calls one service, returns a small value. One task is one batch."""
