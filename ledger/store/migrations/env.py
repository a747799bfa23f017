"""Run by Alembic: the migrations of one store, on the connection that `ledger.store.opening` holds."""

from __future__ import annotations

from alembic import context

from ledger.store.schema import metadata

# The caller's transaction is ours: a migration that fails half way leaves nothing.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False
)
context.run_migrations()
