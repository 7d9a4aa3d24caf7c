"""Makes a node type of a plain Python function with type hints.

    @task
    def total(rows: list[dict], field: str = "amount") -> dict:
        \"\"\"Sums up a field.\"\"\"
        return {"total": sum(row[field] for row in rows)}

``total`` still is a function; ``total.node_type`` is the node type. Parameters that take data become input ports,
those of plain types or with a default become fields, and the return annotation tells the output ports.
"""

from __future__ import annotations

import functools
import inspect
import re
import types
from collections.abc import Callable, Mapping
from typing import Any, Generic, ParamSpec, TypeVar, overload

from workflow_kernel.base.signature import Form, Parameter, Signature, form_of, read
from workflow_kernel.graph.model import MAIN
from workflow_kernel.runs.item import EMPTY, Batch
from workflow_kernel.sdk.context import Context
from workflow_kernel.sdk.node import ItemFunction, Kind, NodeType, Port, Where, node
from workflow_kernel.sdk.parameters import Field

P = ParamSpec("P")
R = TypeVar("R")

_KINDS: dict[Form, Kind] = {
    "item": "items", "items": "items", "table": "table", "polars": "table", "pandas": "table", "object": "any",
}  # fmt: skip


class Task(Generic[P, R]):
    """A function that is a node type too.

    Parameters
    ----------
    function: the plain function. node_type: its node type, for a registry.
    """

    def __init__(self, function: Callable[P, R], node_type: type[NodeType]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.node_type = node_type

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)


@overload
def task(function: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(
    *,
    type: str | None = None,
    title: str | None = None,
    version: int = 1,
    where: Where = "process",
    pure: bool = True,
    icon: str = "square-function",
    keywords: tuple[str, ...] = (),
) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def task(
    function: Callable[P, R] | None = None,
    /,
    *,
    type: str | None = None,
    title: str | None = None,
    version: int = 1,
    where: Where = "process",
    pure: bool = True,
    icon: str = "square-function",
    keywords: tuple[str, ...] = (),
) -> Task[P, R] | Callable[[Callable[P, R]], Task[P, R]]:
    """Make a node type of a function; used as ``@task`` or ``@task(where="thread")``.

    Parameters
    ----------
    type: ``family.name``; ``task.<function>`` when not given.
    title, version, pure, icon, keywords: as for ``node``.
    where: ``process`` for a worker process, ``thread`` for blocking work here, ``inline`` for quick work.
    """

    def make(plain: Callable[P, R]) -> Task[P, R]:
        return Task(plain, node_type_of(plain, type, where=where, title=title, version=version, pure=pure,
                                        icon=icon, keywords=keywords))  # fmt: skip

    return make if function is None else make(function)


def node_type_of(
    function: Callable[..., Any], type_name: str | None = None, *, where: Where = "process", **options: Any
) -> type[NodeType]:
    """The node type of a function; ``options`` are those of ``node``."""
    signature = read(function)
    fields = {parameter.name: _attribute(parameter.name) for parameter in signature.settings}
    inputs = {port.name: parameter for port, parameter in _inputs(signature)}
    outputs = tuple(Port(name, _KINDS[form_of(annotation)]) for name, annotation in signature.outputs)
    is_each = len(inputs) == 1 and next(iter(inputs.values())).form == "item"
    spec, names = function, [name for name, _ in signature.outputs]

    def arguments(instance: Any) -> dict[str, Any]:
        return {name: getattr(instance, attribute) for name, attribute in fields.items()}

    async def run(self: Any, batch: Batch, ctx: Context) -> Any:
        count = len(batch) if is_each and batch is not None and fields else 0
        models = [ctx.at(self, index) for index in range(count)]
        is_same = all(model is models[0] for model in models)
        given = arguments(models[0] if models else self) if is_same else [arguments(model) for model in models]
        batches = {parameter.name: part for parameter, part in zip(inputs.values(), ctx.inputs(), strict=False)}
        entered = batches or {"": batch if batch is not None else EMPTY}
        return await ctx.call_function(spec, entered, given, where=where, outputs=names)

    made = _class(function, signature, fields, run)
    made.made_of = (function, type_name, {"where": where, **options})
    if is_each and not names and where == "process":
        made.item_function = ItemFunction(function, next(iter(inputs.values())).name, fields)
    return node(
        type_name or f"task.{function.__name__}",
        inputs=tuple(port for port, _ in _inputs(signature)) or (MAIN,),
        outputs=outputs or (Port(MAIN, _output_kind(signature.returns)),),
        required="all" if len(inputs) > 1 else "any",
        where=where,
        chunked=is_each,
        per_item=tuple(fields.values()),
        **{"title": _title(function), **{key: value for key, value in options.items() if value is not None}},
    )(made)


def _class(
    function: Callable[..., Any], signature: Signature, fields: Mapping[str, str], run: Callable[..., Any]
) -> type[NodeType]:
    described = _described(function)
    attributes: dict[str, Any] = {
        "__doc__": inspect.getdoc(function) or f"Calls {function.__name__}.",
        "__module__": function.__module__,
        "__annotations__": {fields[parameter.name]: parameter.annotation for parameter in signature.settings},
        "run": run,
    }
    for parameter in signature.settings:
        attributes[fields[parameter.name]] = _field(parameter, fields[parameter.name], described)
    name = "".join(part.capitalize() for part in function.__name__.split("_"))
    made: type[NodeType] = types.new_class(name or "Task", (NodeType,), {}, lambda body: body.update(attributes))
    return made


def _field(parameter: Parameter, attribute: str, described: Mapping[str, str]) -> Any:
    default = ... if parameter.default is inspect.Parameter.empty else parameter.default
    more: dict[str, Any] = {} if attribute == parameter.name else {"alias": parameter.name}
    return Field(default, description=described.get(parameter.name, ""), **more)


def _inputs(signature: Signature) -> list[tuple[Port, Parameter]]:
    """Input ports with the parameter each one feeds; a lone one is named as edges expect it."""
    taken = signature.data
    return [
        (Port(MAIN if len(taken) == 1 else parameter.name, _KINDS[parameter.form or "object"]), parameter)
        for parameter in taken
    ]


def _output_kind(returns: Any) -> Kind:
    return "any" if returns is Any or returns is None else _KINDS[form_of(returns)]


def _attribute(name: str) -> str:
    """The attribute a field lives in: a name that node types or pydantic have themselves gets an underscore."""
    return f"{name}_" if hasattr(NodeType, name) else name


def _title(function: Callable[..., Any]) -> str:
    return function.__name__.replace("_", " ").strip().capitalize()


def _described(function: Callable[..., Any]) -> dict[str, str]:
    """Descriptions of parameters, from a docstring that has a line ``name: description`` for them."""
    found = re.findall(r"^\s*(\w+)(?:\s*\([^)]*\))?\s*:\s+(\S.*)$", inspect.getdoc(function) or "", re.MULTILINE)
    return {name: text.strip() for name, text in found}
