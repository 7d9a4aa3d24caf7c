"""Reads n8n's Merge, all its versions, into the parameters of ``flow.merge``."""

from __future__ import annotations

from typing import Any

from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.nodes import _imports
from workflow_kernel.nodes._sql import from_alasql
from workflow_kernel.sdk import Imported, ImportedNode

_KEEP = {
    "keepMatches": "matches",
    "keepNonMatches": "non_matches",
    "keepEverything": "everything",
    "enrichInput1": "enrich_input1",
    "enrichInput2": "enrich_input2",
}
_JOIN = {"inner": "drop", "left": "input1", "outer": "keep"}
_BY = {"combineByFields": "by_fields", "mergeByFields": "by_fields", "combineByPosition": "by_position",
       "mergeByPosition": "by_position", "combineAll": "combinations", "multiplex": "combinations"}  # fmt: skip
_QUERY = "SELECT * FROM input1 LEFT JOIN input2 ON input1.name = input2.id"


def from_n8n(source: ImportedNode) -> Imported:
    """Our parameters for an n8n Merge of any version."""
    mode = source.get("mode", default="append")
    if source.version < 2:
        return Imported(_first(source, mode))
    if mode == "combine":
        return Imported(_combine(source))
    if mode == "chooseBranch":
        return Imported(_choose_branch(source))
    if mode == "combineBySql":
        return _by_sql(source)
    return Imported({"mode": "append", **_number(source)})


def _number(source: ImportedNode) -> dict[str, Any]:
    number = source.get("numberInputs", default=2)
    return {"number_of_inputs": int(number)} if source.version >= 3 and str(number).isdigit() and number != 2 else {}


def _first(source: ImportedNode, mode: str) -> dict[str, Any]:
    if mode == "mergeByIndex":
        unpaired = _imports.choose(source.get("join"), _JOIN, "input1")
        return {"mode": "by_position", "unpaired": unpaired, "nested": "shallow"}
    if mode == "multiplex":
        return {"mode": "combinations", "nested": "shallow"}
    if mode in ("passThrough", "wait"):
        output = source.get("output", default="input1") if mode == "passThrough" else "empty"
        return {"mode": "choose_branch", "output": output, "require_all": False}
    if mode not in ("mergeByKey", "keepKeyMatches", "removeKeyMatches"):
        return {"mode": "append"}
    pair = {"field1": source.get("propertyName1", default=""), "field2": source.get("propertyName2", default="")}
    ours = {"mode": "by_fields", "fields": [pair], "compare": "text", "matches": "last", "require_fields": False}
    if mode != "mergeByKey":
        return {**ours, "keep": "matches" if mode == "keepKeyMatches" else "non_matches", "output_from": "input1"}
    ours |= {"keep": "enrich_input1", "nested": "shallow", "lacking": "drop", "drop_fields2": True}
    overwrite = source.get("overwrite", default="always")
    if overwrite != "always":
        ours |= {"clash": "prefer_input", "preferred_input": 1, "fill_empty": overwrite == "blank"}
    return ours


def _combine(source: ImportedNode) -> dict[str, Any]:
    name = "combineBy" if source.version >= 3 else "combinationMode"
    mode = _BY.get(source.get(name, default="mergeByFields"), "by_fields")
    ours: dict[str, Any] = {"mode": mode, **_clash(source)}
    options = source.get("options", default=None) or {}
    if mode == "by_position":
        if options.get("includeUnpaired"):
            ours["unpaired"] = _imports.choose(options["includeUnpaired"], {"true": "keep", "false": "drop"}, "drop")
        return {**ours, **_number(source), **({"pass_lone_input": True} if source.version < 3 else {})}
    if mode == "combinations":
        return ours
    keep = source.get("joinMode", default="keepMatches")
    ours |= {"fields": _pairs(source), "keep": _imports.choose(keep, _KEEP, "matches"), "order": "matches_first",
             "pass_lone_input": True}  # fmt: skip
    output = source.get("outputDataFrom", default="both")
    if output != "both" and keep in ("keepMatches", "keepNonMatches"):
        ours["output_from"] = output
    if options.get("fuzzyCompare"):
        ours["compare"] = _imports.choose(options["fuzzyCompare"], {"true": "fuzzy", "false": "exact"}, "exact")
    if options.get("disableDotNotation"):
        ours["dot_notation"] = False
    if options.get("multipleMatches", "all") != "all":
        ours["matches"] = options["multipleMatches"]
    return ours


def _pairs(source: ImportedNode) -> list[dict[str, Any]] | str:
    if source.version >= 3 and not source.get("advanced", default=False):
        names = _imports.split_names(source.get("fieldsToMatchString", default=""))
        if isinstance(names, str):
            # The names are computed, so are the pairs.
            split = "String(%s).split(',').map(n => n.trim()).filter(n => n).map(n => ({field1: n, field2: n}))"
            return _imports.computed(names, split)
        return [{"field1": name, "field2": name} for name in names]
    return [
        {"field1": pair.get("field1", ""), "field2": pair.get("field2", "")}
        for pair in source.get("mergeByFields", "values", default=None) or []
    ]


def _clash(source: ImportedNode) -> dict[str, Any]:
    values = source.get("options", "clashHandling", "values", default=None) or {}
    ours: dict[str, Any] = {}
    resolve = values.get("resolveClash")
    if resolve == "addSuffix":
        ours["clash"] = "suffix"
    elif resolve == "preferLast":
        ours["clash"] = "prefer_last"
    elif isinstance(resolve, str) and resolve.startswith("preferInput"):
        ours |= {"clash": "prefer_input", "preferred_input": int(resolve.removeprefix("preferInput") or 1)}
    if values.get("mergeMode") == "shallowMerge":
        ours["nested"] = "shallow"
    if values.get("overrideEmpty"):
        ours["fill_empty"] = values["overrideEmpty"]
    return ours


def _choose_branch(source: ImportedNode) -> dict[str, Any]:
    output = source.get("output", default="specifiedInput" if source.version >= 3 else "input1")
    if output == "specifiedInput":
        number = source.get("useDataOfInput", default=1)
        output = _imports.computed(number, "'input' + %s") if is_expression(number) else f"input{number}"
    return {"mode": "choose_branch", "output": output, **_number(source)}


def _by_sql(source: ImportedNode) -> Imported:
    query = source.get("query", default=_QUERY)
    if "{{" in query and not is_expression(query):
        # In a query, expressions count also where the field as a whole is not one.
        query = f"={query}"
    default = "success" if source.version < 3.2 else "empty"
    empty = source.get("options", "emptyQueryResult", default=default)
    ours = {"mode": "sql", "query": from_alasql(query), "lenient": True, **_number(source)}
    ours["empty_result"] = _imports.choose(empty, {"success": "success", "empty": "nothing"}, "nothing")
    for name in ("queryParameters", "queryParams", "queryReplacement"):
        given = source.get("options", name, default=source.get(name))
        if given is not None:
            ours["query_parameters"] = _imports.split_names(given)
    warning = "The query was written for AlaSQL and now runs in DuckDB; check that it gives the same rows."
    return Imported(ours, warnings=(warning,))
