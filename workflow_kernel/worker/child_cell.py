"""Entry of the notebook cell: runs a cell's code in a worker process, as a kernel would, and keeps what it shows.

Variables come in and go out as ``cell_values`` has them; ``cell_show`` has what is shown; ``cell_keep`` keeps results.
"""

from __future__ import annotations

import os
import re
import sys
import time
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from workflow_kernel.worker import cell_keep, cell_values
from workflow_kernel.worker.cell_ports import RANDOM_STATES
from workflow_kernel.worker.cell_show import Shown, is_plain, run_plain, run_shell, shell
from workflow_kernel.worker.child_errors import describe
from workflow_kernel.worker.child_items import Data
from workflow_kernel.worker.child_values import Host, Pickled

MISSING = "$missing"
"""Key of what stands for a variable that did not come: whose value is why."""

_module = types.ModuleType("__main__")
NAMESPACE = _module.__dict__
"""The one namespace of all cells in this process, emptied between them: functions keep it as their global names."""


def run(payload: Mapping[str, Any], host: Host) -> dict[str, Any]:
    """Run a cell; see ``nodes.code.cell`` for what the payload holds and what comes back."""
    code, data = payload["code"], payload["data"]
    taken = {name: _arrived(sent) for name, sent in data["takes"].items()}
    kept = cell_keep.Kept(data["kept_in"], code, data, taken)
    found = kept.find()
    if found is not None:
        return found
    started = time.perf_counter()
    shown = Shown()
    failure = None
    with _main(), kept.watched():
        missing = _enter(taken)
        wanted = next((name for name in missing if re.search(rf"\b{name}\b", code)), None)
        if wanted is None:
            with kept.ours():
                _repeat(data["settings"])
                if not is_plain(code):
                    shell(shown)
            error = run_plain(code, NAMESPACE, shown) if is_plain(code) else run_shell(code, _module, shown)
            failure = None if error is None else describe(error)
            wanted = getattr(error, "name", None) if isinstance(error, NameError) else None
        if wanted in missing:
            failure = _missing(str(wanted), missing[str(wanted)])
        given = {} if failure is not None and not data["may_fail"] else _leave(data["gives"])
    answer = {
        "outputs": shown.outputs,
        "seconds": time.perf_counter() - started,
        "failure": failure,
        "given": given,
        "is_kept": False,
    }
    if failure is None:
        kept.keep(answer)
    return answer


def run_all(payload: Mapping[str, Any], host: Host) -> list[dict[str, Any]]:
    """Run the cells of a notebook one after another in this process, up to the first that fails; what each showed."""
    answers: list[dict[str, Any]] = []
    with _main():
        for code, may_fail in payload["cells"]:
            shown = Shown()
            started = time.perf_counter()
            error = run_plain(code, NAMESPACE, shown) if is_plain(code) else run_shell(code, _module, shown)
            failure = None if error is None else describe(error)
            answers.append({"outputs": shown.outputs, "seconds": time.perf_counter() - started, "failure": failure})
            if failure is not None and not may_fail:
                break
    return answers


def _missing(name: str, reason: str) -> dict[str, Any]:
    """The failure of a cell that needs a variable which could not be brought to it."""
    return {
        "message": f"The variable '{name}' could not be brought here: {reason}.",
        "description": "",
        "code": "WF801",
        "mend": "Make it in the cell that uses it, or run the notebook with --in-order.",
    }


def _arrived(sent: Mapping[str, Any]) -> tuple[Any, list[Any]] | Data:
    """A variable as it came: the pickle of another cell, or the items, table or object of another node."""
    return (sent["data"], list(sent["buffers"])) if sent["kind"] == "pickled" else Data(sent)


def _enter(taken: Mapping[str, Any]) -> dict[str, str]:
    """Put variables into the namespace; gives those that cannot be had, and why."""
    pickled = {name: parts for name, parts in taken.items() if isinstance(parts, tuple)}
    values = cell_values.open_all(pickled, NAMESPACE)
    for name, parts in taken.items():
        if isinstance(parts, Data):
            values[name] = _value(parts)
    missing: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict) and MISSING in value:
            if value[MISSING]:
                missing[name] = value[MISSING]
        elif name in RANDOM_STATES.values():
            _random(name).__dict__["setstate" if name == "random state" else "set_state"](value)
        else:
            NAMESPACE[name] = value
    return missing


def _value(data: Data) -> Any:
    if data.is_object:
        return data.value()
    return [item.json for item in data.items()]


def _leave(names: list[str]) -> dict[str, Any]:
    """The variables that go out; what cannot is told by an object in its place."""
    values: dict[str, Any] = {}
    for name in names:
        if name in RANDOM_STATES.values():
            values[name] = _random(name).__dict__["getstate" if name == "random state" else "get_state"]()
        elif name in NAMESPACE:
            values[name] = NAMESPACE[name]
    packed, refused = cell_values.pack(values, NAMESPACE)
    given: dict[str, Any] = dict(packed)
    for name in names:
        if name not in given:
            given[name] = Pickled.of({MISSING: refused.get(name, "")}, described=True)
    return given


def _random(name: str) -> Any:
    """The module whose random numbers a state is of."""
    import importlib  # noqa: PLC0415 - only with random numbers

    return importlib.import_module(name.removesuffix(" state"))


def _repeat(statements: list[str]) -> None:
    """Repeat what earlier cells set for the whole process; what it shows was shown there."""
    for statement in statements:
        names = dict(NAMESPACE)
        if is_plain(statement):
            run_plain(statement, names, Shown())
        else:
            run_shell(statement, _module, Shown())


@contextmanager
def _main() -> Iterator[None]:
    """While a cell runs: its namespace is that of the program, and empty afterwards."""
    main = sys.modules["__main__"]
    streams = (sys.stdout, sys.stderr)
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    NAMESPACE.clear()
    NAMESPACE.update(__name__="__main__", __builtins__=__builtins__, __doc__=None)
    sys.modules["__main__"] = _module
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        sys.stdout, sys.stderr = streams
        NAMESPACE.clear()
