"""An execution of a running service as Python and notebooks see it: its state, and what its nodes sent.

``remote`` gives them: ``client.execution(id)["Node"].df()``.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from workflow_kernel.base.errors import NodeError
from workflow_kernel.builder_progress import Bar
from workflow_kernel.client import Client
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.words import did_you_mean
from workflow_kernel.runs import show
from workflow_kernel.runs.compare import Comparison, Side, compare
from workflow_kernel.runs.given import as_batch
from workflow_kernel.runs.item import Table
from workflow_kernel.runs.tables import table_of
from workflow_kernel.worker.cell_values import Opening, open_in
from workflow_kernel.worker.child_values import Pickled, PickledObject

if TYPE_CHECKING:
    import pandas
    import pyarrow

PAGE = 1000
OPEN = ("queued", "running")
_PAUSES = (0.02, 2.0)
"""Seconds between two looks at an execution: the first, and the longest. A service takes 60 requests a minute of
anybody, where its settings say nothing else."""


class RemoteExecution:
    """An execution of a service. ``await`` it, or call :meth:`wait`, for its end.

    Parameters
    ----------
    service: that has it. id: of it. about: what the API said of it.
    """

    def __init__(self, service: Client, id: str, about: Mapping[str, Any] | None = None) -> None:
        self._service = service
        self.id = id
        self._about: Mapping[str, Any] = about or {}
        self._document: Mapping[str, Any] | None = None
        self.replaced: frozenset[str] = frozenset()
        """Of a fork that was made here: the nodes whose data are other ones, by name."""

    def refresh(self) -> RemoteExecution:
        """Look where it stands."""
        self._about = self._service.get(f"/executions/{self.id}")
        return self

    def wait(self, timeout: float | None = None, *, progress: bool = True) -> RemoteExecution:
        """Wait for its end, or until it waits itself for longer.

        Parameters
        ----------
        timeout: seconds after which ``TimeoutError`` is raised; None for never. The execution goes on.
        progress: whether a bar comes when it takes longer.
        """
        end = None if timeout is None else time.monotonic() + timeout
        with Bar(f"Execution {self.id}", None, "node", is_wanted=progress) as bar:
            for pause in pauses():
                if self.refresh().state not in OPEN:
                    break
                if end is not None and time.monotonic() > end:
                    raise TimeoutError(f"Execution {self.id} is still {self.state} after {timeout:g} s.")
                bar.draw(self.state)
                time.sleep(pause)
        return self

    def __await__(self) -> Generator[Any, None, RemoteExecution]:
        return asyncio.to_thread(self.wait).__await__()

    @property
    def state(self) -> str:
        """Where it stood when it was last looked at."""
        return str(self._known()["state"])

    @property
    def seconds(self) -> float | None:
        """How long it took; None as long as it has not begun."""
        found: float | None = self._known()["seconds"]
        return found

    @property
    def last_node(self) -> str:
        """Name of the node that was done last: its output is the execution's."""
        return str(self._known()["last_node"])

    @property
    def error(self) -> Mapping[str, Any] | None:
        """Why it failed."""
        found: Mapping[str, Any] | None = self._known()["error"]
        return found

    def raise_if_failed(self) -> None:
        """Raise the error of an execution that did not succeed."""
        if self.error is not None:
            place = f"Node '{self.error['node']}' failed: " if self.error.get("node") else ""
            raise NodeError(place + self.error["message"], code=self.error["code"], mend=self.error.get("mend", ""))

    def cancel(self) -> None:
        """Ask it to stop."""
        self._service.post(f"/executions/{self.id}/cancel")

    def retry(self, *, beginning: str = "failed") -> RemoteExecution:
        """Run it again, from the node that failed (``failed``) or anew (``start``)."""
        made = self._service.post(f"/executions/{self.id}/retry", {"beginning": beginning})
        return RemoteExecution(self._service, made["id"])

    def fork(self, *nodes: str, replace: Mapping[str, Any] | None = None) -> RemoteExecution:
        """Run it again with something changed; what does not depend on it is taken over.

        Parameters
        ----------
        nodes: names of nodes to run anew. replace: by name of a node, the items that stand in place of what it gave.
        """
        changed = {name: rows_of(items, {}) for name, items in (replace or {}).items()}
        made = self._service.post(f"/executions/{self.id}/fork", {"nodes": list(nodes), "replace": changed})
        fork = RemoteExecution(self._service, made["id"])
        fork.replaced = frozenset(changed)
        return fork

    def nodes(self) -> list[RemoteNode]:
        """The nodes that ran, in the order of their first runs."""
        runs: dict[str, list[Mapping[str, Any]]] = {}
        for run in self._service.get(f"/executions/{self.id}/nodes")["items"]:
            runs.setdefault(run["node"], []).append(run)
        return [RemoteNode(self._service, self.id, self._name(node), found) for node, found in runs.items()]

    def __getitem__(self, name: str) -> RemoteNode:
        nodes = {node.name: node for node in self.nodes()}
        if name not in nodes:
            raise KeyError(f"Node '{name}' did not run. {did_you_mean(name, list(nodes), 'These did:')}")
        return nodes[name]

    def compare(self, other: RemoteExecution) -> Comparison:
        """How another execution differs from this one, node by node; reads all that their nodes sent.

        What a fork of this one took over from it is the same.
        """
        mine = {node.name: Side(node.state, node.row().seconds, node.sent()) for node in self.nodes()}
        theirs = {node.name: Side(node.state, node.row().seconds, node.sent()) for node in other.nodes()}
        if other._known().get("fork_of") == self.id:
            anew = other._after(theirs) | other.replaced
            theirs = {name: side for name, side in mine.items() if name not in anew} | theirs
        return compare(mine, theirs)

    def _after(self, names: Iterable[str]) -> set[str]:
        """The names of some nodes, and of all that follow them."""
        edges = [(self._name(edge["source"][0]), self._name(edge["target"][0])) for edge in self._workflow()["edges"]]
        found, pending = set(names), list(names)
        while pending:
            source = pending.pop()
            new = {target for one, target in edges if one == source} - found
            found |= new
            pending += new
        return found

    def row(self) -> list[str]:
        """What a list shows of it."""
        about = self._known()
        took = "" if about["seconds"] is None else show.duration(about["seconds"])
        return [self.id, about["state"], (about["started_at"] or "")[:19].replace("T", " "), took]

    def __repr__(self) -> str:
        return show.execution_text(f"Execution {self.id}", self.state, self.seconds, [n.row() for n in self.nodes()])

    def _repr_html_(self) -> str:
        title = str(self._workflow().get("name") or "Execution")
        told = "" if self.error is None else str(self.error["message"])
        link = f"{self._service.url}/executions/{self.id}"
        rows = [node.row() for node in self.nodes()]
        graph = flow_format.from_document(dict(self._workflow()))
        return show.execution_html(title, self.state, self.seconds, rows, error=told, link=link, workflow=graph)

    def _known(self) -> Mapping[str, Any]:
        return self._about if self._about else self.refresh()._about

    def _workflow(self) -> Mapping[str, Any]:
        if self._document is None:
            self._document = self._service.get(f"/executions/{self.id}/workflow")
        return self._document

    def _name(self, node: str) -> str:
        return str(self._workflow().get("nodes", {}).get(node, {}).get("name", node))


class RemoteNode:
    """A node's part in an execution: its last run, unless another one is asked for.

    Parameters
    ----------
    service: that has it. execution: its id. name: of the node. runs: what the API says of its runs.
    """

    def __init__(self, service: Client, execution: str, name: str, runs: Sequence[Mapping[str, Any]]) -> None:
        self._service = service
        self._execution = execution
        self.name = name
        self.runs = sorted(runs, key=lambda run: int(run["index"]))

    @property
    def state(self) -> str:
        """Of its last run."""
        return str(self.runs[-1]["state"])

    @property
    def error(self) -> Mapping[str, Any] | None:
        """Why its last run failed, or the error it went on after."""
        found: Mapping[str, Any] | None = self.runs[-1]["error"]
        return found

    @property
    def logs(self) -> list[str]:
        """What its last run logged and printed."""
        return [str(line["text"]) for line in self.runs[-1]["logs"]]

    def items(self, output: int = 0, *, run: int | None = None, most: int | None = None) -> list[dict[str, Any]]:
        """What a run sent through an output, as ``{"json": ..., "binary": ...}`` each.

        Parameters
        ----------
        output: position of the output. run: index of the run; the last where not given. most: items at most.
        """
        found: list[dict[str, Any]] = []
        while most is None or len(found) < most:
            limit = PAGE if most is None else min(PAGE, most - len(found))
            page = self._page(output, run, len(found), limit)
            found += page["items"]
            if not page["items"] or len(found) >= page["count"]:
                break
        return found

    def json(self, output: int = 0, *, run: int | None = None) -> list[dict[str, Any]]:
        """The JSON of the items a run sent."""
        return [item["json"] for item in self.items(output, run=run)]

    def sent(self) -> list[dict[str, Any]]:
        """The JSON of what its last run sent, nothing where that failed."""
        return self.json() if sum(self.runs[-1]["items"]) else []

    def kind(self, output: int = 0, *, run: int | None = None) -> str:
        """What a run sent through an output: ``items``, ``table`` or ``object``."""
        return str(self._page(output, run, 0, 1)["kind"])

    def value(self, output: int = 0, *, run: int | None = None, opening: Opening | None = None) -> Any:
        """What a run sent as it is: an object, such as a data frame or a model; a table; else the JSON of its items.

        Opening an object runs code that the workflow's authors wrote, as running the workflow does.

        Parameters
        ----------
        output: position of the output. run: index of the run. opening: of variables that share objects.
        """
        if self.kind(output, run=run) == "items":
            return self.json(output, run=run)
        batch = self.batch(output, run=run)
        if isinstance(batch, Table):
            return batch.table
        pickled = batch.pickled
        return open_in(opening or Opening(names()), pickled.data, [bytearray(part) for part in pickled.buffers])

    def batch(self, output: int = 0, *, run: int | None = None) -> Table | PickledObject:
        """The table a run sent, or the object, unopened."""
        last = self.runs[-1]
        query = {"index": last["index"] if run is None else run, "output": output}
        path = f"/executions/{self._execution}/nodes/{last['node']}/value"
        answer = self._service.answer("GET", path, query=query)
        if "arrow" in answer.headers["content-type"]:
            import pyarrow.ipc  # noqa: PLC0415 - takes a while to load

            return Table(pyarrow.ipc.open_stream(answer.content).read_all())
        data, buffers = msgspec.msgpack.decode(answer.content)
        return PickledObject(Pickled(data, buffers, "object"))

    def table(self, output: int = 0, *, run: int | None = None) -> pyarrow.Table:
        """What a run sent as an Arrow table."""
        return table_of(self.json(output, run=run))

    def df(self, output: int = 0, *, run: int | None = None) -> pandas.DataFrame:
        """What a run sent as a data frame."""
        import pandas  # noqa: PLC0415 - takes a while to load

        return pandas.DataFrame(self.json(output, run=run))

    def row(self) -> show.Row:
        """What a list shows of it."""
        seconds = sum(max(0.0, run["ended"] - run["started"]) for run in self.runs if run["ended"] is not None)
        told = "" if self.error is None else str(self.error["message"])
        return show.Row(self.name, self.state, len(self.runs), sum(self.runs[-1]["items"]), seconds, told)

    def __repr__(self) -> str:
        return f"{self.name!r}: {self.state}, {sum(self.runs[-1]['items']):,} items"

    def _repr_html_(self) -> str:
        if self.error is not None and not sum(self.runs[-1]["items"]):
            return show.execution_html(self.name, self.state, None, (), error=str(self.error["message"]))
        page = self._page(0, None, 0, show.ROWS)
        shown = show.items_html([item["json"] for item in page["items"]], page["count"])
        return shown + show.pictures_html(self._attachments(page["items"]))

    def read(self, attachment: Mapping[str, Any]) -> bytes:
        """The bytes of an attachment of an item: ``node.read(item["binary"]["data"])``."""
        return self._service.answer("GET", f"/executions/{self._execution}/attachments/{attachment['blob']}").content

    def _attachments(self, items: Sequence[Mapping[str, Any]]) -> list[show.Attachment]:
        return [
            show.Attachment(
                str(binary.get("fileName") or name), str(binary.get("mimeType", "")), int(binary.get("size", 0)),
                partial(self.read, binary),
            )
            for item in items
            for name, binary in (item.get("binary") or {}).items()
        ]  # fmt: skip

    def _page(self, output: int, run: int | None, start: int, limit: int) -> Mapping[str, Any]:
        last = self.runs[-1]
        found: Mapping[str, Any] = self._service.get(
            f"/executions/{self._execution}/nodes/{last['node']}/data",
            index=last["index"] if run is None else run, output=output, start=start, limit=limit,
        )  # fmt: skip
        return found


def names() -> dict[str, Any]:
    """Where functions of a notebook find their global names when they are opened here: those of this notebook."""
    interactive = sys.modules.get("IPython")  # there is none outside notebooks
    shell = None if interactive is None else interactive.get_ipython()
    return {} if shell is None else shell.user_ns


def rows_of(items: Any, fields: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """What was given, as the API takes it."""
    batch = as_batch(items, fields)
    return None if batch is None else batch.items().json()


def pauses() -> Iterator[float]:
    """Seconds to wait between looks at an execution, ever longer ones."""
    pause, longest = _PAUSES
    while True:
        yield pause
        pause = min(longest, pause * 1.3)
