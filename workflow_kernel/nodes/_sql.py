"""Runs SQL over batches in a DuckDB of its own, which sees nothing but these batches: no files, no network.

Nodes that take SQL over items call this. Talking to databases does not belong here.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workflow_kernel.sdk import Batch, NodeError, Table

_UNKNOWN = (
    re.compile(r'(?:Table|Values list) "(?P<table>[^"]+)" does not have a column named "(?P<column>[^"]+)"'),
    re.compile(r'Referenced column "(?P<column>[^"]+)" not found in FROM clause'),
)
_MOST_UNKNOWN = 50
_SMALL = 100_000
_SELECT = re.compile(r"\s*(?:select|from|with)\b", re.IGNORECASE)
_ORDER = re.compile(r"\border\s+by\b|\bunion\b|\bintersect\b|\bexcept\b|\(\s*select\b", re.IGNORECASE)
_GROUP = re.compile(r"\bgroup\s+by\b", re.IGNORECASE)
_LIMIT = re.compile(r"\blimit\s+[\w?]+(?:\s+offset\s+[\w?]+)?\s*\Z", re.IGNORECASE)
_FROM = re.compile(
    r"(?:\bfrom|\bjoin|,)\s+(?P<table>input\d+)\b(?:\s+(?:as\s+)?(?P<alias>(?!(?:on|using|left|right|inner|outer|full|"
    r"cross|natural|join|where|group|order|limit|having|union|asof|semi|anti|positional|qualify|sample)\b)[A-Za-z_]\w*))?",
    re.IGNORECASE,
)


def query(
    sql: str, tables: Mapping[str, Batch], parameters: Sequence[Any] = (), *, lenient: bool = False
) -> list[dict[str, Any]]:
    """The rows a query gives.

    Parameters
    ----------
    sql: one or more statements; the last one's rows are given.
    tables: batches by the name they have in the query.
    parameters: values for the ``?`` in the query.
    lenient: a column no item has counts as missing instead of being an error, and an empty value no item has is left
        out of the rows.

    Raises
    ------
    NodeError: the query is wrong; says where.
    """
    import duckdb

    columns = {name: _columns(batch) for name, batch in tables.items()}
    threads = 1 if sum(len(batch) for batch in tables.values()) < _SMALL else 4
    for _ in range(_MOST_UNKNOWN):
        with duckdb.connect(":memory:", config={"threads": threads}) as connection:
            _fill(connection, columns)
            try:
                names, is_json, columns_found = _execute(connection, sql, parameters)
            except duckdb.Error as error:
                if lenient and _add_unknown(columns, str(error)):
                    continue
                message = f"Issue while executing query: {str(error).splitlines()[0]}"
                raise NodeError(message, description=str(error)) from None
            nulls = _explicit_nulls(tables) if lenient else None
            return [_row(names, is_json, row, nulls) for row in zip(*columns_found, strict=True)]
    raise NodeError(f"The query names more than {_MOST_UNKNOWN} columns that no item has.")


def _execute(connection: Any, sql: str, parameters: Sequence[Any]) -> tuple[list[str], list[bool], list[list[Any]]]:
    """Names, whether they hold JSON, and values of the columns a query gives."""
    import duckdb

    ordered = _in_order(sql)
    if ordered != sql:
        # A join in DuckDB mixes the rows up. People expect them in the order of the items, so that is asked for where
        # the query leaves the order open and may be sorted so.
        with contextlib.suppress(duckdb.Error):
            return _fetch(connection, ordered, parameters)
    return _fetch(connection, sql, parameters)


def _fetch(connection: Any, sql: str, parameters: Sequence[Any]) -> tuple[list[str], list[bool], list[list[Any]]]:
    # Read by Arrow, as DuckDB's own reader needs another library for times with a zone.
    relation = connection.sql(sql, params=list(parameters) or None)
    if relation is None:
        return [], [], []
    description = relation.description
    columns = [column.to_pylist() for column in relation.to_arrow_table().columns]
    return [entry[0] for entry in description], [str(entry[1]) == "JSON" for entry in description], columns


def _in_order(sql: str) -> str:
    if _ORDER.search(sql) or not _SELECT.match(sql):
        return sql
    names = [match["alias"] or match["table"] for match in _FROM.finditer(sql)]
    if not names:
        return sql
    is_grouped = _GROUP.search(sql) is not None
    keys = ", ".join(f"min({name}.rowid)" if is_grouped else f"{name}.rowid" for name in names)
    body = sql.rstrip().rstrip(";")
    limit = _LIMIT.search(body)
    at = limit.start() if limit else len(body)
    return f"{body[:at]}\nORDER BY {keys}\n{body[at:]}"


def _columns(batch: Batch) -> dict[str, Any]:
    """Arrow columns of a batch, by name."""
    if isinstance(batch, Table):
        return {name: batch.table.column(name) for name in batch.table.column_names}
    rows = batch.items().json()
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    return {name: _array([row.get(name) for row in rows]) for name in names}


def _array(values: list[Any]) -> Any:
    """An Arrow array that gives the values back as they are; JSON text, marked as such, where there is none."""
    import pyarrow

    classes = set(map(type, values)) - {type(None)}
    if not classes:
        return pyarrow.array(values, pyarrow.string())
    if classes <= {int, float} and float in classes:
        return pyarrow.array([None if value is None else float(value) for value in values], pyarrow.float64())
    try:
        array = pyarrow.array(values)
        if len(classes) == 1 and (classes <= {bool, int, float, str} or array.to_pylist() == values):
            return array
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError):
        if classes <= {int, float}:
            return pyarrow.array([None if value is None else float(value) for value in values], pyarrow.float64())
    return _Json([None if value is None else json.dumps(value, ensure_ascii=False, default=str) for value in values])


class _Json:
    """A column of JSON texts."""

    def __init__(self, texts: list[str | None]) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)


def _fill(connection: Any, tables: Mapping[str, Mapping[str, Any]]) -> None:
    import pyarrow

    for name, columns in tables.items():
        if not columns:
            connection.execute(f"CREATE TABLE {_quoted(name)} (_ VARCHAR)")
            continue
        arrays = [
            pyarrow.array(column.texts, pyarrow.string()) if isinstance(column, _Json) else column
            for column in columns.values()
        ]
        connection.register("_source", pyarrow.table(arrays, names=[f"c{i}" for i in range(len(arrays))]))
        listed = ", ".join(
            f"c{i}{'::JSON' if isinstance(column, _Json) else ''} AS {_quoted(column_name or '_')}"
            for i, (column_name, column) in enumerate(columns.items())
        )
        connection.execute(f"CREATE TABLE {_quoted(name)} AS SELECT {listed} FROM _source")  # noqa: S608 - names quoted
        connection.unregister("_source")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _add_unknown(tables: dict[str, dict[str, Any]], message: str) -> bool:
    import pyarrow

    for pattern in _UNKNOWN:
        match = pattern.search(message)
        if match is None:
            continue
        table = match.groupdict().get("table") or next(iter(tables))
        columns = tables.get(table)
        if columns is None or match["column"] in columns:
            return False
        length = next((len(column) for column in columns.values()), 0)
        columns[match["column"]] = pyarrow.array([None] * length, pyarrow.string())
        return True
    return False


def _explicit_nulls(tables: Mapping[str, Batch]) -> set[str]:
    """Fields that are null, not merely missing, in some item."""
    return {
        name
        for batch in tables.values()
        for row in batch.items().json()
        for name, value in row.items()
        if value is None
    }


def _row(names: Sequence[str], is_json: Sequence[bool], row: Sequence[Any], nulls: set[str] | None) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, as_json, value in zip(names, is_json, row, strict=True):
        if value is None and (name in result or (nulls is not None and name not in nulls)):
            # Of two columns of one name the one that has a value counts, as after a LEFT JOIN without a match.
            continue
        result[name] = json.loads(value) if as_json and value is not None else _plain(value)
    return result


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return str(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*')|(?P<comment>--[^\n]*|/\*.*?\*/)|"(?P<double>[^"]*)"|`(?P<tick>[^`]*)`"""
    r"""|(?P<before>[\s,.(=<>]|^)\[(?P<bracket>[A-Za-z_][^\]']*)\]|->(?P<arrow>[A-Za-z_]\w*)""",
    re.DOTALL,
)


def from_alasql(sql: str) -> str:
    """A query in AlaSQL's dialect, as DuckDB reads it: texts in double quotes, names in backticks or brackets."""

    def translated(match: re.Match[str]) -> str:
        if match["double"] is not None:
            return "'" + match["double"].replace("'", "''") + "'"
        if match["tick"] is not None:
            return _quoted(match["tick"])
        if match["bracket"] is not None:
            return match["before"] + _quoted(match["bracket"])
        if match["arrow"] is not None:
            return "." + _quoted(match["arrow"])
        return match[0]

    return _TOKEN.sub(translated, sql)
