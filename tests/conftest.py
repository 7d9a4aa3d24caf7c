"""Servers every test may use: a Postgres and a Redis of this test run's own, and a fresh database for each test."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests import servers
from workflow_kernel.base.settings import Settings
from workflow_kernel.storage.database import Database

# The same examples in every run: what a change broke is told apart from what chance found. To look for more:
# WORKFLOW_EXPLORE=1.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("exploring", deadline=None)
hypothesis.settings.load_profile("exploring" if os.environ.get("WORKFLOW_EXPLORE") else "steady")

HEAVY = ("browser", "faults", "hosts", "ray")
"""Folders whose tests run one after another, in one process: they start browsers, clusters and whole services, and more
than one of those at a time is more than two cores bear."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what is heavy together."""
    for item in items:
        if any(f"tests/{name}/" in item.nodeid for name in HEAVY):
            item.add_marker(pytest.mark.xdist_group("heavy"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The DSN of a Postgres of this test run's own."""
    with servers.postgres_server() as dsn:
        yield dsn


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a Redis of this test run's own."""
    with servers.redis_server() as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The URL of an empty Redis."""
    servers.empty_redis(redis_server)
    return redis_server


@pytest.fixture(scope="session")
def template_database(postgres: str) -> str:
    """Name of a database with all tables, which others are copied from."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("create database workflow_template")
    asyncio.run(servers.migrate(_url(postgres, "workflow_template")))
    return "workflow_template"


@pytest.fixture
def database_url(postgres: str, template_database: str) -> Iterator[str]:
    """The URL of a fresh database with all tables."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template_database}")
    yield _url(postgres, name)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh database with all tables."""
    found = Database(database_url, pool=5)
    yield found
    await found.close()


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    """Settings of a service with a fresh database, an empty Redis and a folder of its own."""
    return Settings(
        data_folder=tmp_path / "data", database_url=database_url, redis_url=redis_url, bcrypt_cost=4, port=0
    )  # type: ignore[arg-type]


def _url(dsn: str, name: str) -> str:
    parts = conninfo_to_dict(dsn)
    return f"postgresql://{parts['user']}:{parts.get('password', '')}@{parts['host']}:{parts['port']}/{name}"
