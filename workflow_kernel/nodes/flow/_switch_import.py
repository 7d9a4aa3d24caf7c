"""Reads n8n's Switch, all its versions, into the parameters of ``flow.switch``."""

from __future__ import annotations

from typing import Any

from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.sdk import Imported, ImportedNode
from workflow_kernel.sdk.conditions import conditions_from_n8n, legacy_condition


def from_n8n(source: ImportedNode) -> Imported:
    """Our parameters for an n8n Switch of any version."""
    if source.get("mode", default="rules") == "expression":
        name = "numberOutputs" if source.version >= 3 else "outputsAmount"
        number = source.get(name, default=4) if source.version >= 2 else 4
        warnings = ("The number of outputs is computed; it is taken to be 4.",) if is_expression(number) else ()
        count = 4 if warnings else int(number)
        parameters = {"mode": "expression", "number_of_outputs": count, "output": source.get("output", default=0)}
        return Imported(parameters, warnings=warnings)
    return _current(source) if source.version >= 3 else _first(source)


def _first(source: ImportedNode) -> Imported:
    kind = source.get("dataType", default="number")
    value = source.get("value1")
    rules = []
    for rule in source.get("rules", "rules", default=None) or []:
        condition = legacy_condition(kind, rule.get("operation"), value, rule.get("value2"))
        ours: dict[str, Any] = {"conditions": {"conditions": [condition], "options": {"types": "as_is"}}}
        if source.version < 2:
            ours["output"] = f"output{int(rule.get('output', 0)) + 1}"
        elif rule.get("outputKey"):
            ours["name"] = str(rule["outputKey"])
        rules.append(ours)
    parameters: dict[str, Any] = {"rules": rules}
    if source.version < 2:
        parameters["number_of_outputs"] = 4
    return Imported({**parameters, **_fallback(source.get("fallbackOutput", default=-1))})


def _current(source: ImportedNode) -> Imported:
    options = source.get("options", default=None) or {}
    rules = []
    for rule in source.get("rules", "values", default=None) or []:
        ours: dict[str, Any] = {"conditions": conditions_from_n8n(rule.get("conditions") or {})}
        if rule.get("renameOutput") and rule.get("outputKey"):
            ours["name"] = str(rule["outputKey"])
        rules.append(ours)
    parameters = {"rules": rules, **_fallback(options.get("fallbackOutput", "none"))}
    if options.get("renameFallbackOutput"):
        parameters["fallback_name"] = options["renameFallbackOutput"]
    if options.get("allMatchingOutputs"):
        parameters["all_matching"] = options["allMatchingOutputs"]
    return Imported(parameters)


def _fallback(value: Any) -> dict[str, Any]:
    if value == "extra":
        return {"fallback": "extra"}
    try:
        number = int(value)
    except (TypeError, ValueError):
        return {}
    return {"fallback": f"output{number + 1}"} if number >= 0 else {}
