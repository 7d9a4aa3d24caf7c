"""What user code returned, as data an edge can carry: items, a table, or any object. Used by entries with items."""

from __future__ import annotations

import base64
import datetime
import pickle
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import Any

import msgspec

from workflow_kernel.base.errors import NodeError
from workflow_kernel.worker.child_errors import describe
from workflow_kernel.worker.child_items import Item
from workflow_kernel.worker.child_values import Host

WRAPPED = frozenset({"json", "binary", "pairedItem", "error", "index"})


class LocalHost:
    """The server for code that runs inside it: nothing has to travel.

    Parameters
    ----------
    calls: what the code may ask, by name.
    """

    def __init__(self, calls: Mapping[str, Callable[..., Any]]) -> None:
        self._calls = calls

    def call(self, name: str, *arguments: Any) -> Any:
        """Call one of the server's functions."""
        return self._calls[name](*arguments)

    def keep(self, value: Any) -> Any:
        """The object itself."""
        return value


class Rows:
    """Items on their way out, each with where it came from.

    Parameters
    ----------
    inputs: the items that came in; those given back are known again by identity.
    host: keeps attachments that come as text.
    """

    def __init__(self, inputs: Iterable[Item], host: Host) -> None:
        self._host = host
        self._known = {id(item._json): item.index for item in inputs}
        self.rows: list[dict[str, Any]] = []
        self.sources: list[Any] = []

    def add(self, entry: Any, source: Any = None) -> bool:
        """Add an item or object; False for anything else. ``source`` is used where it does not say its own."""
        if isinstance(entry, Item):
            own = entry.pairedItem if entry.pairedItem is not None else _not_negative(entry.index)
            self._put(entry.row, own, source)
            return True
        if type(entry) is not dict and not isinstance(entry, Mapping):
            return False
        if isinstance(entry.get("json"), Mapping) and WRAPPED.issuperset(entry):
            own = entry.get("pairedItem")
            self._put({"json": entry["json"], "binary": entry.get("binary") or None}, own, source)
        else:
            self._put({"json": entry, "binary": None}, None, source)
        return True

    def _put(self, row: dict[str, Any], own: Any, source: Any) -> None:
        if own is None:
            own = self._known.get(id(row["json"]), source)
        if row["binary"]:
            row["binary"] = {name: self._attachment(name, value) for name, value in row["binary"].items()}
        self.rows.append(row)
        self.sources.append(own)

    def _attachment(self, name: str, value: Any) -> Any:
        if isinstance(value, bytes | bytearray):
            return self._host.call("attach", pickle.PickleBuffer(value), None, None)
        if isinstance(value, Mapping) and "blob" not in value and isinstance(value.get("data"), str):
            data = base64.b64decode(value["data"])
            return self._host.call("attach", pickle.PickleBuffer(data), value.get("fileName"), value.get("mimeType"))
        if isinstance(value, Mapping) and "blob" in value:
            return dict(value)
        raise NodeError(f"The attachment '{name}' is a {type(value).__name__}.", mend="Make it with attach(bytes).")

    def answer(self) -> dict[str, Any]:
        """The message for the server."""
        linked = self.sources.count(None) < len(self.sources)
        return {
            "kind": "items",
            "rows": pickle.PickleBuffer(encode_rows(self.rows)),
            "sources": [_plain(source) for source in self.sources] if linked else None,
        }


def normalise(result: Any, inputs: list[Item], host: Host) -> dict[str, Any]:
    """What code that ran once gave: ``items``, ``table`` or ``object``."""
    if result is None:
        return {"kind": "items", "rows": pickle.PickleBuffer(b"[]"), "sources": None}
    table = as_arrow(result)
    if table is not None:
        return table_answer(table, host)
    rows = Rows(inputs, host)
    if rows.add(result):
        return _items_or_object(rows, result, host)
    if isinstance(result, list | tuple | range | set | map | filter | zip):
        entries = list(result)
        if _all_added(rows, entries):
            return rows.answer()
        if any(isinstance(entry, Item | Mapping) for entry in entries):
            odd = next(entry for entry in entries if not isinstance(entry, Item | Mapping))
            raise NodeError(
                f"The code returned a list with a value of type {type(odd).__name__} in it.",
                mend="Return objects, e.g. {'value': 1}, one for each item.",
            )
        result = entries if not isinstance(result, tuple | set) else result
    return {"kind": "object", "value": host.keep(result)}


def each(items: list[Item], call: Callable[[int], Any], host: Host, *, stops: bool) -> dict[str, Any]:
    """What code that runs for each item gave, with its failures beside; the first one ends it where ``stops``."""
    rows = Rows(items, host)
    failures: list[tuple[int, dict[str, Any]]] = []
    for index in range(len(items)):
        try:
            _take(rows, call(index), index)
        except Exception as error:  # the boundary between user code and the node
            failures.append((index, describe(error)))
            if stops:
                break
    return rows.answer() | {"failures": failures}


def _take(rows: Rows, result: Any, index: int) -> None:
    if result is None or rows.add(result, index):
        return
    table = as_arrow(result)
    entries = table.to_pylist() if table is not None else result
    if not isinstance(entries, list | tuple) or not _all_added(rows, entries, index):
        raise TypeError(
            f"the code returned a {type(result).__name__} for item {index}; return an object, e.g. {{'value': 1}}"
        )


def _all_added(rows: Rows, entries: Iterable[Any], source: int | None = None) -> bool:
    """Add every entry; False when any of them is no item."""
    added = [rows.add(entry, source) for entry in entries]
    return all(added)


def as_arrow(value: Any) -> Any:
    """An Arrow table from a table or data frame of a library that is loaded; None for anything else."""
    library = type(value).__module__.partition(".")[0]
    if library == "pyarrow":
        import pyarrow  # noqa: PLC0415 - loaded already

        if isinstance(value, pyarrow.RecordBatch):
            return pyarrow.Table.from_batches([value])
        return value if isinstance(value, pyarrow.Table) else None
    if library == "polars" and type(value).__name__ in ("DataFrame", "LazyFrame"):
        frame = value.collect() if type(value).__name__ == "LazyFrame" else value
        return frame.to_arrow()
    if library == "pandas" and type(value).__name__ == "DataFrame":
        import pyarrow  # noqa: PLC0415 - only with data frames

        named = any(name is not None for name in value.index.names)
        return pyarrow.Table.from_pandas(value, preserve_index=named).replace_schema_metadata(None)
    return None


def table_answer(table: Any, host: Host) -> dict[str, Any]:
    """The message for a table: Arrow's own format, which the server reads without running anything."""
    if isinstance(host, LocalHost):
        return {"kind": "table", "table": table}
    import pyarrow  # noqa: PLC0415 - loaded already, as there is a table

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return {"kind": "table", "data": pickle.PickleBuffer(sink.getvalue())}


def encode_rows(rows: list[dict[str, Any]]) -> bytes:
    """Rows as JSON. Raises ``NodeError`` that names the place of a value JSON cannot hold."""
    try:
        return _encode(rows)
    except (TypeError, ValueError, RecursionError) as error:
        for index, row in enumerate(rows):
            place = _odd_place(row["json"], "")
            if place:
                raise NodeError(
                    f"Item {index}: {place}.",
                    mend="Convert it, or return the object itself instead of items.",
                    code="WF303",
                ) from None
        raise NodeError(f"The items cannot be kept as JSON: {error}.", code="WF303") from None


def _items_or_object(rows: Rows, result: Any, host: Host) -> dict[str, Any]:
    """One item, or an object where its values are more than JSON: ``return {"model": model}``."""
    try:
        return rows.answer()
    except NodeError:
        if isinstance(result, Item):
            raise
        return {"kind": "object", "value": host.keep(dict(result))}


def _odd_place(value: Any, place: str) -> str:
    try:
        _encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        parts = value.items() if isinstance(value, Mapping) else enumerate(value) if _is_list(value) else ()
        for key, part in parts:
            found = _odd_place(part, f"{place}.{key}" if place else str(key))
            if found:
                return found
        return f"'{place}' is of type {type(value).__name__}, which JSON cannot hold" if place else str(error)
    return ""


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _convert(value: Any) -> Any:
    """What values of common libraries are in JSON."""
    if isinstance(value, str):
        return "".join(value)
    if isinstance(value, Item):
        return value._json
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return None if value != value else value.isoformat()
    if hasattr(value, "tolist"):  # NumPy, pandas
        return value.tolist()
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if hasattr(value, "to_list"):
        return value.to_list()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, PathLike):
        return value.__fspath__()
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    raise TypeError(f"a {type(value).__name__} is not JSON")


_encode = msgspec.json.Encoder(enc_hook=_convert, decimal_format="number").encode


def _not_negative(index: int) -> int | None:
    return index if index >= 0 else None


def _plain(source: Any) -> Any:
    """A source as numbers: an index, or a list of (index, input)."""
    if source is None or isinstance(source, int):
        return source
    entries = source if isinstance(source, list | tuple) else [source]
    return [
        (entry, 0) if isinstance(entry, int) else (entry.get("item", 0), entry.get("input") or 0) for entry in entries
    ]
