"""Following a path through the data of the last run, to know what a dot may lead to. Pure; used by ``completion``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workflow_kernel.expressions.completion_cursor import Step
from workflow_kernel.expressions.python_attributes import attachments
from workflow_kernel.expressions.scope import NodeView, Scope
from workflow_kernel.runs.item import Item

INPUT, NODE, ITEM, MOMENT = "$input", "$()", "item", "moment"


class Known(NamedTuple):
    """What is known of a value: samples of it, or the handle it is."""

    values: Sequence[Any] = ()
    handle: str = ""
    items: Sequence[Item] = ()
    view: NodeView | None = None


def follow(scope: Scope, steps: Sequence[Step], count: int) -> Known | None:
    """What a path leads to; None when that cannot be told."""
    known = _start(scope, steps, count)
    if known is None:
        return None
    at = 2 if steps[0].text in ("$", "$node") else 1
    while at < len(steps):
        following = steps[at + 1] if at + 1 < len(steps) else None
        is_call = steps[at].kind == "name" and following is not None and following.kind == "call"
        known = _step(known, steps[at], is_call)
        if known is None:
            return None
        at += 2 if is_call else 1
    return known


def _start(scope: Scope, steps: Sequence[Step], count: int) -> Known | None:
    name = steps[0].text
    items = [scope.items[index] for index in range(min(len(scope.items), count))]
    if name == "$json":
        return Known([item.json for item in items])
    if name == "$binary":
        return Known([attachments(item) for item in items])
    if name == "$input":
        batch = scope.inputs[0] if scope.inputs else scope.items
        return Known(handle=INPUT, items=[batch[index] for index in range(min(len(batch), count))])
    if name in ("$", "$node"):
        return _node(scope, steps[1], count) if len(steps) > 1 and steps[1].kind != "name" else None
    if name in ("$now", "$today"):
        return Known(handle=MOMENT)
    return _fact(scope, name)


def _fact(scope: Scope, name: str) -> Known | None:
    facts = scope.facts
    previous = facts.previous or ("", 0, 0)
    values: dict[str, Mapping[str, Any] | None] = {
        "$execution": facts.execution,
        "$workflow": facts.workflow,
        "$vars": facts.variables,
        "$env": facts.environment,
        # Names only: a secret's value must not show up as an example.
        "$secrets": None if facts.secrets is None else dict.fromkeys(facts.secrets, "..."),
        "$parameter": facts.parameters,
        "$prevNode": dict(zip(("name", "outputIndex", "runIndex"), previous, strict=True)),
    }
    value = values.get(name)
    return None if value is None else Known([dict(value)])


def _node(scope: Scope, step: Step, count: int) -> Known | None:
    name = step.text[1:-1] if step.text[:1] in ("'", '"', "`") else ""
    view = scope.node(name) if name else None
    if view is None:
        return None
    items: Sequence[Item] = ()
    if view.runs:
        outputs = view.runs[-1].outputs
        position = view.default_output if view.default_output < len(outputs) else 0
        items = outputs[position] if outputs else ()
    return Known(handle=NODE, items=[items[index] for index in range(min(len(items), count))], view=view)


def _step(known: Known, step: Step, is_call: bool) -> Known | None:
    if known.handle in (INPUT, NODE):
        return _handle_step(known, step, is_call)
    if known.handle == ITEM:
        if step.text == "json":
            return Known([item.json for item in known.items])
        return Known([attachments(item) for item in known.items]) if step.text == "binary" else None
    if known.handle == MOMENT or is_call:
        return None
    values = _children(known.values, step)
    return Known(values) if values else None


def _handle_step(known: Known, step: Step, is_call: bool) -> Known | None:
    if step.text == "item" or (is_call and step.text in ("first", "last", "itemMatching")):
        return Known(handle=ITEM, items=known.items)
    if is_call and step.text == "all":
        return Known([[{"json": item.json} for item in known.items]])
    if known.view is not None and step.text in ("json", "binary"):
        return _step(Known(handle=ITEM, items=known.items), step, False)
    if known.view is not None and step.text in ("params", "parameter"):
        return Known([dict(known.view.parameters)])
    if known.view is not None and step.text == "context":
        return Known([dict(known.view.context)])
    return None


def _children(values: Sequence[Any], step: Step) -> list[Any]:
    """The values one step further, of all samples."""
    name: str = step.text
    if step.kind == "key":
        if name[:1] not in ("'", '"'):
            lists = [value for value in values if isinstance(value, list)]
            return [element for value in lists for element in value[:20]] if name.lstrip("-").isdigit() else []
        name = name[1:-1]
    return [value[name] for value in values if isinstance(value, Mapping) and name in value]
