"""Servers the tests of nodes talk to."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_spec = importlib.util.spec_from_file_location("node_test_servers", Path(__file__).with_name("servers.py"))
assert _spec is not None and _spec.loader is not None
servers: Any = importlib.util.module_from_spec(_spec)
sys.modules["node_test_servers"] = servers
_spec.loader.exec_module(servers)


@pytest.fixture
def web() -> Iterator[Any]:
    """A web server that answers by path and keeps what it saw."""
    with servers.web_server() as server:
        yield server


@pytest.fixture
def mail() -> Iterator[Any]:
    """A mail server that keeps what it got."""
    with servers.mail_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The DSN of a Postgres of this test run's own."""
    with servers.postgres_server() as dsn:
        yield dsn
