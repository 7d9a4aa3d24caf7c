"""An edge of an execution, opened in a notebook: the real input of a node, to change its code or parameters with it.

    edge = open_edge("0192...", "Total")
    edge.items                   # what came in
    edge.run({"fields": [...]})  # the node, here, with other parameters
    edge.put_back({"fields": [...]})  # the next version of the workflow
    edge.fork().wait()           # the execution from this node on, with what was put back

``workflow executions open`` writes a notebook that begins so.
"""

from __future__ import annotations

import ast
import asyncio
import copy
import inspect
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from workflow_kernel.base.errors import NotFoundError, WorkflowError
from workflow_kernel.graph.words import did_you_mean
from workflow_kernel.interchange.edge_notebook import edge_notebook
from workflow_kernel.remote import Service, connect
from workflow_kernel.remote_execution import RemoteExecution, RemoteNode, names
from workflow_kernel.runs.item import Batch
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.testing import NodeResult, run_node_async
from workflow_kernel.worker.cell_values import Opening
from workflow_kernel.worker.child_items import Item

Change = Callable[..., Any] | str | Mapping[str, Any] | None
"""What a node becomes: a function whose body is its code, the code itself, or parameters."""

_CODE = ("code.python", "code.cell", "code.javascript")


def open_edge(execution: str, node: str, url: str | None = None, token: str | None = None) -> OpenEdge:
    """The edge into a node of an execution; the service is found as :func:`~workflow_kernel.remote.connect` does."""
    return OpenEdge(connect(url, token), execution, node)


class OpenEdge:
    """A node of an execution with what came in.

    Parameters
    ----------
    service: that has the execution. execution: its id. node: name or id of the node.
    """

    def __init__(self, service: Service, execution: str, node: str) -> None:
        self._service = service
        self.execution: RemoteExecution = service.execution(execution)
        self._workflow = str(service.get(f"/executions/{execution}")["workflow"] or "")
        self._document: dict[str, Any] = service.get(f"/executions/{execution}/workflow")
        self.id = self._find(node)
        self._objects: dict[str, tuple[RemoteNode, int]] = {}
        """Inputs that are objects: the node that sent each, and by which output."""
        self._opening, self._opened = Opening(names()), set[str]()
        self.inputs: dict[str, list[dict[str, Any]]] = self._read()

    def close(self) -> None:
        """End the connection to the service."""
        self._service.__exit__(None, None, None)

    @property
    def node(self) -> Mapping[str, Any]:
        """The node as it ran, or as it was put back."""
        found: Mapping[str, Any] = self._document["nodes"][self.id]
        return found

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.node["name"])

    @property
    def parameters(self) -> dict[str, Any]:
        """Its parameters, as they stand in the workflow."""
        return dict(self.node.get("parameters") or {})

    @property
    def items(self) -> list[dict[str, Any]]:
        """The JSON of what came in by its first input."""
        return next(iter(self.inputs.values()), [])

    def entries(self) -> list[Item]:
        """The same as code of a node sees it: ``item.json``, ``item["name"]``."""
        return [Item(copy.deepcopy(item), None, index) for index, item in enumerate(self.items)]

    def __getitem__(self, port: str) -> Any:
        """What came in by an input: the object itself where it is one, such as a variable of a cell; else items.

        Variables that shared objects share them here too. Asked for again, an object comes as it was.
        """
        if port not in self.inputs:
            known = did_you_mean(port, list(self.inputs), "Its inputs are")
            raise KeyError(f"Nothing came in by '{port}'. {known}")
        if port not in self._objects:
            return self.inputs[port]
        if port in self._opened:
            self._opening, self._opened = Opening(names()), set()
        self._opened.add(port)
        source, output = self._objects[port]
        return source.value(output, opening=self._opening)

    def run(self, change: Change = None) -> NodeResult:
        """Run the node here with what came in."""
        parameters = self._changed(change)
        given = [self._given(port.name) for port in self._ports().inputs]
        work = run_node_async(self.node["type"], parameters, *given, version=self.node.get("version", 1))
        with ThreadPoolExecutor(1, thread_name_prefix="edge") as thread:  # a notebook has a loop of its own
            return thread.submit(asyncio.run, work).result()

    def _given(self, port: str) -> Batch | list[dict[str, Any]] | None:
        if port not in self._objects:
            return self.inputs.get(port)
        source, output = self._objects[port]
        return source.batch(output)

    def put_back(self, change: Change) -> int:
        """Make it the next version of the workflow; gives its number."""
        if not self._workflow:
            raise WorkflowError("The execution's workflow is gone.", code="WF773", mend="Save it anew.")
        parameters = self._changed(change)
        about = self._service.get(f"/workflows/{self._workflow}")
        draft: dict[str, Any] = self._service.get(f"/workflows/{self._workflow}/versions/draft")["document"]
        if self.id not in draft["nodes"]:
            raise NotFoundError(f"The workflow has no node '{self.name}' any more.", mend="Put it back by hand.")
        draft["nodes"][self.id]["parameters"] = parameters
        body = {"document": draft, "made_from": about["version"]}
        made = self._service.post(f"/workflows/{self._workflow}/versions", body)["workflow"]
        self._document["nodes"][self.id]["parameters"] = parameters
        return int(made["version"])

    def cell(self) -> str:
        """The code that ``%%node`` kept in this notebook under the node's name."""
        interactive = sys.modules.get("IPython")
        shell = None if interactive is None else interactive.get_ipython()
        magics = None if shell is None else shell.magics_manager.registry.get("WorkflowMagics")
        code = None if magics is None else magics.nodes.get(self.name)
        if code is None:
            mend = "Run the cell that begins with %%node, or give the code itself."
            raise WorkflowError(f"No cell here is named '{self.name}'.", code="WF825", mend=mend)
        return str(code)

    def fork(self, change: Change = None, *, items: Sequence[Mapping[str, Any]] | None = None) -> RemoteExecution:
        """Run the execution again from this node on, changed; what does not depend on it is taken over.

        Parameters
        ----------
        change: of the node. items: that come in instead, in place of what the node before gave.
        """
        document = copy.deepcopy(self._document)
        document["nodes"][self.id]["parameters"] = self._changed(change)
        body: dict[str, Any] = {"nodes": [self.name], "document": document}
        if items is not None:
            body["replace"] = {self._source(): [dict(item) for item in items]}
        made = self._service.post(f"/executions/{self.execution.id}/fork", body)
        fork = RemoteExecution(self._service, made["id"])
        fork.replaced = frozenset(body.get("replace", ()))
        return fork

    def _source(self) -> str:
        """Name of the one node whose first output is the input."""
        sources = {tuple(edge["source"]) for edge in self._document.get("edges", ()) if edge["target"][0] == self.id}
        nodes = [self._document["nodes"][node] for node, _ in sources]
        ports = [
            Registry().find(about["type"], about.get("version", 1)).ports(about.get("parameters") or {})
            for about in nodes
        ]
        if len(sources) != 1 or ports[0].outputs[0].name != next(iter(sources))[1]:
            told = ", ".join(f"'{about['name']}'" for about in nodes) or "nothing"
            mend = "Say whose data are other ones: edge.execution.fork(replace={NAME: items})."
            raise WorkflowError(
                f"What comes in is not the first output of one node, but {told}.", code="WF824", mend=mend
            )
        return str(nodes[0]["name"])

    def _find(self, node: str) -> str:
        nodes = self._document["nodes"]
        if node in nodes:
            return node
        found = next((key for key, about in nodes.items() if about["name"] == node), None)
        if found is None:
            known = [about["name"] for about in nodes.values()]
            raise NotFoundError(f"There is no node '{node}'.", mend=did_you_mean(node, known, "The nodes are"))
        return str(found)

    def _ports(self) -> Any:
        found = Registry().find(self.node["type"], self.node.get("version", 1))
        return found.ports(self.parameters)

    def _read(self) -> dict[str, list[dict[str, Any]]]:
        """What came in, by input: what the nodes before sent by the outputs that lead here."""
        inputs: dict[str, list[dict[str, Any]]] = {}
        ran = {about.name: about for about in self.execution.nodes()}
        nodes = self._document["nodes"]
        for edge in self._document.get("edges", ()):
            if edge["target"][0] != self.id:
                continue
            source = nodes[edge["source"][0]]
            about = ran.get(source["name"])
            ports = Registry().find(source["type"], source.get("version", 1)).ports(source.get("parameters") or {})
            outputs = [port.name for port in ports.outputs]
            if about is not None and edge["source"][1] in outputs:
                output, port = outputs.index(edge["source"][1]), str(edge["target"][1])
                if about.kind(output) == "object":
                    self._objects[port] = (about, output)
                inputs.setdefault(port, []).extend(about.json(output))
        return inputs

    def _changed(self, change: Change) -> dict[str, Any]:
        """The parameters of the node after a change."""
        if change is None:
            return self.parameters
        if isinstance(change, Mapping):
            return dict(change)
        if self.node["type"] not in _CODE:
            raise WorkflowError(f"Node '{self.name}' has no code.", code="WF205", mend="Give its parameters.")
        code = change if isinstance(change, str) else body_of(change)
        return {**self.parameters, "code": code}

    def __repr__(self) -> str:
        counts = ", ".join(f"{port}: {len(items):,} items" for port, items in self.inputs.items())
        return f"{self.name!r} ({self.node['type']}) of execution {self.execution.id}; {counts or 'nothing came in'}"


def body_of(function: Callable[..., Any]) -> str:
    """The code in a function, as a code node holds it."""
    source = textwrap.dedent(inspect.getsource(function))
    made = ast.parse(source).body[0]
    assert isinstance(made, ast.FunctionDef | ast.AsyncFunctionDef)
    lines = source.splitlines()[made.body[0].lineno - 1 :]
    return textwrap.dedent("\n".join(lines)).rstrip() + "\n"


def notebook_of(edge: OpenEdge) -> dict[str, Any]:
    """A notebook whose variables are what came in, and whose cell is the node's code or parameters."""
    failure = edge.execution.error
    told = str(failure["message"]) if failure and failure.get("node") == edge.name else ""
    return edge_notebook(edge.execution.id, edge.node, list(edge.inputs), told)
