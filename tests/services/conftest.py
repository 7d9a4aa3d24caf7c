"""``people`` and ``workflow_database``: databases that each test empties, which is cheaper than a new one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.services.people import World, world
from workflow_kernel.base.settings import Settings
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Base


@pytest.fixture(scope="session")
def people_url(postgres: str, template_database: str) -> Iterator[str]:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create database people template {template_database}")
    yield postgres.rpartition("/")[0] + "/people"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("drop database people with (force)")


@pytest.fixture
def people_settings(tmp_path: Path, people_url: str, redis_url: str) -> Settings:
    with psycopg.connect(people_url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("truncate user_account, project, role, invitation, audit_event cascade")
    return Settings(data_folder=tmp_path / "data", database_url=people_url, redis_url=redis_url, bcrypt_cost=4)  # type: ignore[arg-type]


@pytest.fixture
async def people(people_settings: Settings) -> AsyncIterator[World]:
    assert people_settings.database_url is not None
    database = Database(people_settings.database_url.get_secret_value(), pool=5)
    async with world(database, people_settings) as found:
        yield found
    await database.close()


@pytest.fixture(scope="session")
def workflows_url(postgres: str, template_database: str) -> Iterator[str]:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create database workflows template {template_database}")
    yield postgres.rpartition("/")[0] + "/workflows"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("drop database workflows with (force)")


@pytest.fixture
async def workflow_database(workflows_url: str) -> AsyncIterator[Database]:
    """A database that several tests share, emptied for each."""
    with psycopg.connect(workflows_url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(f"truncate {', '.join(Base.metadata.tables)} cascade")
    found = Database(workflows_url, pool=5)
    yield found
    await found.close()
