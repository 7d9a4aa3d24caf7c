"""What the annotations of a Python function say about the data it takes and gives.

Used where functions become nodes (``sdk.task``) and where they are called (``worker.child_function``).
"""

from __future__ import annotations

import datetime
import enum
import inspect
import types
import typing
from collections.abc import Callable, Collection
from typing import Any, Literal, NamedTuple

Form = Literal["item", "items", "table", "polars", "pandas", "object"]
"""How a function takes a batch: an object at a time, all objects, an Arrow table, a data frame, or as it is."""

_BY_CLASS: dict[str, Form] = {
    "dict": "item", "Mapping": "item", "MutableMapping": "item", "Item": "item", "Record": "item",
    "list": "items", "tuple": "items", "Sequence": "items", "Iterable": "items", "Collection": "items",
    "Iterator": "items", "Items": "items", "Table": "table", "RecordBatch": "table",
}  # fmt: skip
_BY_NAME: dict[str, Form] = {
    "items": "items", "rows": "items", "records": "items", "data": "items", "table": "table", "value": "object",
    "model": "object",
}  # fmt: skip
_PLAIN = (str, int, float, bool, bytes, type(None), datetime.date, datetime.time, datetime.timedelta, enum.Enum)


class Parameter(NamedTuple):
    """One parameter of a function.

    Parameters
    ----------
    annotation: its type; ``Any`` when not told. default: ``inspect.Parameter.empty`` when it has none.
    form: how it takes data, None when it is a setting.
    """

    name: str
    annotation: Any
    default: Any
    form: Form | None


class Signature(NamedTuple):
    """A function's parameters and what it gives."""

    parameters: tuple[Parameter, ...]
    returns: Any
    outputs: tuple[tuple[str, Any], ...]

    @property
    def data(self) -> tuple[Parameter, ...]:
        """The parameters that take data."""
        return tuple(parameter for parameter in self.parameters if parameter.form is not None)

    @property
    def settings(self) -> tuple[Parameter, ...]:
        """The parameters that are settings."""
        return tuple(parameter for parameter in self.parameters if parameter.form is None)


def read(function: Callable[..., Any], given: Collection[str] = ()) -> Signature:
    """The signature of a function.

    A parameter without a default takes data unless its type is a plain one such as ``str``; all others are settings.

    Parameters
    ----------
    given: parameters whose value is known, and which therefore are settings.
    """
    hints = _hints(function)
    parameters = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        annotation = hints.get(parameter.name, Any)
        is_setting = parameter.default is not parameter.empty or parameter.name in given or _is_plain(annotation)
        form = None if is_setting else _form(parameter.name, annotation)
        parameters.append(Parameter(parameter.name, annotation, parameter.default, form))
    returns = hints.get("return", Any)
    return Signature(tuple(parameters), returns, _outputs(returns))


def form_of(annotation: Any) -> Form:
    """How data of a type travels."""
    return _form("", annotation)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError):
        # Names known only to a type checker: their text tells enough.
        return dict(getattr(function, "__annotations__", {}))


def _form(name: str, annotation: Any) -> Form:
    if annotation is Any or annotation is inspect.Parameter.empty:
        return _BY_NAME.get(name, "item")
    if isinstance(annotation, str):
        text = annotation.strip("'\"").partition("[")[0]
        module, _, short = text.rpartition(".")
    else:
        origin = typing.get_origin(annotation) or annotation
        module, short = getattr(origin, "__module__", ""), getattr(origin, "__name__", str(origin))
    if short in ("DataFrame", "LazyFrame"):
        return "pandas" if module.split(".")[0] in ("pandas", "pd") else "polars"
    return _BY_CLASS.get(short, "object")


def _is_plain(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation in ("str", "int", "float", "bool", "bytes")
    origin = typing.get_origin(annotation)
    if origin is Literal:
        return True
    if origin is typing.Annotated:
        return _is_plain(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return all(_is_plain(part) for part in typing.get_args(annotation))
    return isinstance(annotation, type) and issubclass(annotation, _PLAIN)


def _outputs(returns: Any) -> tuple[tuple[str, Any], ...]:
    """Names and types of several outputs: the fields of a named tuple or a typed dictionary that are batches."""
    is_named_tuple = isinstance(returns, type) and issubclass(returns, tuple) and hasattr(returns, "_fields")
    if not is_named_tuple and not typing.is_typeddict(returns):
        return ()
    fields = _hints(returns)
    if not fields or any(_form("", annotation) == "object" or _is_plain(annotation) for annotation in fields.values()):
        return ()
    return tuple(fields.items())
