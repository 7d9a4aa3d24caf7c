"""Servers the tests of nodes talk to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.nodes import servers


@pytest.fixture
def web() -> Iterator[servers.WebServer]:
    """A web server that answers by path and keeps what it saw."""
    with servers.web_server() as server:
        yield server


@pytest.fixture
def mail() -> Iterator[Any]:
    """A mail server that keeps what it got."""
    with servers.mail_server() as server:
        yield server
