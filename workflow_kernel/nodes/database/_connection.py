"""Talking to Postgres: connecting, sending statements in one of three ways, and rows as JSON."""

from __future__ import annotations

import base64
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row

from workflow_kernel.nodes.database._statements import Statement, as_json
from workflow_kernel.sdk import NodeError

Rows = list[dict[str, Any]]
Connection = psycopg.AsyncConnection[dict[str, Any]]
_ALIASES = {"database": "dbname", "username": "user"}
_KEYS = ("host", "port", "database", "dbname", "user", "username", "password", "sslmode", "options", "application_name")

CheckAddress = Callable[[str, int], Awaitable[str]]


@asynccontextmanager
async def connect(
    dsn: str, credential: Mapping[str, Any] | None, timeout: float, check_address: CheckAddress
) -> AsyncIterator[Connection]:
    """A connection that commits each statement, closed at the end.

    Parameters
    ----------
    dsn: where to, in place of what the credential says. check_address: see ``Context.check_address``.

    Raises
    ------
    NodeError: there is nothing to connect to, it may not be reached, or it does not answer.
    """
    values = {_ALIASES.get(key, key): credential[key] for key in _KEYS if credential and credential.get(key)}
    address = dsn or str((credential or {}).get("dsn") or "")
    if not address and not values.get("host"):
        raise NodeError("No database is named.", mend="Choose a credential for 'postgres', or fill in 'dsn'.")
    try:
        info = await _checked(make_conninfo(address, **values), check_address)
    except psycopg.ProgrammingError:
        raise NodeError(
            "The connection text cannot be read.", mend="Write it as postgresql://user:password@host:5432/database."
        ) from None
    try:
        connection = await psycopg.AsyncConnection.connect(
            info, autocommit=True, row_factory=dict_row, connect_timeout=max(1, int(timeout)),
            cursor_factory=psycopg.AsyncRawCursor,
        )  # fmt: skip
    except psycopg.Error as error:
        raise NodeError(
            f"The database cannot be reached: {str(error).strip()}",
            code="WF361",
            mend="Check host, port, user and password of the credential.",
        ) from None
    async with connection:
        await connection.execute(f"SET statement_timeout = {int(timeout * 1000)}")
        yield connection


async def _checked(info: str, check_address: CheckAddress) -> str:
    """The connection text with the addresses that were checked, so that nothing looks the names up again."""
    values = conninfo_to_dict(info)
    hosts = str(values.get("hostaddr") or values.get("host") or "").split(",")
    ports = str(values.get("port") or "5432").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    found = [await check_address(host, int(port or 5432)) for host, port in zip(hosts, ports, strict=False)]
    return info if found == hosts else make_conninfo(info, hostaddr=",".join(found))


async def send(connection: Connection, statement: Statement) -> Rows:
    """The rows a statement gives; none for one that gives none."""
    cursor = connection.cursor()
    await cursor.execute(statement.text.encode(), statement.values or None)
    return await _rows(cursor)


async def send_all(connection: Connection, statements: Sequence[Statement]) -> list[Rows]:
    """Send statements without waiting for each answer."""
    found: list[Rows] = []
    for start in range(0, len(statements), 1000):
        cursors = []
        async with connection.pipeline():
            for statement in statements[start : start + 1000]:
                cursor = connection.cursor()
                await cursor.execute(statement.text.encode(), statement.values or None)
                cursors.append(cursor)
        found.extend([await _rows(cursor) for cursor in cursors])  # only now have all answers arrived
    return found


async def _rows(cursor: psycopg.AsyncCursor[dict[str, Any]]) -> Rows:
    rows: Rows = []
    while True:
        if cursor.description is not None:
            rows.extend(await cursor.fetchall())
        if not cursor.nextset():
            return rows


async def columns(connection: Connection, schema: str, table: str) -> dict[str, str]:
    """Type by column of a table. Raises ``NodeError`` when there is none of that name."""
    text = (
        "SELECT a.attname, format_type(a.atttypid, NULL) AS kind FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 "
        "AND NOT a.attisdropped ORDER BY a.attnum"
    )
    rows = await send(connection, Statement(text, (schema, table)))
    if not rows:
        raise NodeError(f"There is no table '{schema}.{table}'.", mend="Check 'schema' and 'table'.")
    return {row["attname"]: row["kind"] for row in rows}


async def make_effects_table(connection: Connection) -> None:
    """The table of effects done, made once by whoever comes first."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('workflow_effects'))")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS workflow_effects (token text PRIMARY KEY, "
            "made_at timestamptz NOT NULL DEFAULT now(), result jsonb)"
        )


async def earlier_effect(connection: Connection, token: str) -> Any | None:
    """What the effect with this token gave when it was done before; otherwise claims the token and gives None.

    To be called inside the transaction that does the effect: both are kept, or neither.
    """
    text = "INSERT INTO workflow_effects (token) VALUES ($1) ON CONFLICT DO NOTHING RETURNING token"
    if await send(connection, Statement(text, (token,))):
        return None
    rows = await send(connection, Statement("SELECT result FROM workflow_effects WHERE token = $1", (token,)))
    return rows[0]["result"] if rows else []


async def keep_effect(connection: Connection, token: str, result: Any) -> None:
    """Keep what the effect gave."""
    text = "UPDATE workflow_effects SET result = $2 WHERE token = $1"
    await send(connection, Statement(text, (token, as_json(result))))


def plain(value: Any, decimals: Literal["number", "text"]) -> Any:
    """A database value as JSON can hold it."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return _number(value) if decimals == "number" else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, list | tuple):
        return [plain(entry, decimals) for entry in value]
    if isinstance(value, dict):
        return {str(key): plain(entry, decimals) for key, entry in value.items()}
    return str(value)


def _number(value: Decimal) -> int | float | None:
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def as_node_error(error: psycopg.Error) -> NodeError:
    """What the database says is wrong, for its user."""
    message = error.diag.message_primary or str(error).strip() or type(error).__name__
    state = error.sqlstate or ""
    mend = error.diag.message_hint or ""
    if state == "57014":
        mend = "The statement took longer than 'timeout': allow more, or make it quicker."
    elif state.startswith("40"):
        mend = "Other work got in its way: set a retry."
    details = [
        error.diag.message_detail,
        f"At character {place}." if (place := error.diag.statement_position) else None,
    ]
    return NodeError(
        f"The database refused the statement: {message}",
        code="WF360",
        description=" ".join(detail for detail in details if detail),
        data={"sqlstate": state, "constraint": error.diag.constraint_name, "column": error.diag.column_name},
        mend=mend,
    )
