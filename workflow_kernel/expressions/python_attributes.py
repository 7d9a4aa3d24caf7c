"""Fields and methods an expression may reach with a dot, by the type of the value.

Nothing else is reachable: there is no ``getattr`` on a value here, only tables. A mapping's fields are its keys; a
missing one is None. Handles such as ``$input`` bring their own tables by deriving from :class:`Handle`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions import python_texts
from workflow_kernel.expressions.python_meter import SMALL, Meter, kind_of
from workflow_kernel.expressions.python_moments import MOMENT_FIELDS, MOMENT_METHODS
from workflow_kernel.runs.item import Binary, Item

Method = Callable[..., Any]


class Handle:
    """A value with named fields and methods of its own, e.g. ``$input``. Never printed, never a result."""

    __slots__ = ()
    shown: ClassVar[str] = "handle"
    fields: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}
    methods: ClassVar[Mapping[str, Method]] = {}


def binary_fields(binary: Binary) -> dict[str, Any]:
    """An attachment's description, named as in JavaScript expressions."""
    return {
        "blob": binary.blob,
        "mimeType": binary.mime_type,
        "fileName": binary.file_name,
        "fileExtension": binary.file_extension,
        "fileSize": binary.size,
        "size": binary.size,
    }


def attachments(item: Item) -> dict[str, Any]:
    """``$binary`` of one item."""
    return {name: binary_fields(binary) for name, binary in (item.binary or {}).items()}


_ITEM_FIELDS: dict[str, Callable[[Any], Any]] = {"json": lambda item: item.json, "binary": attachments}


def attribute(value: Any, name: str, source: str) -> Any:
    """``value.name``; ``source`` is how the value was written."""
    kind = type(value)
    if kind is dict:
        return value.get(name)
    if kind is Item:
        if name == "json":
            return value.json
        found = _ITEM_FIELDS.get(name)
    elif isinstance(value, Handle):
        found = value.fields.get(name)
        if found is None and name in value.methods:
            raise ExpressionError(f"`{source}.{name}` is a function.", mend=f"Write {source}.{name}().")
    elif isinstance(value, Mapping):
        return value.get(name)
    else:
        found = MOMENT_FIELDS.get(kind, {}).get(name)
    if found is None:
        raise no_field(value, name, source)
    return found(value)


def no_field(value: Any, name: str, source: str) -> ExpressionError:
    """Why there is no such field, and what may have been meant."""
    if value is None:
        return ExpressionError(
            f"`{source}` is None, so it has no field '{name}'.",
            mend=f"Check it first: {source}.{name} if {source} else None.",
        )
    kind = type(value)
    if kind is list:
        mend = f"Use len({source})." if name == "length" else f"Take one element, {source}[0].{name}, or loop over it."
    elif kind is str and name == "length":
        mend = f"Use len({source})."
    elif name in METHODS.get(kind, {}):
        mend = f"It is a method: write {source}.{name}()."
    else:
        mend = _choices(name, _field_names(value))
    return ExpressionError(f"`{source}` is {kind_name(value)}; it has no field '{name}'.", mend=mend)


def kind_name(value: Any) -> str:
    """What a value is, in words."""
    if isinstance(value, Handle):
        return value.shown
    return "an item" if type(value) is Item else kind_of(value)


def _field_names(value: Any) -> list[str]:
    if isinstance(value, Handle):
        return [*value.fields, *(f"{name}()" for name in value.methods)]
    return list(_ITEM_FIELDS if type(value) is Item else MOMENT_FIELDS.get(type(value), {}))


def _choices(name: str, names: list[str]) -> str:
    if not names:
        return ""
    close = closest(name, names)
    return f"Did you mean '{close}'?" if close else f"There are: {', '.join(names[:20])}."


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant; capitals do not matter."""
    lowered = {one.lower(): one for one in names}
    found = difflib.get_close_matches(name.lower()[:100], lowered, 1)
    return lowered[found[0]] if found else None


def subscript(value: Any, key: Any, source: str) -> Any:
    """``value[key]``; a missing key is an error that names the keys there are."""
    kind = type(value)
    if kind is dict or (isinstance(value, Mapping) and not isinstance(value, Handle)):
        try:
            return value[key]
        except KeyError:
            raise _missing_key(value, key, source) from None
        except TypeError:
            raise ExpressionError(f"{kind_of(key).capitalize()} cannot be a key.") from None
    if kind in (list, tuple, str, range):
        return _element(value, key, source)
    if isinstance(value, Handle) and "[]" in value.methods:
        return value.methods["[]"](value, key)
    if value is None:
        raise ExpressionError(f"`{source}` is None, so [{key!r}] cannot be read from it.", mend="Check it first.")
    raise ExpressionError(f"`{source}` is {kind_name(value)}, from which [...] cannot be read.")


def _element(value: Any, key: Any, source: str) -> Any:
    if type(key) not in (int, bool):
        raise ExpressionError(f"A place in `{source}` must be a whole number, not {kind_of(key)}.")
    try:
        return value[key]
    except IndexError:
        raise ExpressionError(f"`{source}` has {len(value)} elements; there is none at [{key}].") from None


def _missing_key(value: Mapping[Any, Any], key: Any, source: str) -> ExpressionError:
    names = [str(name) for name in list(value)[:20]]
    there = f"It has: {', '.join(names)}{' ...' if len(value) > 20 else ''}." if names else "It has no fields."
    close = closest(str(key), names)
    hint = f" Did you mean '{close}'?" if close else f" Use {source}.get({key!r}) where it may be missing."
    return ExpressionError(f"`{source}` has no field {key!r}.", mend=there + hint)


def slice_of(meter: Meter, value: Any, start: Any, stop: Any, step: Any, source: str) -> Any:
    """``value[start:stop:step]``."""
    if type(value) not in (str, list, tuple, range):
        raise ExpressionError(f"`{source}` is {kind_name(value)}, from which [:] cannot be read.")
    for place in (start, stop, step):
        if type(place) not in (int, bool, type(None)):
            raise ExpressionError(f"Places in [:] must be whole numbers, not {kind_of(place)}.")
    result = value[start:stop:step]
    if len(result) > SMALL and type(result) is not range:
        meter.expect(len(result) * (1 if type(result) is str else 8))
    return result


class Caller:
    """Calls whitelisted methods; one for a batch, as it carries the meter."""

    __slots__ = ("meter",)

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def call(self, value: Any, name: str, source: str, *arguments: Any, **named: Any) -> Any:
        """``value.name(...)``."""
        kind = type(value)
        table = METHODS.get(kind)
        if table is not None:
            method = table.get(name)
            if method is not None:
                if kind is str and len(value) > SMALL:
                    self.meter.charge(len(value) >> 6)
                    return self.meter.text_or_list(method(value, *arguments, **named))
                return method(value, *arguments, **named)
            guarded = GUARDED.get(kind, {}).get(name)
            if guarded is not None:
                return guarded(self.meter, value, *arguments, **named)
        elif isinstance(value, Handle) and name in value.methods and name != "[]":
            return value.methods[name](value, *arguments, **named)
        raise no_method(value, name, source)


def no_method(value: Any, name: str, source: str) -> ExpressionError:
    """Why the method cannot be called."""
    if value is None:
        return ExpressionError(
            f"`{source}` is None, so {name}() cannot be called on it.", mend=f'Write ({source} or "") for texts.'
        )
    if type(value) is str and name in python_texts.REFUSED:
        return ExpressionError(f"The method {name}() is not available.", mend=python_texts.REFUSED[name])
    if type(value) in (list, dict, set) and name in _CHANGING:
        return ExpressionError(
            f"{name}() would change `{source}`; expressions only read.",
            mend="Build a new value: [*a, b], {**a, 'k': v}.",
        )
    if type(value) is dict and name in value:
        return ExpressionError(f"`{source}.{name}` is a field, not a function.", mend="Remove the brackets.")
    kind = type(value)
    names = [*METHODS.get(kind, {}), *GUARDED.get(kind, {})]
    if isinstance(value, Handle):
        names = [method for method in value.methods if method != "[]"]
    return ExpressionError(f"`{source}` is {kind_name(value)}; it has no method {name}().", mend=_choices(name, names))


_CHANGING = frozenset(
    "append extend insert remove pop clear sort reverse update setdefault popitem add discard".split()  # noqa: SIM905
)


def _items(meter: Meter, value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    meter.expect(len(value) * 64, "list")
    return list(value.items())


def _keys(meter: Meter, value: dict[Any, Any]) -> list[Any]:
    meter.expect(len(value) * 8, "list")
    return list(value)


def _values(meter: Meter, value: dict[Any, Any]) -> list[Any]:
    meter.expect(len(value) * 8, "list")
    return list(value.values())


def _get(meter: Meter, value: dict[Any, Any], key: Any, default: Any = None) -> Any:
    return value.get(key, default)


def _count(meter: Meter, value: Any, wanted: Any) -> int:
    meter.charge(len(value))
    return int(value.count(wanted))


def _index(meter: Meter, value: Any, wanted: Any) -> int:
    meter.charge(len(value))
    return int(value.index(wanted))


def _set_method(name: str) -> Method:
    function = getattr(set, name)

    def method(meter: Meter, value: set[Any], *others: Any) -> Any:
        result = function(value, *(meter.walk(other) for other in others))
        return meter.weigh(result) if type(result) is set else result

    return method


METHODS: dict[type, Mapping[str, Method]] = {
    str: python_texts.METHODS,
    dict: {},
    list: {},
    tuple: {},
    set: {},
    range: {},
    int: {"bit_length": int.bit_length, "is_integer": lambda value: True, "bit_count": int.bit_count},
    float: {"is_integer": float.is_integer, "as_integer_ratio": float.as_integer_ratio, "hex": float.hex},
    bool: {},
    Decimal: {"is_nan": Decimal.is_nan, "quantize": Decimal.quantize},
    **MOMENT_METHODS,
}
"""Methods that need no guard: the result is never much larger than the value."""

GUARDED: dict[type, Mapping[str, Method]] = {
    str: python_texts.GUARDED,
    dict: {"items": _items, "keys": _keys, "values": _values, "get": _get},
    list: {"count": _count, "index": _index},
    tuple: {"count": _count, "index": _index},
    set: {
        name: _set_method(name)
        for name in (
            "union",
            "intersection",
            "difference",
            "symmetric_difference",
            "issubset",
            "issuperset",
            "isdisjoint",
        )
    },
}
"""Methods that ask the meter first."""
