"""What JavaScript returned, as items. Used by the JavaScript node, once for all items or for each."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import msgspec

from workflow_kernel.sdk import Binary, Context, Item, NodeError

ITEM_KEYS = frozenset({"json", "binary", "pairedItem", "error", "index"})
"""Keys of an item."""

TELLING = ITEM_KEYS - {"index"}
"""Keys by which an array of objects is known to be meant as items, not as the JSON of some."""

UNDER_JSON = "Put an item's own data under 'json', e.g. {json: {name: 'Ada'}}."


def items_of(value: Any, ctx: Context) -> list[Item]:
    """The items of what code returned that ran once: an object, or an array of objects.

    Raises ``NodeError`` for anything else.
    """
    entries = value if isinstance(value, list) else [value]
    odd = next((entry for entry in entries if not isinstance(entry, dict)), value)
    if not isinstance(odd, dict | list) or any(isinstance(entry, list) for entry in entries):
        raise NodeError(
            "Code doesn't return items properly",
            description=f"It must return an array of objects, one for each item; there is {named(odd)}.",
            mend="Return items, e.g. return [{json: {name: 'Ada'}}].",
        )
    if all(TELLING.isdisjoint(entry) for entry in entries):
        return [Item(entry) for entry in entries]
    if isinstance(value, list):
        for index, entry in enumerate(entries):
            _check_keys(entry, index)
    has_json = sum("json" in entry for entry in entries)
    if 0 < has_json < len(entries):
        raise NodeError("Some of the objects the code returned have 'json' and others have not.", mend=UNDER_JSON)
    return [_item(entry, ctx, index) for index, entry in enumerate(entries)]


def item_of(entry: dict[str, Any], ctx: Context, index: int) -> Item:
    """The item of the object that code returned for one item: an item already, or the JSON of one.

    Raises ``NodeError`` when it is an item with keys an item has not.
    """
    if "json" in entry or "binary" in entry:
        _check_keys(entry, index)
    return _item(entry, ctx, index)


def _check_keys(entry: dict[str, Any], index: int) -> None:
    odd = next((key for key in entry if key not in ITEM_KEYS), None)
    if odd is not None:
        raise NodeError(f"Unknown top-level item key: {odd} [item {index}]", mend=UNDER_JSON)


def _item(entry: dict[str, Any], ctx: Context, index: int) -> Item:
    if "json" not in entry and "binary" not in entry:
        return Item(entry)
    json = entry.get("json", {})
    if not isinstance(json, dict):
        raise NodeError(f"A 'json' property isn't an object [item {index}]", description=f"It is {named(json)}.")
    binary = entry.get("binary")
    if not binary:
        return Item(json)
    if not isinstance(binary, dict):
        raise NodeError(f"A 'binary' property isn't an object [item {index}]", description=f"It is {named(binary)}.")
    return Item(json, {name: _attachment(name, value, ctx) for name, value in binary.items()})


def sources_of(value: Any, known: Sequence[int | None]) -> list[Any]:
    """For each item returned where it came from: what its ``pairedItem`` says, else the input item it is."""
    entries = value if isinstance(value, list) else [value]
    return [
        found if (found := _paired(entry)) is not None else source for entry, source in zip(entries, known, strict=True)
    ]


def _paired(entry: dict[str, Any]) -> Any:
    paired = entry.get("pairedItem") if not ITEM_KEYS.isdisjoint(entry) else None
    if paired is None or isinstance(paired, int):
        return paired
    entries = paired if isinstance(paired, list) else [paired]
    pairs = [_pair(one) for one in entries]
    found = [pair for pair in pairs if pair is not None]
    return found[0][0] if len(found) == 1 and found[0][1] == 0 else found or None


def _pair(entry: Any) -> tuple[int, int] | None:
    if isinstance(entry, int):
        return entry, 0
    if isinstance(entry, dict) and isinstance(entry.get("item"), int):
        return entry["item"], int(entry.get("input") or 0)
    return None


def _attachment(name: str, value: Any, ctx: Context) -> Binary:
    if isinstance(value, dict) and isinstance(value.get("blob"), str):
        return msgspec.convert(value, Binary)
    if isinstance(value, dict) and isinstance(value.get("data"), str):
        try:
            data = base64.b64decode(value["data"])
        except (binascii.Error, ValueError):
            raise NodeError(f"The data of attachment '{name}' is not base64.") from None
        made = ctx.attach(data, name=value.get("fileName"), mime_type=value.get("mimeType"))
        extension = value.get("fileExtension") or made.file_extension
        return msgspec.structs.replace(made, file_extension=extension)
    raise NodeError(
        f"The attachment '{name}' has no data.", mend="Give it {data: base64, mimeType: ..., fileName: ...}."
    )


def named(value: Any) -> str:
    """What a value is, for messages: ``nothing``, ``an array``, ``the number 3``."""
    if value is None or value.__class__.__name__ == "Undefined":
        return "nothing"
    if isinstance(value, list):
        return "an array"
    return f"the {'boolean' if isinstance(value, bool) else 'text' if isinstance(value, str) else 'number'} {value!r}"
