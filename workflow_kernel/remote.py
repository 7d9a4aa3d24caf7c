"""A running service as Python and notebooks see it: its workflows, their executions, what nodes sent.

    client = connect()
    execution = client.workflow("Orders").run(day="2026-01-31")
    execution["Total"].df()

Everything is read when it is asked for; nothing but ids is kept here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_kernel import client
from workflow_kernel.base.errors import NotFoundError, UnavailableError, WorkflowError
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow
from workflow_kernel.graph.words import did_you_mean
from workflow_kernel.interchange import notebook_file, ready
from workflow_kernel.remote_execution import RemoteExecution, rows_of
from workflow_kernel.runs import show

if TYPE_CHECKING:
    from workflow_kernel.remote_sweep import RemoteSweep


def connect(url: str | None = None, token: str | None = None) -> Service:
    """The service that is meant.

    Parameters
    ----------
    url, token: of the service; where not given: ``WORKFLOW_SERVER`` and ``WORKFLOW_TOKEN``, then the service of this
        machine, then the one of the Jupyter server this notebook belongs to, then the one ``workflow login`` chose.
    """
    try:
        found = client.connect(url, token)
    except UnavailableError:
        below = None if url else _of_jupyter()
        if below is None:
            raise
        return Service(*below)
    return Service(found.url, found.token)


def _of_jupyter() -> tuple[str, str] | None:
    """Address and token of the service below the Jupyter server that started this process."""
    parent = os.environ.get("JPY_PARENT_PID")
    if parent is None:
        return None
    try:
        from jupyter_server.serverapp import list_running_servers  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    for server in list_running_servers():
        if str(server.get("pid")) == parent:
            return f"{str(server['url']).rstrip('/')}/workflow", str(server.get("token") or "")
    return None


class Service(client.Client):
    """A running service. Takes what ``Client`` takes."""

    def workflows(self, text: str = "", *, most: int = 100) -> Listing:
        """Its workflows, the one changed last first; those with a text in their name or description."""
        return Listing(
            ("Name", "Version", "Published", "Changed"),
            [RemoteWorkflow(self, about) for about in self.pages("/workflows", text=text or None, most=most)],
        )

    def workflow(self, name: str) -> RemoteWorkflow:
        """A workflow by its name or id. Raises ``NotFoundError`` when there is none, or several of that name."""
        known = [about for about in self.pages("/workflows", text=name) if about["name"] == name]
        if len(known) == 1:
            return RemoteWorkflow(self, known[0])
        if known:
            ids = ", ".join(about["id"] for about in known)
            raise NotFoundError(f"{len(known)} workflows are named '{name}'.", mend=f"Name one by its id: {ids}.")
        try:
            return RemoteWorkflow(self, self.get(f"/workflows/{name}"))
        except client.RefusedError:
            names = [about["name"] for about in self.pages("/workflows", most=200)]
            mend = did_you_mean(name, names, "There are") if names else "There is none yet; make one with save()."
            raise NotFoundError(f"There is no workflow '{name}'.", mend=mend) from None

    def save(self, workflow: Any, *, publish: bool = False, cron: str | None = None) -> RemoteWorkflow:
        """Keep a workflow: as the newest version of the one with its name, else as a new one.

        Parameters
        ----------
        workflow: as built in Python, or the path of a ``.flow`` file or a notebook.
        publish: let production run it. cron: when a schedule starts it, as ``"0 2 * * *"``.
        """
        path = Path(workflow) if isinstance(workflow, str | os.PathLike) else None
        workflow = ready.read(path) if path is not None else workflow
        graph: Workflow = workflow.build() if hasattr(workflow, "build") else workflow
        known = [about for about in self.pages("/workflows", text=graph.name) if about["name"] == graph.name]
        if len(known) > 1:
            raise WorkflowError(f"{len(known)} workflows are named '{graph.name}'.", code="WF613", mend="Rename one.")
        if known and path is not None and path.suffix == notebook_file.SUFFIX:
            before = RemoteWorkflow(self, known[0]).document()
            graph = ready.with_triggers_of(graph, flow_format.from_document(before))
        document = flow_format.to_document(ready.scheduled(graph, cron))
        if known:
            body = {"document": document, "made_from": known[0]["version"]}
            about = self.post(f"/workflows/{known[0]['id']}/versions", body)["workflow"]
        else:
            about = self.post("/workflows", {"name": graph.name, "document": document})["workflow"]
        found = RemoteWorkflow(self, about)
        if publish:
            found.publish()
        return found

    def execution(self, id: str) -> RemoteExecution:
        """An execution by its id."""
        return RemoteExecution(self, self.get(f"/executions/{id}")["id"])

    def executions(self, *, state: str | None = None, most: int = 20, workflow: str | None = None) -> Listing:
        """The newest executions: all, those in a state, those of a workflow (by id)."""
        found = self.pages("/executions", state=state, workflow=workflow, most=most)
        return Listing(
            ("Execution", "State", "Started", "Time"), [RemoteExecution(self, about["id"], about) for about in found]
        )

    def __repr__(self) -> str:
        return f"Service({self.url!r})"

    def _repr_html_(self) -> str:
        return f"<div><a href='{self.url}' target='_blank'>{self.url}</a></div>" + self.workflows()._repr_html_()


class Listing(list[Any]):
    """A list that a notebook shows as a table.

    Parameters
    ----------
    columns: of the table. found: its entries, each of which tells its ``row``.
    """

    def __init__(self, columns: Sequence[str], found: Sequence[Any]) -> None:
        super().__init__(found)
        self._columns = columns

    def _repr_html_(self) -> str:
        return show.list_html(self._columns, [one.row() for one in self])


class RemoteWorkflow:
    """A workflow of a service.

    Parameters
    ----------
    service: that has it. about: what the API says of it.
    """

    def __init__(self, service: Service, about: Mapping[str, Any]) -> None:
        self._service = service
        self.id: str = about["id"]
        self.name: str = about["name"]
        self.version: int = about["version"]
        self.published_version: int | None = about["published_version"]
        self._changed: str = about["updated_at"]

    def start(self, items: Any = None, /, *, draft: bool | None = None, to: str = "", **fields: Any) -> RemoteExecution:
        """Start it, without waiting for its end.

        Parameters
        ----------
        items: for the node it starts with, as JSON objects or a data frame. fields: instead, the fields of one item.
        draft: whether the draft runs, with pinned data; else the published version, where there is one.
        to: name of a node to run to and no further.
        """
        is_draft = self.published_version is None if draft is None else draft
        body = {"manual": is_draft, "items": rows_of(items, fields), "to": to}
        made = self._service.post(f"/workflows/{self.id}/execute", body)
        return RemoteExecution(self._service, made["id"])

    def run(self, items: Any = None, /, *, draft: bool | None = None, to: str = "", **fields: Any) -> RemoteExecution:
        """Start it and wait for its end; see :meth:`start`."""
        return self.start(items, draft=draft, to=to, **fields).wait()

    def sweep(self, *, draft: bool | None = None, progress: bool = True, **values: Any) -> RemoteSweep:
        """Run it once for each combination of values, and wait for the end of all.

        Parameters
        ----------
        draft: as for :meth:`start`. progress: whether a bar shows how far it is.
        values: for each field of the item it starts with, the values to try: ``rate=[0.1, 0.2], seed=range(10)``.
        """
        from workflow_kernel.remote_sweep import sweep  # noqa: PLC0415 - the engine takes a while to load

        return sweep(self, values, draft=draft, shows_progress=progress)

    def publish(self) -> None:
        """Let production run the newest version, and its triggers listen."""
        self._service.post(f"/workflows/{self.id}/publish")
        self.published_version = self.version

    def executions(self, *, state: str | None = None, most: int = 20) -> Listing:
        """Its newest executions."""
        return self._service.executions(state=state, most=most, workflow=self.id)

    def document(self) -> dict[str, Any]:
        """The draft in the file format."""
        found: dict[str, Any] = self._service.get(f"/workflows/{self.id}/versions/draft")["document"]
        return found

    def row(self) -> list[str]:
        """What a list shows of it."""
        published = "" if self.published_version is None else str(self.published_version)
        return [self.name, str(self.version), published, self._changed[:16].replace("T", " ")]

    def __repr__(self) -> str:
        return f"RemoteWorkflow({self.name!r}, version {self.version})"

    def _repr_html_(self) -> str:
        published = "" if self.published_version is None else f", version {self.published_version} published"
        title = f"<div><b>{escape(show.clip(self.name))}</b> version {self.version}{published}</div>"
        return title + show.workflow_html(flow_format.from_document(self.document()))
