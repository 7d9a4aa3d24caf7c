"""Migrations: what they make is what the code says, they go up and down on data, and many may start at once."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine

from workflow_kernel.base.ids import new_id
from workflow_kernel.services.actor import SYSTEM
from workflow_kernel.services.audit import record
from workflow_kernel.storage import migrations
from workflow_kernel.storage.database import Database, sqlalchemy_url
from workflow_kernel.storage.migrations import make
from workflow_kernel.storage.migrations.migrate import MigrationError
from workflow_kernel.storage.tables import Base, Project, User, Workflow


@pytest.fixture
def empty_url(postgres: str) -> Iterator[str]:
    name = f"empty_{uuid.uuid4().hex[:12]}"
    parts = conninfo_to_dict(postgres)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    yield f"postgresql://{parts['user']}@{parts['host']}:{parts['port']}/{name}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def tables_of(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {str(row[0]) for row in connection.execute("select tablename from pg_tables where schemaname='public'")}


def test_migrations_and_tables_in_code_agree(database_url: str) -> None:
    engine = create_engine(sqlalchemy_url(database_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": True, "include_name": lambda *_: True}
        )
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()
    assert make.INITIAL.read_text() == make.tables(), "python -m workflow_kernel.storage.migrations.make"


async def test_a_database_goes_down_and_up_with_data_in_it(database: Database, database_url: str) -> None:
    async with database.session() as session:
        user = User(id=new_id(), email="a@example.com")
        project = Project(id=new_id(), name="P", owner_id=user.id)
        session.add(user)
        await session.flush()
        session.add(project)
        await session.flush()
        session.add(Workflow(name="W", project_id=project.id))
        record(session, SYSTEM, "project.create", f"project:{project.id}")
    await migrations.migrate(database_url, "base")
    assert tables_of(database_url) == {"alembic_version"}
    assert migrations.current(database_url) == ""
    await migrations.migrate(database_url)
    assert tables_of(database_url) == {*Base.metadata.tables, "alembic_version"}
    assert migrations.is_current(database_url)


async def test_many_processes_may_migrate_at_once(empty_url: str) -> None:
    await asyncio.gather(*(migrations.migrate(empty_url) for _ in range(8)))
    assert migrations.is_current(empty_url)


async def test_a_database_of_a_newer_version_is_left_alone(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("update alembic_version set version_num = 'pre_9999'")
    with pytest.raises(MigrationError, match="pre_9999") as caught:
        await migrations.migrate(database_url)
    assert caught.value.code == "WF794"
    assert "newer version" in caught.value.mend


async def test_an_unknown_revision_is_named(database_url: str) -> None:
    with pytest.raises(MigrationError, match="There is no revision 'pre_0815'"):
        await migrations.migrate(database_url, "pre_0815")


def test_every_revision_says_when_it_runs() -> None:
    files = sorted(path.stem for path in (make.FOLDER / "versions").glob("*.py") if path.stem != "__init__")
    assert [name for name in files if not re.fullmatch(r"(pre|post)_\d{4}_[a-z_]+", name)] == []
    numbers = sorted(int(name.split("_")[1]) for name in files)
    assert numbers == list(range(1, len(files) + 1))


@pytest.mark.parametrize(
    "statement", ["update audit_event set action = 'other'", "delete from audit_event", "truncate audit_event"]
)
async def test_the_audit_trail_can_only_be_added_to(database: Database, database_url: str, statement: str) -> None:
    async with database.session() as session:
        record(session, SYSTEM, "project.create")
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)
