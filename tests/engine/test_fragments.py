"""Fragments: what follows a run in the same kind of place is run there, in one go.

Start -> A -> B -> C -> End
"""

from __future__ import annotations

import itertools
import threading
from typing import Any

import msgspec
import pytest

from workflow_kernel.app.local import LocalEngine
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Edge, End, Node, Retry, Workflow
from workflow_kernel.sdk import Context, Field, Items, Lineage, NodeError, NodeType, node
from workflow_kernel.sdk.registry import Registry

CALLS: list[tuple[str, int]] = []
"""Which node was called, and in which thread."""


@node("test.step", where="thread")
class Step(NodeType):
    """Adds one in a thread."""

    fail: bool = Field(False, description="Whether to fail.")
    drop: bool = Field(False, description="Whether to send nothing.")

    def run(self, items: Items, ctx: Context) -> Items:
        """Add one to every item."""
        CALLS.append((ctx.node, threading.get_ident()))
        if self.fail:
            raise NodeError("It failed.")
        rows = [] if self.drop else [item.with_json({"n": item.json["n"] + 1}) for item in items]
        return Items(rows, Lineage.same())


def chain(**changes: Any) -> Workflow:
    nodes = {"start": Node("start", "Start", "flow.manual_trigger")}
    for position, name in enumerate("abc", 1):
        made = Node(name, name.upper(), "test.step", position=(float(position), 0.0))
        nodes[name] = msgspec.structs.replace(made, **changes.get(name, {}))
    nodes["end"] = Node("end", "End", "data.set", position=(9.0, 0.0), parameters={
        "fields": [{"name": "first", "value": "={{ $('Start').item.json.n }}"}],
    })  # fmt: skip
    line = list(nodes)
    return Workflow("w", nodes, tuple(Edge(End(a), End(b)) for a, b in itertools.pairwise(line)))


async def run(workflow: Workflow) -> ExecutionResult:
    CALLS.clear()
    async with LocalEngine(Registry({"test.step": Step})) as engine:
        return await engine.run(workflow, Items.of({"n": 1}, {"n": 5}))


async def test_a_chain_runs_in_one_thread_and_once_each() -> None:
    result = await run(chain())
    result.raise_if_failed()
    assert [name for name, _ in CALLS] == ["A", "B", "C"]
    assert len({thread for _, thread in CALLS}) == 1
    assert threading.get_ident() not in {thread for _, thread in CALLS}
    assert result["C"].json() == [{"n": 4}, {"n": 8}]
    assert [row["first"] for row in result["End"].json()] == [1, 5]
    assert [result[name].index for name in "ABC"] == [0, 0, 0]


async def test_a_failure_ends_the_fragment_and_the_execution() -> None:
    result = await run(chain(b={"parameters": {"fail": True}}))
    assert (result.state, result.error and result.error.node) == ("failed", "B")
    assert [name for name, _ in CALLS] == ["A", "B"]
    assert "C" not in result


async def test_nothing_sent_ends_the_fragment() -> None:
    result = await run(chain(b={"parameters": {"drop": True}}))
    assert result.is_success
    assert [name for name, _ in CALLS] == ["A", "B"]


@pytest.mark.parametrize(
    "change",
    [
        {"disabled": True},
        {"on_error": "continue"},
        {"retry": Retry(tries=2)},
        {"timeout": 60.0},
        {"execute_once": True},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_node_with_settings_of_its_own_gives_the_same(change: dict[str, Any]) -> None:
    result = await run(chain(b=change))
    result.raise_if_failed()
    expected = {"disabled": [{"n": 3}, {"n": 7}], "execute_once": [{"n": 4}]}
    assert result["C"].json() == expected.get(next(iter(change)), [{"n": 4}, {"n": 8}])
    assert len(CALLS) == (2 if "disabled" in change else 3)
