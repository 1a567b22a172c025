"""Alembic's entry: runs the versions on the connection that `bring_up_to_date` opened."""

from alembic import context

from duban.ledger.columns import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
