"""Entry for Python functions used as nodes: gives a function its data in the form it asks for. Runs anywhere."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from workflow_kernel.base.errors import NodeError
from workflow_kernel.base.signature import Form, Parameter, read
from workflow_kernel.worker.child_code import finish
from workflow_kernel.worker.child_items import Data
from workflow_kernel.worker.child_results import each, normalise
from workflow_kernel.worker.child_values import Host

_signatures: WeakKeyDictionary[Any, dict[frozenset[str], tuple[Parameter, ...]]] = WeakKeyDictionary()


def run(payload: Mapping[str, Any], host: Host) -> dict[str, Any]:
    """Call a function over its inputs.

    ``payload["code"]`` names it (``module:function``) unless ``data["function"]`` is the function itself. ``inputs``
    are by parameter, or one under no name; ``arguments`` are the settings, a list of them when they differ by item.
    """
    data = payload["data"]
    function = data.get("function") or load(payload["code"])
    arguments = data["arguments"]
    first = arguments[0] if isinstance(arguments, list) else arguments
    taken = _data_of(function, frozenset(first))
    inputs = {name: Data(given) for name, given in data["inputs"].items()}
    if "" in inputs:
        inputs = _named(function, inputs, taken)
    main = next(iter(inputs.values()))
    forms = {parameter.name: parameter.form for parameter in taken if parameter.name in inputs}
    if len(inputs) == 1 and all(form == "item" for form in forms.values()) and not main.is_object:
        return _each(function, main, list(forms), arguments, host, stops=data["stops"])
    values = {name: _in_form(inputs[name], form) for name, form in forms.items()}
    result = finish(function(**values, **first))
    if data["outputs"]:
        return {"kind": "ports", "ports": _ports(result, data["outputs"], main, host)}
    known = next((inputs[name] for name in forms), main)
    return normalise(result, known.seen if forms else [], host)


def _data_of(function: Callable[..., Any], settings: frozenset[str]) -> tuple[Parameter, ...]:
    """The parameters that take data; a function's signature is read once."""
    try:
        known = _signatures.setdefault(function, {})
    except TypeError:  # callable objects that cannot be keys
        return read(function, settings).data
    if settings not in known:
        known[settings] = read(function, settings).data
    return known[settings]


def load(name: str) -> Callable[..., Any]:
    """The function a text names. Raises ``NodeError`` when there is none."""
    module_name, _, path = name.partition(":")
    found: Any = sys.modules.get(module_name)
    try:
        if found is None or getattr(found.__spec__, "_initializing", False):  # another thread may be at it
            found = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise
        raise NodeError(
            f"There is no module '{module_name}'.",
            mend="Install it, or put its file beside the workflow.",
            code="WF304",
        ) from None
    try:
        found = functools.reduce(getattr, path.split("."), found) if "." in path else getattr(found, path)
    except AttributeError:
        raise NodeError(
            f"Module '{module_name}' has no function '{path}'.", mend="Name it as 'module:function'.", code="WF304"
        ) from None
    found = getattr(found, "function", found) if hasattr(found, "node_type") else found
    if not callable(found):
        raise NodeError(f"'{name}' is no function but a {type(found).__name__}.", code="WF304")
    return found  # type: ignore[no-any-return]


def _named(function: Callable[..., Any], inputs: dict[str, Data], taken: tuple[Parameter, ...]) -> dict[str, Data]:
    """The one input under the name of the parameter that takes it; under no name where there is none."""
    if not taken:
        return inputs
    if len(taken) > 1:
        names = " and ".join(f"'{parameter.name}'" for parameter in taken[1:])
        raise NodeError(
            f"The function '{function.__name__}' needs {names} besides the data in '{taken[0].name}'.",
            mend="Give them in 'arguments'.",
            code="WF304",
        )
    return {taken[0].name: inputs[""]}


def _each(
    function: Callable[..., Any], data: Data, names: list[str], arguments: Any, host: Host, *, stops: bool
) -> dict[str, Any]:
    items = data.items()

    def call(index: int) -> Any:
        values = dict.fromkeys(names, items[index]._json)
        own = arguments[index] if isinstance(arguments, list) else arguments
        return finish(function(**values, **own))

    return each(items, call, host, stops=stops)


def _in_form(data: Data, form: Form | None) -> Any:
    if form == "items":
        return [item._json for item in data.items()]
    if form in ("table", "polars", "pandas"):
        table = data.table()
        if form == "table":
            return table
        return _polars(table) if form == "polars" else table.to_pandas()
    if data.is_object:
        return data.value()
    items = data.items()
    if form == "item":
        return items[0]._json if items else {}
    return data.table() if data.is_table else [item._json for item in items]


def _polars(table: Any) -> Any:
    import polars  # noqa: PLC0415 - only for functions that ask

    return polars.from_arrow(table)


def _ports(result: Any, names: list[str], main: Data, host: Host) -> dict[str, Any]:
    fields = result._asdict() if hasattr(result, "_asdict") else result
    if not isinstance(fields, Mapping):
        raise NodeError(f"The function must give {', '.join(names)}; it gave a {type(result).__name__}.")
    return {name: normalise(fields.get(name), main.seen, host) for name in names}
