"""Logs are events with fields: as JSON or for a terminal, with the ids of what they belong to, and without secrets.

``configure`` is called once by whoever owns the process; ``bound`` adds ids to everything logged below it. Loggers of
the standard library (Tornado, SQLAlchemy, Alembic) go the same way.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import Processor

LEVELS: Mapping[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
HIDDEN = "***"
_DEPTH = 4
_LONGEST = 10_000

_SECRET_KEY = re.compile(
    r"pass(word|wd|phrase)|secret|token|authori[sz]ation|cookie|api_?key|private_?key|access_?key|master_?key|"
    r"signature|recovery|otp|^dsn$|credentials?$",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,200}:)[^\s/@]{1,500}(?=@)"
    r"|(?P<bearer>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*",
    re.IGNORECASE,
)


def configure(level: str = "info", form: str = "console", stream: TextIO | None = None) -> None:
    """Set up logging of this process.

    Parameters
    ----------
    level: what is logged, of ``LEVELS``. form: ``json`` or ``console``. stream: where to; standard error if not given.
    """
    out = stream or sys.stderr
    shared, last = _processors(form, out)
    _configure(shared, last, level, out)
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
    # Requests are logged by the API with their ids; a library that tells every statement would drown the rest.
    for name in ("tornado.access", "sqlalchemy.engine", "httpx", "httpcore", "asyncio"):
        logging.getLogger(name).setLevel(max(LEVELS["warning"], LEVELS[level]))


def make_safe() -> None:
    """For hosts that have not configured logging: no secrets, as ``configure``, but nobody else's loggers change.

    What structlog does of itself shows the variables of a traceback.
    """
    if not structlog.is_configured():
        _configure(*_processors("console", sys.stderr), "info", sys.stderr)


@contextmanager
def bound(**ids: Any) -> Iterator[None]:
    """Add ids (request, user, workflow, execution, node) to everything logged inside."""
    tokens = structlog.contextvars.bind_contextvars(
        **{name: str(value) for name, value in ids.items() if value is not None}
    )
    try:
        yield
    finally:
        structlog.contextvars.reset_contextvars(**tokens)


def bind(**ids: Any) -> None:
    """Add ids to everything the current task logs from now on."""
    structlog.contextvars.bind_contextvars(**{name: str(value) for name, value in ids.items()})


def redact(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take secrets out of an event: fields with telling names, and what looks like one in a text."""
    for name, value in event.items():
        event[name] = _redacted(name, value, _DEPTH)
    return event


def _redacted(name: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if name and _SECRET_KEY.search(name):
        return HIDDEN
    if isinstance(value, str):
        return _SECRET_TEXT.sub(_hide, value) if len(value) > 8 else value
    if isinstance(value, Mapping):
        if depth == 0:
            return HIDDEN
        return {str(key): _redacted(str(key), part, depth - 1) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted("", part, depth - 1) for part in value] if depth else HIDDEN
    return _SECRET_TEXT.sub(_hide, str(value))


def _hide(found: re.Match[str]) -> str:
    return f"{found.group('scheme') or found.group('bearer') or ''}{HIDDEN}"


def _processors(form: str, out: TextIO) -> tuple[list[Processor], list[Processor]]:
    """What every event goes through: first, and last."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    return shared, [structlog.processors.format_exc_info, redact, _renderer(form, out)]


def _configure(shared: list[Processor], last: list[Processor], level: str, out: TextIO) -> None:
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )


def _renderer(form: str, out: TextIO) -> Processor:
    if form == "json":
        return _as_json
    colors = out.isatty() if hasattr(out, "isatty") else False
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _as_json(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    kept = {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in event.items()}
    return msgspec.json.encode(kept, enc_hook=str).decode()
