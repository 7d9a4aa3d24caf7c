"""JavaScript: a user's code over items, in V8, once for all of them or once for each."""

from __future__ import annotations

import re
from typing import Any, Literal

from workflow_kernel.expressions.scope import Failure, Scope
from workflow_kernel.nodes._each import each
from workflow_kernel.nodes.code import _javascript as returned
from workflow_kernel.sdk import (
    EMPTY,
    Context,
    Field,
    Imported,
    ImportedNode,
    Item,
    Items,
    NodeError,
    NodeType,
    node,
)
from workflow_kernel.worker.child_batches import lineage, lineage_of_all
from workflow_kernel.worker.task import PartialScope

STARTING_POINT = """\
for (const item of $input.all()) {
  item.json.myNewField = 1;
}

return $input.all();
"""

_ALL_LEGACY = "for (const item of items) {\n  item.json.myNewField = 1;\n}\n\nreturn items;"
_EACH = "$input.item.json.myNewField = 1;\n\nreturn $input.item;"
_EACH_LEGACY = "item.myNewField = 1;\n\nreturn item;"
_MODULES = frozenset({"luxon", "jmespath", "crypto", "buffer", "url"})


def _from_code(source: ImportedNode) -> Imported:
    mode = "each" if source.get("mode") == "runOnceForEachItem" else "all"
    if str(source.get("language", default="javaScript")).startswith("python"):
        parameters = {"mode": mode} | ({"code": code} if (code := source.get("pythonCode")) else {})
        return Imported(parameters, type="code.python", warnings=_python_warnings(str(code)))
    code = source.get("jsCode", default=_EACH if mode == "each" else STARTING_POINT)
    return _imported(code, mode)


def _from_function(source: ImportedNode) -> Imported:
    return _imported(source.get("functionCode", default=_ALL_LEGACY), "all")


def _from_function_item(source: ImportedNode) -> Imported:
    return _imported(source.get("functionCode", default=_EACH_LEGACY), "each", {"item_is_json": True})


def _imported(code: Any, mode: str, more: dict[str, Any] | None = None) -> Imported:
    text = str(code)
    warnings = []
    if re.search(r"\b(helpers|\$helpers)\s*\.", text):
        warnings.append("The code uses n8n's 'helpers', which are not there: use nodes for requests and attachments.")
    modules = set(re.findall(r"\brequire\(\s*['\"`](?:node:)?([^'\"`]+)", text)) - _MODULES
    if modules:
        warnings.append(f"The code needs modules that cannot be loaded: {', '.join(sorted(modules))}.")
    return Imported({"code": text, "mode": mode, **(more or {})}, warnings=tuple(warnings))


def _python_warnings(code: str) -> tuple[str, ...]:
    odd = [name for name in ("_getWorkflowStaticData", "_evaluateExpression", "_secrets") if name in code]
    return tuple(f"The code uses n8n's '{name}', which is not there." for name in odd)


@node(
    "code.javascript",
    title="JavaScript",
    where="thread",
    reads="all",
    icon="braces",
    keywords=("code", "script", "function", "js", "javascript"),
    imports={
        "n8n-nodes-base.code": _from_code,
        "n8n-nodes-base.function": _from_function,
        "n8n-nodes-base.functionItem": _from_function_item,
    },
)
class JavaScript(NodeType):
    """Runs JavaScript over the items, once for all of them or once for each.

    The code is the body of an asynchronous function: `return` gives the result, `await` works. It sees `$input`,
    `$json`, `$('Node')` and all other names of expressions, and `console` writes to the log. Run once for all items it
    returns an array of items or objects; run for each item it returns one.
    """

    code: str = Field(
        STARTING_POINT, description="The body of a function.", expression=False, widget="code", language="javascript"
    )
    mode: Literal["all", "each"] = Field(
        "all", description="Whether the code runs once for all items, or once for each of them.", expression=False
    )
    item_is_json: bool = Field(
        False,
        section="Options",
        show={"mode": "each"},
        expression=False,
        description="Whether `item` is the JSON of the item, and what is returned its new JSON; attachments stay.",
    )

    def run(self, items: Items | None, ctx: Context) -> Items:
        """Run the code in V8."""
        given = EMPTY if items is None else items
        scope = _narrowed(ctx.scope, given)
        if self.mode == "each":
            return self._run_each(given, scope, ctx)
        try:
            result = ctx.run_javascript(self.code, scope, each_item=False)
            rows = returned.items_of(result.value, ctx)
        except NodeError as error:
            if ctx.stops_on_error or not given:
                raise
            # One item tells the error of the whole run.
            ctx.fail(0, error)
            return EMPTY
        sources = returned.sources_of(result.value, result.sources)
        if all(source is None for source in sources):
            return Items(rows, lineage_of_all(len(rows), len(given)))
        return Items(rows, lineage(sources, len(given)))

    def _run_each(self, given: Items, scope: Scope, ctx: Context) -> Items:
        result = ctx.run_javascript(self.code, scope, each_item=True, legacy=self.item_is_json)
        return each(result.value, lambda index, value: self._item(value, given[index], index, ctx), ctx)

    def _item(self, value: Any, given: Item, index: int, ctx: Context) -> tuple[Item, ...]:
        """The item of what the code returned for one item; none where it returned nothing."""
        if isinstance(value, Failure):
            raise NodeError(value.message, description=value.description, item=index)
        if self.item_is_json:
            if isinstance(value, dict):
                return (given.with_json(value),)
            raise NodeError(
                f"Code doesn't return an object [item {index}]",
                description=f"It returned {returned.named(value)}.",
                mend="End the code with 'return item;'.",
            )
        if value is None:
            return ()
        if isinstance(value, dict):
            return (returned.item_of(value, ctx, index),)
        wanted = "a single object" if isinstance(value, list) else "an object"
        raise NodeError(
            f"Code doesn't return {wanted} [item {index}]",
            description=f"It returned {returned.named(value)}.",
            mend="Return an object, e.g. {name: 'Ada'}, or run the code once for all items.",
        )


def _narrowed(scope: Scope, items: Items) -> Scope:
    """The scope with just the items the node was given, where it runs with the first one only."""
    if len(scope.items) != len(items) and isinstance(scope, PartialScope):
        return scope.part(items, 0)
    return scope
