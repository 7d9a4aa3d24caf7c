"""The editor below a cell: what is edited there changes the workflow in Python, and the other way.

Both sides send what differs. The workflow is looked at after each cell that ran, so that no change of it is missed.
Messages of the editor may come in a thread of their own while a cell runs (subshells of ipykernel 7). The workflow is
the cell's then: what is edited meanwhile waits for its end, so that neither of them overwrites the other.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.client import Client
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow as Graph
from workflow_kernel.notebook.host import Host
from workflow_kernel.notebook.patch import difference, merged
from workflow_kernel.notebook.runs import OnEvent, Runs

if TYPE_CHECKING:
    from workflow_kernel.builder import Workflow

HERE = Path(__file__).parent
STATIC = HERE.parent / "editor" / "static"


def is_built() -> bool:
    """Whether the editor's build is there; a wheel carries it."""
    return (STATIC / "editor.js").is_file()


@cache
def module() -> tuple[str, bytes, bytes]:
    """The editor's build, and what it is known by."""
    script, style = (STATIC / "editor.js").read_bytes(), (STATIC / "editor.css").read_bytes()
    return hashlib.sha256(script + style).hexdigest()[:16], script, style


class WorkflowWidget(anywidget.AnyWidget):
    """An editor of a workflow.

    Parameters
    ----------
    workflow: being built. height: of the editor, in pixels.
    """

    _esm = (HERE / "loader.js").read_text(encoding="utf-8")
    digest = traitlets.Unicode().tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int(460).tag(sync=True)

    def __init__(self, workflow: Workflow, height: int = 460) -> None:
        super().__init__(digest=module()[0], height=height)
        self.key = self.model_id or ""
        self._workflow = workflow
        self._sent: Mapping[str, Any] = self._document()
        self._lock = threading.RLock()
        self._runs = Runs(workflow.registry, self.send)
        self._host = Host(workflow.registry, self._runs)
        self._late: list[Mapping[str, Any]] = []
        self._is_in_cell = False
        self.on_msg(self._take)
        self._forget_cells = around_each_cell(self._hold, self._go_on)

    def close(self) -> None:
        """Leave."""
        self._forget_cells()
        super().close()

    def connect(self, service: Client) -> None:
        """Publish to this service from now on, and show its executions."""
        self._host.elsewhere.use(service)

    def sync(self) -> None:
        """Tell the editors what was changed in Python."""
        with self._lock:
            now = self._document()
            patch = difference(self._sent, now)
            if patch:
                self._sent = now
                self.send({"type": "patch", "patch": patch})

    def begin(self, execution: str, workflow: Graph) -> OnEvent:
        """Show an execution that starts in a cell; gives what it is to be told."""
        self.sync()
        return self._runs.begin(execution, workflow)

    def end(self, result: ExecutionResult) -> None:
        """Keep what it gave."""
        self._runs.end(result)

    def _document(self) -> dict[str, Any]:
        return flow_format.to_document(self._workflow.build())

    def _take(self, _widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
        kind = content.get("type")
        if kind == "module":
            _, script, style = module()
            self.send({"type": "module"}, [script, style])
        elif kind == "hello":
            self._greet()
        elif kind == "edit":
            self._edit(content)
        elif kind == "ask":
            self._answer(content)

    def _greet(self) -> None:
        with self._lock:
            self._sent = self._document()
        self.send({"type": "document", "document": self._sent})
        for kept in self._runs.newest()[:1]:
            self.send({"type": "watch", "execution": kept.id, "document": kept.document})
            self.send({"type": "events", "execution": kept.id, "events": kept.events})

    def _hold(self, *_: Any) -> None:
        with self._lock:
            self._is_in_cell = True

    def _go_on(self, *_: Any) -> None:
        """A cell ended: take what was edited meanwhile, and tell what the cell changed."""
        with self._lock:
            self._is_in_cell = False
            late, self._late = self._late, []
            for content in late:
                self._edit(content)
            self.sync()

    def _edit(self, content: Mapping[str, Any]) -> None:
        """Take what was edited, and say so; what is no workflow is refused, and shown as it is here."""
        with self._lock:
            if self._is_in_cell:
                self._late.append(content)
                self.send({"type": "heard", "count": content["count"]})
                return
            now, patch = self._document(), content["patch"]
            try:
                self._workflow.replace(flow_format.from_document(merged(now, patch)))
            except WorkflowError as error:
                self._sent = now
                self.send({"type": "refused", "message": str(error)})
                self.send({"type": "document", "document": now})
            else:
                # The patch is known over there; what Python made of it beyond (a place, an order) is told.
                self._sent = merged(self._sent, patch)
                self.sync()
            self.send({"type": "taken", "count": content["count"]})

    def _answer(self, content: Mapping[str, Any]) -> None:
        answer: dict[str, Any] = {"type": "answer", "id": content["id"]}
        try:
            answer["result"] = self._host.answer(content["method"], content.get("params", {}))
        except WorkflowError as error:
            problems = [vars_of(problem) for problem in getattr(error, "problems", ())]
            told = {"message": error.message or str(error), "code": error.code, "mend": error.mend}
            answer["error"] = {**told, "problems": problems}
        self.send(answer)


def vars_of(problem: Any) -> dict[str, Any]:
    """A problem as the editor takes it."""
    return {name: getattr(problem, name) for name in ("code", "message", "mend", "node", "field", "severity")}


def around_each_cell(before: Callable[..., None], after: Callable[..., None]) -> Callable[[], None]:
    """Have something called before and after each cell that runs, where there are cells; gives what ends it."""
    try:
        from IPython import get_ipython  # noqa: PLC0415 - there is none outside notebooks
    except ImportError:
        return lambda: None
    shell = get_ipython()
    if shell is None:
        return lambda: None
    calls = {"pre_run_cell": before, "post_run_cell": after}
    for event, call in calls.items():
        shell.events.register(event, call)

    def forget() -> None:
        for event, call in calls.items():
            with contextlib.suppress(ValueError):  # it was forgotten already
                shell.events.unregister(event, call)

    return forget
