"""What a node sees of the platform while it runs, and nothing else. The worker implements it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from workflow_kernel.contracts import Blobs, Log
from workflow_kernel.expressions.scope import Column, Scope
from workflow_kernel.runs.item import Batch, Binary, Items
from workflow_kernel.sdk.answer import Answer

if TYPE_CHECKING:
    import httpx

    from workflow_kernel.expressions.javascript_code import CodeResult
    from workflow_kernel.sdk.node import Where

N = TypeVar("N")


class Context(Protocol):
    """The one argument every ``run`` gets besides its data."""

    @property
    def node(self) -> str:
        """The node's name."""
        ...

    @property
    def run_index(self) -> int:
        """How often the node ran before in this execution."""
        ...

    @property
    def token(self) -> str:
        """The same over retries and take-overs: send it along with an effect to have it exactly once."""
        ...

    def item_token(self, index: int) -> str:
        """The same as ``token``, for the effect of one item alone."""
        ...

    @property
    def state(self) -> dict[str, Any]:
        """Small JSON-able state kept with the run and given to this node's next run in the same execution."""
        ...

    @property
    def stops_on_error(self) -> bool:
        """True when a failing item fails the node (``on_error: stop``)."""
        ...

    @property
    def scope(self) -> Scope:
        """The data expressions see, for nodes that run user code."""
        ...

    @property
    def log(self) -> Log: ...

    @property
    def blobs(self) -> Blobs: ...

    @property
    def http(self) -> httpx.AsyncClient:
        """A shared client: pooled connections, outgoing addresses fenced by settings."""
        ...

    @property
    def folder(self) -> Path:
        """Where relative paths of file nodes begin."""
        ...

    @property
    def timezone(self) -> str:
        """The workflow's IANA time zone."""
        ...

    @property
    def is_cancelled(self) -> bool:
        """True once the run was asked to stop; long loops should look."""
        ...

    @property
    def resume_url(self) -> str:
        """The address that ends a wait of the execution, signed; empty where nobody can call."""
        ...

    def now(self) -> datetime:
        """The time, aware, in the workflow's time zone. Never read the clock yourself: tests fix it."""
        ...

    def path(self, name: str) -> Path:
        """A file path a user gave, made absolute and checked against the allowed folders."""
        ...

    def column(self, *path: str | int) -> Column:
        """One value per item for the parameter at a path, e.g. ``column("conditions", 0, "left")``.

        A plain parameter repeats; an expression is evaluated for all items at once. The first element of the path
        must be named in the node type's ``per_item``.
        """
        ...

    def at(self, parameters: N, index: int) -> N:
        """The node's parameters resolved for item ``index``: ``mine = ctx.at(self, i)``. Needs ``per_item``."""
        ...

    def fail(self, index: int, error: Exception | str) -> None:
        """Report that one item failed; leave it out of the outputs. Raises at once when the node stops on errors."""
        ...

    def credential(self, slot: str) -> Mapping[str, Any] | None:
        """The secret in a slot, or None when none is chosen. Never log it, never put it on an edge."""
        ...

    async def newer_credential(self, slot: str, used: Mapping[str, Any]) -> Mapping[str, Any]:
        """The secret in a slot after the service no longer took the one used: a newer one, or the same again."""
        ...

    async def check_address(self, host: str, port: int) -> str:
        """An address to connect to for a host; raises ``NodeError`` for one that nodes may not reach.

        For connections that do not go by ``http``. It is the host itself where nothing is fenced.
        """
        ...

    def attach(self, data: bytes, *, name: str | None = None, mime_type: str | None = None) -> Binary:
        """Keep bytes in the blob store and give the attachment for an item; the type is told by the name."""
        ...

    def read(self, binary: Binary) -> bytes:
        """An attachment's bytes."""
        ...

    def progress(self, fraction: float, message: str = "") -> None:
        """Tell how far it is, 0 to 1; shown live."""
        ...

    def respond(self, answer: Answer) -> bool:
        """Answer who started the execution and waits, while it goes on; False when nobody waits.

        It is sent once the execution is durable. After one that does not go on, others are dropped.
        """
        ...

    def annotate(self, key: str, value: Any) -> None:
        """Keep a value with the execution, searchable later."""
        ...

    def earlier_input(self, run_index: int, port: int = 0) -> Batch:
        """The batch an earlier run of this node got, for loops."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait a short while (rate limits); wakes at once when cancelled. Longer waits return ``Suspend``."""
        ...

    async def call_workflow(self, source: Any, items: Items, *, wait: bool = True) -> Items:
        """Run another workflow with these items: a path, or the workflow's JSON. Gives its last output."""
        ...

    async def run_python(
        self, code: str, data: Mapping[str, Any], *, timeout: float | None = None, entry: str = ...
    ) -> Any:
        """Run a user's Python in a worker process, apart from this one. What it prints goes to the log.

        Parameters
        ----------
        code: the body of a function; ``return`` gives the result.
        data: values the code sees by name: plain data, tables, or any object that can be pickled.
        timeout: seconds it may take; the node's own timeout when not given.
        entry: ``module:function`` in the worker process that runs the code, for nodes that do it their own way.

        Returns
        -------
        Plain data as it is; anything else as an unopened ``worker.child_values.Pickled``.
        """
        ...

    async def call_function(
        self,
        function: str | Callable[..., Any],
        inputs: Mapping[str, Batch],
        arguments: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        where: Where = "process",
        outputs: Sequence[str] = (),
    ) -> Any:
        """Call a plain Python function over batches; it takes them in the form its annotations ask for.

        Parameters
        ----------
        function: the function, or its name as ``module:function``.
        inputs: batch by parameter; one under the name ``""`` goes to the parameter that takes data.
        arguments: its other parameters; a list of them, one for each item, where they differ.
        where: in a worker process, in a thread, or here and now.
        outputs: names of its outputs when it gives several.

        Returns
        -------
        The batch it gives, linked to the first input; a mapping of batches by output when it gives several.
        """
        ...

    def run_javascript(self, code: str, scope: Scope, *, each_item: bool, legacy: bool = False) -> CodeResult:
        """Run a user's JavaScript in V8, over the items of a scope. Blocks: such a node says ``where="thread"``.

        What it writes to the console goes to the log. Where the node goes on after errors, items that fail have a
        ``Failure`` in their place.

        Parameters
        ----------
        code: statements with ``return``. each_item: once for each item. legacy: ``item`` is the item's JSON.
        """
        ...

    def inputs(self) -> Sequence[Batch]:
        """All input batches as they came, in port order."""
        ...
