"""Answers the questions of an editor in a widget: node types, ports, problems, runs, data, expressions."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from workflow_kernel.base.errors import InvalidWorkflowError, NotFoundError, WorkflowError
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow
from workflow_kernel.graph.validate import validate
from workflow_kernel.interchange.n8n import N8nImporter
from workflow_kernel.notebook import data
from workflow_kernel.notebook.elsewhere import Elsewhere
from workflow_kernel.notebook.expressions import Helper
from workflow_kernel.notebook.runs import Kept, Runs, detail, info
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.describe import describe, ports_of
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.files import Entry, FilesFolder

_MOST_FILES = 1000
"""Files of a folder that are shown; others are found by searching."""


class Host:
    """See the module.

    Parameters
    ----------
    registry: of node types. runs: of the workflow.
    """

    def __init__(self, registry: Registry, runs: Runs) -> None:
        self._registry = registry
        self._runs = runs
        self._helper = Helper()
        self.elsewhere = Elsewhere()
        self._answers: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            "node_types": self._node_types, "ports": self._ports, "validate": self._validate, "convert": self._convert,
            "start": self._start, "stop": self._stop, "list": self._list, "load": self._load, "items": self._items,
            "logs": self._logs, "attachment": self._attachment, "complete": self._complete, "preview": self._preview,
            "files": self._files, "upload": self._upload,
            "service": self.elsewhere.ask, "service_bytes": self.elsewhere.attachment,
        }  # fmt: skip

    def answer(self, method: str, params: Mapping[str, Any]) -> Any:
        """The answer to a question, as JSON. Raises ``WorkflowError``."""
        if method not in self._answers:
            raise NotFoundError(f"A notebook cannot answer '{method}'.", mend="Load the page again.")
        return msgspec.to_builtins(self._answers[method](params), enc_hook=str)

    def _node_types(self, params: Mapping[str, Any]) -> Any:
        return [describe(found) for found in self._registry]

    def _ports(self, params: Mapping[str, Any]) -> Any:
        return [self._ports_of(node) for node in params["nodes"]]

    def _ports_of(self, node: Mapping[str, Any]) -> Any:
        try:
            return ports_of(self._registry.find(node["type"], node["version"]), node["parameters"])
        except (WorkflowError, ImportError):
            return None

    def _validate(self, params: Mapping[str, Any]) -> Any:
        try:
            return list(validate(flow_format.from_document(params["document"]), RegistryCatalog(self._registry)))
        except InvalidWorkflowError as error:
            return list(error.problems)

    def _convert(self, params: Mapping[str, Any]) -> Any:
        found = N8nImporter(self._registry).convert(params["source"])
        return {"workflow": flow_format.to_document(found.workflow), "warnings": list(found.warnings)}

    def _start(self, params: Mapping[str, Any]) -> str:
        workflow: Workflow = flow_format.from_document(params["document"])
        names = {key: node.name for key, node in workflow.nodes.items()}
        return self._runs.start(
            workflow, to=names.get(params.get("to", ""), ""), start=names.get(params.get("from", ""), ""),
            items=params.get("payload"), reuse=params.get("reuse", ""),
        )  # fmt: skip

    def _stop(self, params: Mapping[str, Any]) -> None:
        self._runs.stop(params["execution"])

    def _list(self, params: Mapping[str, Any]) -> Any:
        return [info(kept) for kept in self._runs.newest()]

    def _load(self, params: Mapping[str, Any]) -> Any:
        return detail(self._runs.kept(params["execution"]))

    def _items(self, params: Mapping[str, Any]) -> Any:
        kept = self._runs.kept(params["execution"])
        node, port = params["node"], params["port"]
        if params["side"] == "input":
            ends = [edge.source for edge in kept.workflow.edges_to(node) if edge.target.port == port]
            if not ends:
                return data.page(None, 0, 0)
            node, port = ends[0].node, ends[0].port
        batch = data.sent(data.find_run(kept.result, node, params["run_index"]), port)
        return data.page(batch, params["offset"], params["limit"], params.get("search", ""))

    def _logs(self, params: Mapping[str, Any]) -> Any:
        run = data.find_run(self._runs.kept(params["execution"]).result, params["node"], params["run_index"])
        return [
            {"at": line.at, "level": line.level, "text": line.text} for line in getattr(run and run.outcome, "logs", ())
        ]

    def _attachment(self, params: Mapping[str, Any]) -> str:
        return base64.b64encode(self._runs.blobs.get(params["ref"])).decode()

    def _files(self, params: Mapping[str, Any]) -> Any:
        folder, text = FilesFolder(Path.cwd()), params.get("search", "")
        found = folder.search(params["folder"], text) if text else folder.list(params["folder"])
        return {"files": [_file(entry) for entry in found.entries[:_MOST_FILES]], "next": None}

    def _upload(self, params: Mapping[str, Any]) -> Any:
        entry = FilesFolder(Path.cwd()).put(
            params["path"], base64.b64decode(params["data"]), upload=params["upload"], offset=params["offset"],
            total=params["total"], replace=params["replace"],
        )  # fmt: skip
        return None if entry is None else _file(entry)

    def _complete(self, params: Mapping[str, Any]) -> Any:
        return self._helper.complete(params["place"], self._kept(params["place"]), params["text"], params["cursor"])

    def _preview(self, params: Mapping[str, Any]) -> Any:
        return self._helper.preview(params["place"], self._kept(params["place"]), params["text"])

    def _kept(self, place: Mapping[str, Any]) -> Kept | None:
        execution = place.get("execution")
        return None if execution is None else self._runs.kept(execution)


def _file(entry: Entry) -> dict[str, Any]:
    """A file as the editor takes it."""
    shown = {"path": entry.path, "name": entry.name, "is_folder": entry.is_folder, "changed_at": entry.changed}
    return shown if entry.size is None else {**shown, "size": entry.size}
