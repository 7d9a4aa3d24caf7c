"""Import of n8n's Postgres node, all versions. Used by ``query`` alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workflow_kernel.sdk import Imported, ImportedNode

_OPERATORS = {
    "equal": "equals", "!=": "not_equals", "LIKE": "like", ">": "greater", "<": "less", ">=": "greater_or_equal",
    "<=": "less_or_equal", "IS NULL": "is_null", "IS NOT NULL": "is_not_null",
}  # fmt: skip
_MODES = {"single": "single", "multiple": "single", "independently": "independent", "transaction": "transaction"}
_PART = re.compile(r"(?:\{\{.*?\}\}|[^,{]|\{(?!\{))+", re.DOTALL)


def convert(source: ImportedNode) -> Imported:
    """Our parameters for a node of any version."""
    operation = source.get("operation", default="insert")
    warnings: list[str] = []
    options = source.get("options" if source.version >= 2 else "additionalFields", default={}) or {}
    parameters: dict[str, Any] = {
        "operation": operation,
        "mode": _MODES.get(str(options.get("queryBatching", options.get("mode", "single"))), "single"),
        "confirm": True,
    }
    if options.get("largeNumbersOutput", "text") == "text":
        parameters["decimals"] = "text"
    if operation == "executeQuery":
        parameters |= _query(source, options, warnings)
    else:
        parameters |= _form(source, operation, options, warnings)
    credentials = {"postgres": source.credentials["postgres"]} if "postgres" in source.credentials else {}
    return Imported(parameters, warnings=tuple(warnings), credentials=credentials)


def _query(source: ImportedNode, options: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
    query = source.get("query", default="")
    if re.search(r"\$\d+:\w+", str(query)):
        warnings.append("The query has parameters such as $1:name; write names into the SQL itself.")
    given = options.get("queryReplacement", options.get("queryParams", ""))
    found: dict[str, Any] = {"operation": "query", "query": query}
    if isinstance(given, list):
        found["parameters"] = given
    elif given and source.version < 2:
        found["parameters"] = [f"={{{{ $json[{name.strip()!r}] }}}}" for name in str(given).split(",")]
    elif given:
        found["parameters"] = _listed(str(given))
    return found


def _listed(text: str) -> Any:
    """Values with commas between them; those with expressions are expressions each."""
    if re.match(r"^=\{\{\s*\[", text):
        return text
    parts = [part.strip() for part in _PART.findall(text.removeprefix("="))]
    return [f"={part}" if "{{" in part and text.startswith("=") else part for part in parts if part]


def _name(value: Any, default: str = "") -> Any:
    """A name chosen from a list, or written."""
    return value.get("value", default) if isinstance(value, Mapping) else value or default


def _form(source: ImportedNode, operation: str, options: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "table": _name(source.get("table")), "schema_name": _name(source.get("schema"), "public"),
    }  # fmt: skip
    if operation == "deleteTable":
        return found | _delete(source, found, warnings)
    if operation == "select":
        found |= _where(source)
        if not source.get("returnAll", default=False):
            found["limit"] = source.get("limit", default=50)
        order = source.get("sort", "values", default=[])
        found["order"] = [
            {"column": entry["column"], "descending": entry.get("direction", "ASC") == "DESC"} for entry in order
        ]
        found["columns"] = _columns(options.get("outputColumns"))
        return {name: value for name, value in found.items() if value != []}
    found |= _values(source, operation)
    found["returning"] = _columns(options.get("outputColumns", source.get("returnFields")))
    if options.get("skipOnConflict"):
        found["skip_conflicts"] = options["skipOnConflict"]
    if options.get("replaceEmptyStrings"):
        warnings.append("Empty texts were stored as null; write that into 'values' where it is wanted.")
    return {name: value for name, value in found.items() if value not in ([], None)}


def _columns(given: Any) -> list[str]:
    if isinstance(given, list):
        return [] if "*" in given else given
    return [] if not given or given == "*" else [name.strip() for name in str(given).split(",")]


def _where(source: ImportedNode) -> dict[str, Any]:
    conditions = [
        {"column": entry["column"], "operator": _OPERATORS.get(entry.get("condition", "equal"), "equals"),
         "value": entry.get("value")}
        for entry in source.get("where", "values", default=[])
    ]  # fmt: skip
    return {"where": conditions, "combine": str(source.get("combineConditions", default="AND")).lower()}


def _delete(source: ImportedNode, found: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
    command = source.get("deleteCommand", default="truncate")
    if command == "delete":
        return {"operation": "delete", **_where(source)}
    warnings.append(f"'{command}' of a table became an SQL query; check it.")
    words = "TRUNCATE TABLE" if command == "truncate" else "DROP TABLE IF EXISTS"
    names = (str(found["schema_name"]).replace('"', '""'), str(found["table"]).replace('"', '""'))
    return {"operation": "query", "query": f'{words} "{names[0]}"."{names[1]}"'}


def _values(source: ImportedNode, operation: str) -> dict[str, Any]:
    columns = source.get("columns")
    if isinstance(columns, Mapping):
        match = columns.get("matchingColumns", []) if operation != "insert" else []
        is_auto = columns.get("mappingMode") == "autoMapInputData"
        return {"match": match, "values": None if is_auto else columns.get("value") or {}}
    if source.version < 2:
        key = str(source.get("updateKey", default="id"))
        names = [key] if operation == "update" else []
        names += [name.strip() for name in str(columns or "").split(",") if name.strip()]
        values = {name: f"={{{{ $json[{name!r}] }}}}" for name in dict.fromkeys(names)}
        return {"match": [key] if operation == "update" else [], "values": values}
    key = _name(source.get("columnToMatchOn"))
    match = [key] if operation != "insert" and key else []
    if source.get("dataMode", default="autoMapInputData") == "autoMapInputData":
        return {"match": match, "values": None}
    values = {entry["column"]: entry.get("value") for entry in source.get("valuesToSend", "values", default=[])}
    if match and source.get("valueToMatchOn") is not None:
        values[key] = source.get("valueToMatchOn")
    return {"match": match, "values": values}
