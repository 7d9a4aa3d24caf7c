"""Execute workflow: runs another workflow and gives what it ends with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from workflow_kernel.base.errors import CancelledRunError, WorkflowError
from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.graph.words import shown
from workflow_kernel.nodes._imports import choose
from workflow_kernel.sdk import (
    Context,
    Field,
    Imported,
    ImportedNode,
    Item,
    Items,
    Lineage,
    NodeError,
    NodeType,
    node,
)
from workflow_kernel.sdk.options import Loading, Options

_SOURCES = {"database": "id", "localFile": "file", "parameter": "json", "url": "url"}
_PARAMETERS = {"id": "workflowId", "file": "workflowPath", "json": "workflowJson", "url": "workflowUrl"}


def _from_n8n(source: ImportedNode) -> Imported:
    kind = choose(source.get("source"), _SOURCES, "id")
    workflow = source.get(_PARAMETERS.get(kind, "workflowId"), default="")
    if isinstance(workflow, Mapping) and "__rl" in workflow:
        workflow = workflow.get("value", "")
    parameters: dict[str, Any] = {
        "source": kind,
        "workflow": workflow,
        "mode": choose(source.get("mode"), {"once": "once", "each": "each"}, "once"),
        "wait": source.get("options", "waitForSubWorkflow", default=True),
    }
    fields = _fields(source)
    if fields is not None:
        parameters |= {"send": "fields", "fields": fields}
    warnings = ("The source is an expression; its workflow must be chosen by hand.",) if is_expression(kind) else ()
    return Imported(parameters, warnings=warnings)


def _fields(source: ImportedNode) -> dict[str, Any] | None:
    """The fields the caller sets, where it does not send its items as they are."""
    inputs = source.get("workflowInputs", default=None)
    if source.version < 1.2 or not isinstance(inputs, Mapping) or inputs.get("mappingMode") == "autoMapInputData":
        return None
    removed = {entry.get("id") for entry in inputs.get("schema") or () if entry.get("removed")}
    values = inputs.get("value")
    if not isinstance(values, Mapping) or not values:
        return None
    return {name: value for name, value in values.items() if name not in removed}


@node(
    "flow.execute_workflow",
    title="Execute workflow",
    pure=False,
    per_item=("workflow", "fields"),
    imports={"n8n-nodes-base.executeWorkflow": _from_n8n},
    icon="workflow",
    keywords=("sub-workflow", "call", "subroutine", "function", "child"),
)
class ExecuteWorkflow(NodeType):
    """Runs another workflow with the items, once for all or for each, and gives its last output."""

    source: Literal["id", "file", "json", "url"] = Field("id", description="Where the workflow is.")
    workflow: str | dict[str, Any] = Field(
        description="Its id, the path or URL of its file, or its JSON.",
        placeholder="orders.flow",
        expression="whole",
        load="workflows",
    )
    mode: Literal["once", "each"] = Field("once", description="Run it once with all items, or once for each item.")
    send: Literal["items", "fields"] = Field(
        "items", description="Give it the items as they are, or items with the fields you set."
    )
    fields: dict[str, Any] = Field(
        default_factory=dict,
        description="The fields each item gets.",
        show={"send": "fields"},
        widget="key-value",
    )
    wait: bool = Field(
        True,
        description="Whether to wait for its end; else it runs on its own and the items pass on at once.",
        section="Options",
    )

    @classmethod
    async def workflows(cls, loading: Loading) -> Options:
        """The workflows that can be chosen by their id."""
        if loading.parameters.get("source", "id") != "id":
            return Options([])
        return Options(await loading.workflows(loading.search))

    async def run(self, items: Items, ctx: Context) -> Items | list[Item]:
        """Call the workflow."""
        sent = self._sent(items, ctx)
        if self.mode == "each":
            return await self._run_each(items, sent, ctx)
        found = await ctx.call_workflow(await self._find(self.workflow, ctx), Items(sent), wait=self.wait)
        # A plain list is linked to the input by count: the links inside the other workflow mean nothing here.
        return list(found) if self.wait else Items(items.rows, Lineage.same())

    async def _run_each(self, items: Items, sent: list[Item], ctx: Context) -> Items:
        workflows = ctx.column("workflow")
        rows: list[Item] = []
        sources: list[int] = []
        for index, item in enumerate(sent):
            try:
                workflow = await self._find(workflows[index], ctx)
                found = await ctx.call_workflow(workflow, Items([item]), wait=self.wait)
            except CancelledRunError:
                raise
            except WorkflowError as error:
                ctx.fail(index, error)
                continue
            own = list(found) if self.wait else [items[index]]
            rows += own
            sources += [index] * len(own)
        return Items(rows, Lineage.one(sources))

    def _sent(self, items: Items, ctx: Context) -> list[Item]:
        if self.send == "items":
            return items.rows
        return [item.with_json(fields) for item, fields in zip(items.rows, ctx.column("fields"), strict=True)]

    async def _find(self, workflow: Any, ctx: Context) -> Any:
        """What the engine looks the workflow up by: an id, an absolute path, or the workflow's JSON."""
        if not workflow:
            raise NodeError("No workflow to run is given.", mend="Choose one in 'workflow'.")
        if isinstance(workflow, Mapping):
            return workflow
        text = str(workflow)
        if self.source == "id":
            return text
        if self.source == "file":
            return str(ctx.path(text))
        if self.source == "url":
            import httpx

            try:
                answer = await ctx.http.get(text, follow_redirects=True)
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                raise NodeError(
                    f"The workflow at {shown(text)} could not be read: {error}",
                    mend="Write the whole address, beginning with http:// or https://.",
                ) from None
            if answer.is_error:
                raise NodeError(f"The workflow at '{text}' could not be read: status {answer.status_code}.")
            text = answer.text
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise NodeError(f"The workflow is not JSON: {error}.") from None
