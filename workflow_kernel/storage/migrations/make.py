"""Writes revisions, for developers.

``python -m workflow_kernel.storage.migrations.make`` writes the tables of the first revision anew (until the first
release); ``... make pre "what it does"`` or ``... make post "..."`` writes a revision with the difference between the
database that ``WORKFLOW_DATABASE_URL`` names and the tables in code, to be read and corrected.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator

from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.schema import CreateIndex, CreateTable

from workflow_kernel.storage.database import sqlalchemy_url
from workflow_kernel.storage.migrations.migrate import FOLDER, configuration, revisions
from workflow_kernel.storage.tables import Base

INITIAL = FOLDER / "versions" / "pre_0001_tables.sql"
_HEAD = "-- Written by workflow_kernel.storage.migrations.make; never edited.\n\n"


def tables() -> str:
    """The statements that make every table in code."""
    return _HEAD + "\n\n".join(_statements()) + "\n"


def _statements() -> Iterator[str]:
    dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]
    for table in Base.metadata.sorted_tables:
        yield _clean(str(CreateTable(table).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda found: str(found.name)):
            yield _clean(str(CreateIndex(index).compile(dialect=dialect)))


def _clean(statement: str) -> str:
    return re.sub(r"[ \t]+$", "", statement.strip().replace("\t", "    ").replace("%%", "%"), flags=re.M) + ";"


def _difference(kind: str, message: str) -> None:
    from alembic import command  # noqa: PLC0415

    name = f"{kind}_{int(revisions()[-1][-4:]) + 1:04}"
    engine = create_engine(sqlalchemy_url(os.environ["WORKFLOW_DATABASE_URL"]))
    with engine.connect() as connection:
        config = configuration(connection)
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        command.revision(config, message, autogenerate=True, rev_id=name)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in {"pre", "post"}:
        _difference(sys.argv[1], sys.argv[2])
    else:
        INITIAL.write_text(tables(), encoding="utf-8")
