"""Reads n8n's Set (Edit Fields), all its versions, into the parameters of ``data.set``."""

from __future__ import annotations

from typing import Any

from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.nodes import _imports
from workflow_kernel.sdk import Imported, ImportedNode

_JSON_DEFAULT = '{\n  "my_field_1": "value",\n  "my_field_2": 1\n}'
_OLD_TYPES = (("boolean", "truthy", False), ("number", "any", 0), ("string", "any", ""))
_FIELD_DEFAULTS = {
    "stringValue": "",
    "numberValue": "",
    "booleanValue": "true",
    "arrayValue": "",
    "objectValue": "={}",
}
_COMPUTED = (
    "(list => Object.fromEntries(list.map(one => [one.name, one.value ?? one[one.type ?? 'stringValue']])))"
    "((of => of?.assignments ?? of?.values ?? of ?? [])(%s))"
)
"""The object of fields that are computed as a whole."""
_DEFAULTS = {
    "mode": "fields",
    "include": "all",
    "attachments": "with_fields",
    "dot_notation": True,
    "ignore_conversion_errors": False,
    "null_text": "null",
    "copies": 0,
}


def from_n8n(source: ImportedNode) -> Imported:
    """Our parameters for an n8n Set of any version."""
    ours = _first(source) if source.version < 3 else _current(source)
    ours["dot_notation"] = source.get("options", "dotNotation", default=True)
    return Imported(_imports.left_out(ours, _DEFAULTS))


def _first(source: ImportedNode) -> dict[str, Any]:
    fields = []
    for group, kind, blank in _OLD_TYPES:
        for entry in source.get("values", group, default=None) or []:
            if group == "number" and source.version >= 2:
                kind = "numeric"
            fields.append({"name": entry.get("name", "propertyName"), "type": kind, "value": entry.get("value", blank)})
    keep_only = source.get("keepOnlySet", default=False)
    return {"fields": fields, "include": _imports.choose(keep_only, {"true": "none", "false": "all"}, "all")}


def _current(source: ImportedNode) -> dict[str, Any]:
    options = source.get("options", default=None) or {}
    ours: dict[str, Any] = {
        **_included(source),
        "ignore_conversion_errors": options.get("ignoreConversionErrors", False),
    }
    ours["attachments"] = _attachments(source, options)
    if source.version < 3.2:
        ours["null_text"] = "text" if source.version < 3.1 else "error"
    copies = source.get("duplicateCount", default=0)
    if source.get("duplicateItem", default=False) and copies:
        ours["copies"] = copies
    mode = source.get("mode", default="manual")
    if mode == "raw":
        data = source.get("jsonOutput", default=_JSON_DEFAULT)
        ours.update(mode="json", data=_imports.as_json_text(data) if is_expression(data) else data)
        return ours
    whole = source.get("assignments" if source.version >= 3.3 else "fields")
    if is_expression(whole):
        ours.update(mode="json", data=_imports.computed(whole, _COMPUTED))
        return ours
    ours["fields"] = _fields(source) if source.version < 3.3 else _assignments(source)
    return ours


def _included(source: ImportedNode) -> dict[str, Any]:
    include = source.get("include", default="all")
    if source.version >= 3.3:
        others = source.get("includeOtherFields", default=False)
        if is_expression(others):
            include = _imports.choose(others, {"true": include}, "none")
        elif not others:
            include = "none"
    ours: dict[str, Any] = {"include": include}
    if include == "selected":
        ours["selected_fields"] = _imports.split_names(source.get("includeFields", default=""))
    elif include == "except":
        ours["selected_fields"] = _imports.split_names(source.get("excludeFields", default=""))
    return ours


def _attachments(source: ImportedNode, options: dict[str, Any]) -> Any:
    if source.version >= 3.4:
        # Left out means that they stay, though the option, once added, starts as true.
        return _imports.choose(options.get("stripBinary"), {"true": "drop", "false": "with_fields"}, "with_fields")
    return _imports.choose(options.get("includeBinary"), {"true": "keep", "false": "drop"}, "drop")


def _fields(source: ImportedNode) -> list[dict[str, Any]]:
    fields = []
    for entry in source.get("fields", "values", default=None) or []:
        kind = entry.get("type", "stringValue")
        value = entry.get(kind, _FIELD_DEFAULTS.get(kind, ""))
        if kind == "objectValue" and is_expression(value):
            value = _imports.as_json_text(value)
        fields.append({"name": entry.get("name", ""), "type": kind.removesuffix("Value"), "value": value})
    return fields


def _assignments(source: ImportedNode) -> list[dict[str, Any]]:
    return [
        {"name": entry.get("name", ""), "type": entry.get("type", "string"), "value": entry.get("value")}
        for entry in source.get("assignments", "assignments", default=None) or []
    ]
