"""Prefect flows: what runs, in which order, and how it ended. Deployed by module path."""
