"""The widget of a workflow without a page: what is told to the editor, and what comes back from it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import IPython
import pytest
from hypothesis import given
from hypothesis import strategies as some
from IPython.core.events import EventManager, available_events

from workflow_kernel import Workflow
from workflow_kernel.client import Client, RefusedError
from workflow_kernel.graph import format as flow_format
from workflow_kernel.notebook import widget as widgets
from workflow_kernel.notebook.patch import difference, merged
from workflow_kernel.notebook.run_view import RunView
from workflow_kernel.notebook.widget import WorkflowWidget

NAMES = some.sampled_from(["a", "b", "c", "d"])
NODES = some.dictionaries(NAMES, some.fixed_dictionaries({"name": some.text(max_size=3), "type": some.just("x")}))


@some.composite
def documents(draw: Any) -> dict[str, Any]:
    nodes = draw(NODES)
    ends = some.sampled_from(sorted(nodes)) if nodes else some.nothing()
    pairs = draw(some.lists(some.tuples(ends, ends), max_size=4, unique=True)) if nodes else []
    edges = [{"source": [one, "main"], "target": [other, "main"]} for one, other in pairs]
    return {"format": "workflow/1", "name": draw(some.text(max_size=3)), "nodes": nodes, "edges": edges}


@given(documents(), documents())
def test_a_patch_makes_one_document_of_another(before: dict[str, Any], after: dict[str, Any]) -> None:
    made = merged(before, json.loads(json.dumps(difference(before, after))))
    assert not difference(made, after)
    assert bool(difference(before, after)) == (made != before)


class Front(WorkflowWidget):
    """A widget whose messages are kept instead of being sent to a page."""

    def __init__(self, workflow: Workflow) -> None:
        self.told: list[dict[str, Any]] = []
        self.is_over = threading.Event()
        super().__init__(workflow)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.told.append(content)
        events = content.get("events", ())
        if any(event["event"] == "execution.finished" for event in events):
            self.is_over.set()

    def say(self, content: dict[str, Any]) -> list[dict[str, Any]]:
        """Take a message as from a page; gives what is told then."""
        self.told.clear()
        self._take(self, content, [])
        return list(self.told)

    def ask(self, method: str, /, **params: Any) -> Any:
        (answer,) = [one for one in self.say({"type": "ask", "id": 1, "method": method, "params": params})
                     if one["type"] == "answer"]  # fmt: skip
        return answer.get("error") or answer["result"]


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> EventManager:
    """What a notebook tells when its cells run."""
    found = EventManager(None, available_events)
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(events=found))
    return found


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch, cells: EventManager) -> Iterator[Front]:
    monkeypatch.setattr(widgets, "module", lambda: ("digest", b"", b""))
    workflow = Workflow("Orders")
    start = workflow.node("flow.manual_trigger", "Start")
    start >> workflow.node("data.set", "Greet", fields=[{"name": "greeting", "value": "Hello"}])
    found = Front(workflow)
    workflow.viewers.append(found)
    yield found
    found.close()


def test_what_is_edited_changes_the_workflow(front: Front) -> None:
    workflow = front._workflow
    greet = workflow["Greet"]
    changed = flow_format.to_document(workflow.build())["nodes"]["greet"] | {"name": "Say hello"}
    told = front.say({"type": "edit", "count": 1, "patch": {"nodes": {"greet": changed, "start": None}}})
    assert [handle.name for handle in workflow] == ["Say hello"]
    assert greet.name == "Say hello", "handles stay good"
    assert workflow.build().edges == ()
    assert told == [{"type": "taken", "count": 1}], "what came from the editor is not told back"


def test_an_edit_that_is_no_workflow_is_refused_and_taken_back(front: Front) -> None:
    told = front.say({"type": "edit", "count": 1, "patch": {"nodes": {"odd": {"nome": "?"}}}})
    assert [one["type"] for one in told] == ["refused", "document", "taken"]
    assert len(front._workflow) == 2


def test_what_is_edited_while_a_cell_runs_waits_for_its_end(front: Front, cells: EventManager) -> None:
    workflow = front._workflow
    cells.trigger("pre_run_cell", None)
    told = front.say({"type": "edit", "count": 7, "patch": {"nodes": {"start": None}}})
    assert (told, len(workflow)) == ([{"type": "heard", "count": 7}], 2)
    workflow.node("data.limit", "Limit", count=3)
    cells.trigger("post_run_cell", None)
    assert {handle.name for handle in workflow} == {"Greet", "Limit"}, "neither overwrites the other"
    assert {"type": "taken", "count": 7} in front.told
    front.close()
    assert not cells.callbacks["post_run_cell"], "a widget that is closed is forgotten"


def test_what_is_changed_in_python_is_told_as_what_differs(front: Front) -> None:
    front.told.clear()
    front._workflow.node("data.limit", "Limit", count=3)
    front.sync()
    front.sync()
    (patch,) = front.told
    assert (list(patch["patch"]), list(patch["patch"]["nodes"])) == (["nodes"], ["limit"])


def test_a_run_in_a_cell_is_seen_and_its_data_can_be_asked_for(front: Front) -> None:
    result = front._workflow.run()
    events = [event for one in front.told if one["type"] == "events" for event in one["events"]]
    assert [event["node"] for event in events if event["event"] == "node.finished"] == ["start", "greet"]
    page = front.ask(
        "items", execution=result.id, node="greet", run_index=0, side="output", port="main", offset=0, limit=5
    )
    assert (page["total"], page["items"]) == (1, [{"json": {"greeting": "Hello"}}])
    assert front.ask("load", execution=result.id)["info"]["state"] == "succeeded"


def test_a_run_from_the_editor(front: Front) -> None:
    document = flow_format.to_document(front._workflow.build())
    execution = front.ask("start", document=document, to="start")
    assert front.is_over.wait(20)
    place = {"workflow": document, "node": "greet", "language": "python", "execution": execution}
    assert front.ask("preview", place=place, text="={{ 1 + 1 }}") == {"ok": True, "value": 2, "type": "number"}
    assert front.ask("stop", execution="gone")["code"]
    assert any(one["type"] == "data.set" for one in front.ask("node_types"))


def test_the_light_view_tells_states_in_colours_and_words() -> None:
    workflow = Workflow("Orders")
    start = workflow.node("flow.manual_trigger", "Start")
    start >> workflow.node("flow.stop_and_error", "Fail", message="No <b>more</b>")
    view = workflow.graph()
    assert isinstance(view, RunView)
    workflow.run()
    assert view.states() == {"Start": "succeeded", "Fail": "failed"}
    assert "Fail: failed" in view._repr_svg_() and "No &lt;b&gt;" in view.details("Fail")
    data, _ = view._repr_mimebundle_()
    assert {"text/plain", "image/svg+xml", "application/vnd.jupyter.widget-view+json"} <= set(data)
    view.widget().close()


class Kept(Client):
    """A service that answers what it was told, and notes what it was asked."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9", "token")
        self.asked: list[tuple[str, str, Any, Any]] = []

    def send(self, method: str, path: str, *, body: Any = None, query: Any = None) -> Any:
        self.asked.append((method, path, body, dict(query or {})))
        if path.endswith("/publish"):
            raise RefusedError(409, {"code": "WF763", "detail": "It cannot run."})
        return {"items": []}


def test_requests_to_the_service_are_passed_on_and_refusals_come_back(front: Front) -> None:
    with Kept() as service:
        front.connect(service)
        found = front.ask("service", method="GET", path="/workflows", query={"text": "Orders"}, body=None)
        assert found == {"status": 200, "value": {"items": []}}
        refused = front.ask("service", method="POST", path="/workflows/1/publish", query={}, body={})
        assert refused == {"status": 409, "value": {"code": "WF763", "detail": "It cannot run."}}
        for path in ("/users", "/workflows/../users", "/workflowsx"):
            assert "not passed on" in front.ask("service", method="GET", path=path)["message"]
        assert [asked[:2] for asked in service.asked] == [("GET", "/workflows"), ("POST", "/workflows/1/publish")]


def test_files_beside_the_notebook_are_listed_found_and_sent(
    front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    part = {"upload": "one", "offset": 0, "total": 3, "replace": False, "data": base64.b64encode(b"a,b").decode()}
    assert front.ask("upload", path="data/x.csv", **part)["path"] == "data/x.csv"
    assert [found["path"] for found in front.ask("files", folder="")["files"]] == ["data"]
    assert [found["size"] for found in front.ask("files", folder="", search="X.csv")["files"]] == [3]
    assert front.ask("files", folder="..")["code"] == "WF805"
