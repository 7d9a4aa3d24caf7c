"""Reads n8n's conditions, old and new, into ours.

The importer and the nodes' import maps call this. It works on plain JSON and knows no models; expressions (texts
starting with ``=``) are kept as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES = {"dateTime": "date"}
_NAMES = {
    "notExists": "not_exists",
    "notEmpty": "not_empty",
    "notEquals": "not_equals",
    "notContains": "not_contains",
    "startsWith": "starts_with",
    "notStartsWith": "not_starts_with",
    "endsWith": "ends_with",
    "notEndsWith": "not_ends_with",
    "regex": "matches",
    "notRegex": "not_matches",
    "gt": "larger",
    "lt": "smaller",
    "gte": "larger_or_equal",
    "lte": "smaller_or_equal",
    "afterOrEquals": "after_or_equal",
    "beforeOrEquals": "before_or_equal",
    "lengthEquals": "length_equals",
    "lengthNotEquals": "length_not_equals",
    "lengthGt": "length_larger",
    "lengthLt": "length_smaller",
    "lengthGte": "length_larger_or_equal",
    "lengthLte": "length_smaller_or_equal",
    # The first If, Filter and Switch had names of their own.
    "equal": "equals",
    "notEqual": "not_equals",
    "isEmpty": "empty",
    "isNotEmpty": "not_empty",
    "larger": "larger",
    "smaller": "smaller",
    "largerEqual": "larger_or_equal",
    "smallerEqual": "smaller_or_equal",
}
_LEGACY_GROUPS = ("boolean", "dateTime", "number", "string")
_LEGACY_OPERATION = {"boolean": "equal", "dateTime": "after", "number": "smaller", "string": "equal"}
_LEGACY_VALUE: dict[str, Any] = {"boolean": False, "dateTime": "", "number": 0, "string": ""}


def conditions_from_n8n(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """Our ``Conditions``, as JSON, for n8n's.

    Parameters
    ----------
    parameter: the value of n8n's ``conditions`` parameter, of any version; or all parameters of the first If or Filter,
        whose combination of conditions (``combineOperation``, ``combineConditions``) stands beside them.
    """
    if not isinstance(parameter.get("conditions"), list) and not isinstance(parameter.get("operator"), Mapping):
        inner = parameter.get("conditions")
        if isinstance(inner, Mapping) and isinstance(inner.get("conditions"), list):
            return _current(inner)
        return _legacy(inner if isinstance(inner, Mapping) else parameter, _legacy_combinator(parameter))
    return _current(parameter)


def legacy_condition(
    data_type: str, operation: str | None = None, left: Any = None, right: Any = None
) -> dict[str, Any]:
    """Our ``Condition``, as JSON, for one of n8n's first If, Filter or Switch; use it with ``"types": "as_is"``.

    Parameters
    ----------
    data_type: ``boolean``, ``dateTime``, ``number`` or ``string``.
    operation: n8n's name, e.g. ``largerEqual``; when not given the one If starts with.
    left, right: n8n's ``value1`` and ``value2``; when not given what their fields start with.
    """
    name = operation or _LEGACY_OPERATION.get(data_type, "equal")
    blank = _LEGACY_VALUE.get(data_type, "")
    return _condition(data_type, name, blank if left is None else left, blank if right is None else right)


def _condition(type_name: str, operation: str, left: Any, right: Any) -> dict[str, Any]:
    family = _TYPES.get(type_name, type_name)
    condition = {"left": left, "operator": f"{family}.{_NAMES.get(operation, operation)}"}
    is_unary = operation.lower().endswith(("exists", "empty")) or operation in ("true", "false")
    return condition if is_unary else {**condition, "right": right}


def _current(parameter: Mapping[str, Any]) -> dict[str, Any]:
    options = parameter.get("options") or {}
    is_strict = options.get("typeValidation") == "strict"
    ours: dict[str, Any] = {"types": "strict" if is_strict else "loose"}
    if options.get("caseSensitive") is False:
        ours["case_sensitive"] = False
    if not is_strict and _version(options.get("version")) < 2:
        ours["boolean_text"] = "truthy"
    conditions = []
    for each in parameter.get("conditions") or []:
        operator = each.get("operator") or {}
        kind, name = operator.get("type", "string"), operator.get("operation", "equals")
        conditions.append(_condition(kind, name, each.get("leftValue"), each.get("rightValue")))
    combinator = "or" if parameter.get("combinator") == "or" else "and"
    return {"combinator": combinator, "conditions": conditions, "options": ours}


def _version(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 1.0


def _legacy_combinator(parameter: Mapping[str, Any]) -> str:
    combine = parameter.get("combineOperation") or parameter.get("combineConditions") or "all"
    return "or" if str(combine).lower() in ("any", "or") else "and"


def _legacy(groups: Mapping[str, Any], combinator: str) -> dict[str, Any]:
    conditions = [
        legacy_condition(group, each.get("operation"), each.get("value1"), each.get("value2"))
        for group in _LEGACY_GROUPS
        for each in groups.get(group) or []
    ]
    return {"combinator": combinator, "conditions": conditions, "options": {"types": "as_is"}}
