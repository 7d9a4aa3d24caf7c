"""What a runner holds of a cluster, so that others can end it. Databases made since have it from the first revision."""

from __future__ import annotations

from alembic import op

revision = "pre_0002"
down_revision = "pre_0001"


def upgrade() -> None:
    """Add it."""
    op.execute("alter table runner add column if not exists place text not null default ''")


def downgrade() -> None:
    """Drop it."""
    op.execute("alter table runner drop column place")
