"""Between batches and Arrow tables, and SQL over them by DuckDB. Used by ``query`` and ``transform``."""

from __future__ import annotations

import base64
import json
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from workflow_kernel.base.errors import CancelledRunError
from workflow_kernel.sdk import Batch, Item, Items, Lineage, NodeError, Table

if TYPE_CHECKING:
    import pyarrow

Result = Literal["auto", "items", "table"]
_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "lock_configuration": True,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "threads": 2,
}
"""SQL sees its input tables and nothing else: no files, no network, no extensions."""


def as_arrow(batch: Batch) -> pyarrow.Table:
    """A batch as an Arrow table; one that is a table already is not copied."""
    import pyarrow

    if isinstance(batch, Table):
        return batch.table
    rows = batch.items().json()
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: _column([row.get(name) for row in rows]) for name in names}
    if not columns:
        return pyarrow.table({"empty": pyarrow.array([None] * len(rows), pyarrow.null())})
    return pyarrow.table(columns)


def _column(values: list[Any]) -> pyarrow.Array:
    """Values as a column; mixed kinds become text, so that no row is lost."""
    import pyarrow

    try:
        return pyarrow.array(values)
    except UnicodeEncodeError:
        return pyarrow.array([value if value is None else _whole(value) for value in values], pyarrow.string())
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError, OverflowError):
        texts = (value if value is None or isinstance(value, str) else _json(value) for value in values)
        return pyarrow.array(list(texts), pyarrow.string())


def _whole(value: Any) -> str:
    """The text of a value, with a sign in place of characters that are none (halves of surrogate pairs)."""
    return (value if isinstance(value, str) else _json(value)).encode(errors="replace").decode()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def as_batch(table: pyarrow.Table, inputs: Sequence[Batch], wanted: Result, lineage: Lineage | None) -> Batch:
    """A result as it goes on: a table where one came in or is asked for, else items.

    Parameters
    ----------
    lineage: None where it is not known; items are then linked by count.
    """
    is_table = wanted == "table" or (wanted == "auto" and any(isinstance(batch, Table) for batch in inputs))
    if is_table:
        return Table(table, lineage or Lineage("none"))
    rows = [Item({name: plain(value) for name, value in row.items()}) for row in table.to_pylist()]
    return Items(rows, lineage) if lineage else Items(rows)


def plain(value: Any) -> Any:
    """A table's value as JSON can hold it."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return str(value)


def run_sql(
    sql: str,
    tables: Mapping[str, pyarrow.Table],
    parameters: Sequence[Any] | Mapping[str, Any] = (),
    is_cancelled: Callable[[], bool] = lambda: False,
) -> pyarrow.Table:
    """The result of SQL over tables, by DuckDB.

    Parameters
    ----------
    tables: by the name SQL knows them under. parameters: for ``$1`` or ``$name``.
    is_cancelled: asked while the query runs, which stops once it says True.

    Raises
    ------
    NodeError: the SQL is wrong, or reaches for files or the network.
    CancelledRunError: it was stopped.
    """
    import duckdb

    given = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
    with duckdb.connect(":memory:", config=_LOCKED) as connection:
        for name, table in tables.items():
            connection.register(name, table)
        try:
            with _stoppable(connection, is_cancelled):
                relation = connection.sql(sql, params=given or None)
                result: pyarrow.Table | None = None if relation is None else relation.to_arrow_table()
        except duckdb.InterruptException:
            raise CancelledRunError("The query was stopped.") from None
        except duckdb.Error as error:
            raise NodeError(
                f"The SQL failed: {str(error).splitlines()[0]}",
                description=str(error),
                mend=f"Tables: {', '.join(tables)}.",
            ) from None
    if result is None:
        raise NodeError("The SQL gives no rows.", mend="Let it end with a SELECT.")
    return result


@contextmanager
def _stoppable(connection: Any, is_cancelled: Callable[[], bool]) -> Iterator[None]:
    """Interrupts the connection's query when the run is cancelled."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            if is_cancelled():
                connection.interrupt()

    watcher = threading.Thread(target=watch, name="sql-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


MOST_INPUTS = 20


def input_names(count: int) -> list[str]:
    """Names of input ports, which are the tables' names as well; no more than there may be."""
    count = min(count, MOST_INPUTS)
    return [f"input{number}" for number in range(1, count + 1)]
