"""Small workflows for the engine's tests, written as they are drawn, and node types that tell when they are called."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from workflow_kernel.app.local import LocalEngine
from workflow_kernel.engine.journal import Journal
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Edge, End, Node, Settings, Workflow
from workflow_kernel.sdk import Context, Item, Items, NodeError, NodeType, Object, Suspend, node
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.worker.environment import Environment

Drawn = str | tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], Mapping[str, Any]]
"""A node: its type, its parameters, and its other fields."""


def draw(nodes: Mapping[str, Drawn], edges: str = "", name: str = "test", **settings: Any) -> Workflow:
    """A workflow; ``edges`` as ``"a > b, loop.done > c, d > merge.input2"``; nodes stand from left to right."""
    placed: dict[str, Node] = {}
    for number, (title, drawn) in enumerate(nodes.items()):
        type_name, parameters, fields = (*((drawn,) if isinstance(drawn, str) else drawn), {}, {})[:3]
        placed[title] = Node(
            title, title, str(type_name), parameters=parameters, **{"position": (100.0 * number, 0.0), **fields}
        )
    wires = [tuple(_end(end) for end in edge.split(">")) for edge in edges.split(",") if edge.strip()]
    return Workflow(name, placed, tuple(Edge(source, target) for source, target in wires), Settings(**settings))


def _end(text: str) -> End:
    title, _, port = text.strip().partition(".")
    return End(title, port) if port else End(title)


def numbers(count: int) -> list[dict[str, Any]]:
    """Items ``{"n": 0}``, ``{"n": 1}`` and so on."""
    return [{"n": n} for n in range(count)]


class Called(NamedTuple):
    """A call of a node: its name, run index and token."""

    node: str
    index: int
    token: str


class Calls(list[Called]):
    """Every call of a node type of :func:`kinds`, in order; tests hold and open its gates."""

    def __init__(self) -> None:
        super().__init__()
        self.began = asyncio.Event()
        self.gate = asyncio.Event()
        self.is_inside = threading.Event()
        self.ended: list[str] = []

    def note(self, ctx: Context) -> int:
        """Keep a call; gives how often this run was called before."""
        key = (ctx.node, ctx.run_index)
        count = sum(1 for call in self if call[:2] == key)
        self.append(Called(ctx.node, ctx.run_index, ctx.token))
        return count

    def names(self) -> list[str]:
        """The nodes called, in order."""
        return [call.node for call in self]


def kinds(calls: Calls) -> Registry:
    """The installed node types, and some that tell ``calls`` when they are called."""
    return Registry({kind.spec.type: kind for kind in (*_quick_kinds(calls), *_slow_kinds(calls))})


def _quick_kinds(calls: Calls) -> list[type[NodeType]]:
    @node("test.add")
    class Add(NodeType):
        """Adds its name to every item's path; fails its first calls where asked to."""

        fails: int = 0
        retry_after: float | None = None

        def run(self, items: Items, ctx: Context) -> Items:
            """Add it."""
            if calls.note(ctx) < self.fails:
                raise NodeError(f"{ctx.node} fails", retry_after=self.retry_after)
            return added(items, ctx)

    @node("test.each")
    class Each(NodeType):
        """Doubles ``n`` of an item; fails for those that have no ``n`` or a negative one."""

        offset: int = 0

        def run(self, item: Item, ctx: Context) -> dict[str, Any]:
            """Double it."""
            if item.json["n"] < 0:
                raise NodeError(f"{item.json['n']} is negative")
            return {"n": item.json["n"] * 2 + self.offset}

    @node("test.effect", pure=False)
    class Effect(NodeType):
        """Does something that must not be done twice; fails its first calls where asked to."""

        fails: int = 0

        def run(self, items: Items, ctx: Context) -> Items:
            """Do it."""
            if calls.note(ctx) < self.fails:
                raise NodeError(f"{ctx.node} fails")
            return added(items, ctx)

    @node("test.wait")
    class Wait(NodeType):
        """Waits till a time, or for a call."""

        until: float | None = None

        def run(self, items: Items, ctx: Context) -> Suspend:
            """Wait."""
            calls.note(ctx)
            ctx.log.info("waiting")
            return Suspend(self.until, added(items, ctx))

    @node("test.object")
    class Opaque(NodeType):
        """Gives an object that cannot be written down."""

        def run(self, items: Items, ctx: Context) -> Object:
            """Make it."""
            calls.note(ctx)
            return Object(calls)

    @node("test.exit")
    class Exit(NodeType):
        """Leaves the process, as it believes."""

        def run(self, items: Items, ctx: Context) -> Items:
            """Leave."""
            raise SystemExit(3)

    @node("test.exit_thread", where="thread")
    class ExitThread(Exit):
        """Leaves the process from a thread."""

        def run(self, items: Items, ctx: Context) -> Items:
            """Leave."""
            raise SystemExit(3)

    return [Add, Each, Effect, Wait, Opaque, Exit, ExitThread]


def _slow_kinds(calls: Calls) -> list[type[NodeType]]:
    @node("test.later")
    class Later(NodeType):
        """Gives the event loop back once before it adds its name."""

        async def run(self, items: Items, ctx: Context) -> Items:
            """Add it."""
            calls.note(ctx)
            await asyncio.sleep(0)
            return added(items, ctx)

    @node("test.gate")
    class Gate(NodeType):
        """Goes on when the test opens the gate."""

        async def run(self, items: Items, ctx: Context) -> Items:
            """Tell that it began, and wait."""
            calls.note(ctx)
            calls.began.set()
            try:
                await calls.gate.wait()
            finally:
                calls.ended.append(ctx.node)
            return added(items, ctx)

    @node("test.thread", where="thread")
    class Threaded(NodeType):
        """Works in a thread until it is asked to stop."""

        endless: bool = False

        def run(self, items: Items, ctx: Context) -> Items:
            """Work."""
            calls.note(ctx)
            calls.is_inside.set()
            ctx.progress(0.5)
            while self.endless and not ctx.is_cancelled:
                threading.Event().wait(0.005)
            calls.ended.append(ctx.node)
            return added(items, ctx)

    @node("test.busy")
    class Busy(NodeType):
        """Blocks for a while though it says it is quick."""

        seconds: float

        def run(self, items: Items, ctx: Context) -> Items:
            """Block."""
            calls.note(ctx)
            threading.Event().wait(self.seconds)
            return added(items, ctx)

    return [Later, Gate, Threaded, Busy]


def added(items: Items, ctx: Context) -> Items:
    """The items with the node's name at the end of their ``path``."""
    rows = [item.with_json({**item.json, "path": f"{item.json.get('path', '')}/{ctx.node}"}) for item in items]
    return Items(rows)


@asynccontextmanager
async def engine_for(
    calls: Calls | None = None, journal: Journal | None = None, **parts: Any
) -> AsyncIterator[LocalEngine]:
    """An engine that knows the node types of :func:`kinds`."""
    registry = kinds(calls if calls is not None else Calls())
    async with LocalEngine(registry, Environment(MemoryBlobs()), journal, **parts) as engine:
        yield engine


async def run(
    workflow: Workflow, *items: Mapping[str, Any], calls: Calls | None = None, **options: Any
) -> ExecutionResult:
    """Run a workflow on items."""
    async with engine_for(calls) as engine:
        return await engine.run(workflow, Items.of(*items) if items else None, **options)


async def until(is_so: Callable[[], bool]) -> None:
    """Let others run until something is so."""
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - what is looked at tells nobody
            await asyncio.sleep(0)
