"""What Alembic runs for every migration, on the connection ``migrate`` hands over."""

from __future__ import annotations

from alembic import context

from workflow_kernel.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
