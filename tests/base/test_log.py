"""Logs are events with ids, in JSON or for a terminal, and without secrets; other libraries' logs go the same way."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from workflow_kernel.base import log

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    names = ("tornado.access", "sqlalchemy.engine", "httpx", "httpcore", "asyncio")
    levels = {name: logging.getLogger(name).level for name in names}
    config = structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, found in levels.items():
        logging.getLogger(name).setLevel(found)
    structlog.configure(**config)


def lines(form: str = "json", level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    log.configure(level, form, stream)
    return stream


def events(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_has_its_fields_and_the_ids_it_is_bound_to() -> None:
    stream = lines()
    logger = structlog.get_logger("test")
    with log.bound(execution="one", workflow=None), log.bound(node="fetch"):
        logger.info("node_run.retry", attempt=2, delay=4.0)
    logger.info("done")
    logger.debug("not shown")
    first, second = events(stream)
    assert {name: first[name] for name in ("event", "level", "execution", "node", "attempt", "delay")} == {
        "event": "node_run.retry", "level": "info", "execution": "one", "node": "fetch", "attempt": 2, "delay": 4.0,
    }  # fmt: skip
    assert "workflow" not in first and "execution" not in second
    assert first["timestamp"].endswith("Z")


@pytest.mark.parametrize("form", ["json", "console"])
def test_secrets_are_not_logged(form: str) -> None:
    stream = lines(form)
    logger = structlog.get_logger("test")
    logger.info(
        "request",
        password="hunter2-a", api_key="hunter2-b", headers={"Authorization": "hunter2-c", "Cookie": "hunter2-d"},
        url="postgresql://ann:hunter2-e@db/flows", text="sent Bearer hunter2-fffff to them", token_text=TOKEN,
        parts=[{"client_secret": "hunter2-g"}, f"jwt {TOKEN}"], kept="plain", deep={"a": {"b": {"c": {"d": {"e": 1}}}}},
    )  # fmt: skip
    try:
        raise RuntimeError("cannot reach redis://:hunter2-h@cache/0")
    except RuntimeError:
        logger.exception("failed")
    logging.getLogger("tornado.general").warning("Bearer hunter2-iiiii and %s", "postgres://u:hunter2-j@h/d")
    text = stream.getvalue()
    assert "hunter2" not in text
    assert TOKEN not in text
    assert "plain" in text and "postgresql://ann:***@db/flows" in text and "RuntimeError" in text


def test_variables_of_a_traceback_are_not_logged() -> None:
    stream = lines("console")
    harmless_name = "hunter2-k"
    try:
        len(harmless_name[99])
    except IndexError:
        structlog.get_logger("test").exception("failed")
    assert "IndexError" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_other_libraries_log_the_same_way_and_not_too_much() -> None:
    stream = lines()
    with log.bound(request="r1"):
        logging.getLogger("alembic").info("running %s", "upgrade")
        logging.getLogger("sqlalchemy.engine").info("SELECT 1")
        logging.getLogger("tornado.access").info("200 GET /")
    (found,) = events(stream)
    assert (found["event"], found["logger"], found["level"], found["request"]) == (
        "running upgrade", "alembic", "info", "r1",
    )  # fmt: skip


def test_a_host_that_has_not_configured_logs_gets_safe_ones_and_keeps_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    structlog.reset_defaults()
    before = list(logging.getLogger().handlers)
    log.make_safe()
    structlog.get_logger("test").info("hello", password="hunter2")
    assert "hunter2" not in capsys.readouterr().err
    assert logging.getLogger().handlers == before
    stream = lines()
    log.make_safe()
    structlog.get_logger("test").info("still mine")
    assert events(stream)[0]["event"] == "still mine"
