"""The tables of the first version; the audit trail can only be added to."""

from __future__ import annotations

import re
from pathlib import Path

from alembic import op

revision = "pre_0001"
down_revision = None

_TABLES = Path(__file__).with_suffix(".sql")

_APPEND_ONLY = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are only ever added', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger audit_event_rows before update or delete on audit_event
    for each row execute function refuse_change();
create trigger audit_event_table before truncate on audit_event
    for each statement execute function refuse_change();
"""


def upgrade() -> None:
    """Make every table."""
    _run(_TABLES.read_text(encoding="utf-8"))
    _run(_APPEND_ONLY)


def downgrade() -> None:
    """Drop every table, with what is in it."""
    names = re.findall(r"^CREATE TABLE (\w+)", _TABLES.read_text(encoding="utf-8"), re.MULTILINE)
    _run(f"drop table {', '.join(names)}; drop function refuse_change")


def _run(statements: str) -> None:
    """Run them as they are: percent signs and colons mean nothing else."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(statements)
