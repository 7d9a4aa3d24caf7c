"""Runs the parity tables: each record is an expression or a call, and a matcher its result must satisfy.

``python -m tests.parity.tables FILE...`` prints what passes. Records of kind ``call`` use the functions listed in
``tests.parity.functions``; without them they count as not covered.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tests.parity import typed
from tests.parity.matchers import Outcome, matches
from tests.parity.run_data import RunDataScope
from workflow_kernel.expressions.javascript import JavaScript

Status = Literal["passed", "failed", "not_covered"]


class Result(NamedTuple):
    """What became of one record."""

    id: str
    kind: str
    status: Status
    detail: str


def run_table(path: Path | str) -> list[Result]:
    """Every record of a table file, checked."""
    table = json.loads(Path(path).read_text(encoding="utf-8"))
    contexts = table.get("contexts", {})
    return [_run(record, contexts) for record in table["records"]]


def _run(record: Mapping[str, Any], contexts: Mapping[str, Any]) -> Result:
    kind = record["kind"]
    runner = {"expression": _expression, "data-proxy": _data_proxy, "call": _call}.get(kind)
    outcome = runner(record, contexts) if runner else None
    if outcome is None:
        return Result(record["id"], kind, "not_covered", f"nothing runs {record.get('fn', kind)}")
    try:
        is_passed = matches(outcome, record["matcher"], record["expected"])
    except KeyError as error:
        return Result(record["id"], kind, "not_covered", f"unknown matcher {error}")
    if is_passed:
        return Result(record["id"], kind, "passed", "")
    subject = record.get("expression", record.get("fn"))
    wanted = f"{record['matcher']} {json.dumps(record['expected'], ensure_ascii=False)}"
    return Result(record["id"], kind, "failed", f"{subject} | {wanted} | got {json.dumps(outcome, ensure_ascii=False)}")


def _expression(record: Mapping[str, Any], contexts: Mapping[str, Any]) -> Outcome:
    workflow = record.get("workflow") or {"nodes": [], "connections": {}}
    context = {
        "workflow": workflow,
        "run_data": (record.get("run_data") or {}).get("resultData", {}).get("runData", {}),
        "node": record.get("node", ""),
        "input": record["items"],
    }
    return _evaluate(record, context, record["item_index"])


def _data_proxy(record: Mapping[str, Any], contexts: Mapping[str, Any]) -> Outcome:
    context = contexts[record["ctx"]]
    return _evaluate(record, context, context["item_index"])


def _evaluate(record: Mapping[str, Any], context: Mapping[str, Any], index: int) -> Outcome:
    now = datetime.fromisoformat(record["now"]).timestamp()
    scope = RunDataScope(context, now=now, timezone=record["workflow_timezone"], environment={})
    return _resolve(record["expression"], scope, index, record.get("path", ""))


def _resolve(value: Any, scope: RunDataScope, index: int, path: str = "") -> Outcome:
    """A parameter's value with every text in it evaluated."""
    if isinstance(value, str):
        return _javascript().evaluate_typed(value, scope, index, path)
    if not isinstance(value, (dict, list)):
        return {"value": value}
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    parts = {key: _resolve(value[key], scope, index) for key in keys}
    failed = [part for part in parts.values() if "error" in part]
    if failed:
        return failed[0]
    plain = {key: part["value"] for key, part in parts.items()}
    return {"value": plain if isinstance(value, dict) else list(plain.values())}


@cache
def _javascript() -> JavaScript:
    return JavaScript()


@cache
def _functions() -> Mapping[str, Callable[..., Any]]:
    try:
        return importlib.import_module("tests.parity.functions").FUNCTIONS
    except ImportError:
        return {}


def _call(record: Mapping[str, Any], contexts: Mapping[str, Any]) -> Outcome | None:
    function = _functions().get(record["fn"])
    if function is None:
        return None
    try:
        value = typed.encode(typed.follow(function(*typed.decode(record["args"])), record.get("path") or ""))
    except Exception as error:  # any exception is the outcome that is compared
        classes = [one.__name__ for one in type(error).__mro__]
        return {"error": {"name": type(error).__name__, "message": str(error), "classes": classes}}
    return {"value": value}


def main(paths: list[str]) -> int:
    """Print what passes, and each record that does not."""
    failed = 0
    for path in paths:
        results = run_table(path)
        counts = Counter(result.status for result in results)
        sys.stdout.write(f"{Path(path).name}: {counts['passed']}/{len(results)} {dict(counts)}\n")
        for result in results:
            if result.status == "failed":
                failed += 1
                sys.stdout.write(f"  {result.id}: {result.detail}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
