"""The words completion offers besides the data: ``$`` names, functions and methods, each with one line on what it does.

Python's come from the tables the compiler works with, so they cannot disagree. JavaScript's are data, in
``completion_javascript``.
"""

from __future__ import annotations

import datetime as dates
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from workflow_kernel.expressions import completion_javascript as javascript
from workflow_kernel.expressions.completion_cursor import Step
from workflow_kernel.expressions.functions import CONSTANTS, FUNCTIONS, NAMESPACES, signature
from workflow_kernel.expressions.python_attributes import GUARDED, METHODS
from workflow_kernel.expressions.python_moments import MOMENT_FIELDS


class Word(NamedTuple):
    """A word that can be written."""

    label: str
    insert: str
    detail: str = ""
    type: str = ""
    is_method: bool = False


_DOLLAR_NAMES = (
    ("$json", "object", "Data of the current item"),
    ("$binary", "object", "Attachments of the current item"),
    ("$input", "", "Items that came into this node"),
    ("$(", "", "Data of another node: $('Node').item.json"),
    ("$now", "date", "The time of this run, in the workflow's time zone"),
    ("$today", "date", "Midnight of today, in the workflow's time zone"),
    ("$itemIndex", "number", "Position of the current item, from 0"),
    ("$runIndex", "number", "How often this node ran before in this execution"),
    ("$prevNode", "object", "The node the input came from: name, outputIndex, runIndex"),
    ("$parameter", "object", "This node's parameters"),
    ("$execution", "object", "This execution: id, mode, resumeUrl, customData"),
    ("$workflow", "object", "This workflow: id, name, active"),
    ("$vars", "object", "Shared variables"),
    ("$env", "object", "Environment variables, where they are allowed"),
    ("$secrets", "object", "Secrets; in credential fields only"),
    ("$node", "", 'Data of another node, the old way: $node["Node"].json'),
    ("$if(", "", "$if(condition, a, b): a where the condition holds, b otherwise"),
    ("$ifEmpty(", "", "$ifEmpty(value, default): the default where the value is empty"),
    ("$min(", "number", "$min(a, b, ...): the smallest number"),
    ("$max(", "number", "$max(a, b, ...): the largest number"),
    ("$jmespath(", "", '$jmespath($json, "rows[0].name"): finds data by a JMESPath expression'),
)

_ITEM_MEMBERS = (
    ("json", "object", "The item's data"),
    ("binary", "object", "The item's attachments"),
)
_INPUT_MEMBERS = (
    ("item", "item", "The current item"),
    ("first()", "item", "The first item"),
    ("last()", "item", "The last item"),
    ("all()", "list", "All items"),
    ("params", "object", "The node's parameters"),
    ("context", "object", "State of a loop node: noItemsLeft, currentRunIndex"),
)
_NODE_MEMBERS = (
    ("item", "item", "The item the current one comes from"),
    *_INPUT_MEMBERS[1:],
    ("itemMatching(", "item", "itemMatching(i): the item that item i of the input comes from"),
    ("isExecuted", "boolean", "Whether the node has run"),
)
_HANDLES = {"$input": _INPUT_MEMBERS, "$()": _NODE_MEMBERS, "item": _ITEM_MEMBERS}

_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "list": (list,),
    "object": (dict,),
    "date": (dates.datetime,),
}


def type_name(value: Any) -> str:
    """A value's type, in words both languages share."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for kinds, name in ((str, "text"), ((int, float), "number"), (list, "list"), (Mapping, "object")):
        if isinstance(value, kinds):
            return name
    return "date" if isinstance(value, dates.date) else type(value).__name__


def dollar_names(language: str) -> Iterable[Word]:
    """The ``$`` names; the same in both languages."""
    return (Word(name.rstrip("("), name, detail, type_) for name, type_, detail in _DOLLAR_NAMES)


def functions(language: str) -> Iterable[Word]:
    """Functions that can be called by their bare name."""
    if language == "javascript":
        yield from (Word(name, name, detail) for name, detail in javascript.GLOBALS.items())
        return
    for name, function in FUNCTIONS.items():
        yield Word(name, f"{name}(", f"{signature(name, function)}: {_first_line(function)}")
    for name, members in NAMESPACES.items():
        if "" in members:
            yield Word(name, f"{name}(", _first_line(members[""]))
        else:
            yield Word(name, f"{name}.", f"Namespace: {', '.join(list(members)[:6])} ...")


def namespace(language: str, step: Step) -> Iterable[Word]:
    """What a namespace such as ``math`` holds."""
    if language == "javascript":
        yield from _javascript_words(javascript.NAMESPACES.get(step.text, {}), False)
        return
    for name, function in NAMESPACES.get(step.text, {}).items():
        if name:
            yield Word(name, f"{name}(", _first_line(function))
    for name, value in CONSTANTS.get(step.text, {}).items():
        yield Word(name, name, f"The constant {value}")


def handle_members(language: str, handle: str) -> Iterable[Word]:
    """What ``$input``, a node, an item or a moment has after the dot."""
    if handle == "moment":
        yield from _moment_fields(language)
    for name, type_, detail in _HANDLES.get(handle, ()):
        yield Word(name.rstrip("()"), name, detail, type_, "(" in name)


def _moment_fields(language: str) -> Iterable[Word]:
    if language == "javascript":
        return (Word(name, name, detail, "number") for name, detail in javascript.MOMENT_FIELDS.items())
    fields = [name for name in MOMENT_FIELDS[dates.datetime] if name != "tzinfo"]
    return (Word(name, name, f"The {name}", "number") for name in fields)


def methods(language: str, type_: str) -> Iterable[Word]:
    """Methods of values of a type."""
    if language == "javascript":
        yield from _javascript_words(javascript.EXTENSIONS.get(type_, {}), True)
        yield from _javascript_words(javascript.NATIVE.get(type_, {}), True)
        return
    seen: set[str] = set()
    for kind in _PYTHON_TYPES.get(type_, ()):
        for name, function in {**METHODS.get(kind, {}), **GUARDED.get(kind, {})}.items():
            if name not in seen:
                seen.add(name)
                yield Word(name, f"{name}(", _method_detail(kind, name, function), "", True)


def _method_detail(kind: type, name: str, function: Callable[..., Any]) -> str:
    """Python's own documentation where the method is Python's."""
    native = getattr(kind, name, None)
    return _first_line(native) or _first_line(function)


def _first_line(function: Any) -> str:
    text = inspect.getdoc(function) or ""
    lines = [line.strip() for line in text.splitlines() if line.strip() and "->" not in line]
    return lines[0] if lines else ""


def _javascript_words(words: Mapping[str, str], is_method: bool) -> Iterable[Word]:
    return (Word(name, f"{name}(" if is_method else name, detail, "", is_method) for name, detail in words.items())
