"""An edge of a past execution in a notebook: the real input, the node's code, the way back, a fork."""

from __future__ import annotations

import asyncio
import linecache
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.whole import Whole
from tests.notebook.documents import notebook
from workflow_kernel import Workflow
from workflow_kernel.base.errors import NotFoundError, WorkflowError
from workflow_kernel.cli.main import call
from workflow_kernel.interchange import notebook_file
from workflow_kernel.interchange.notebook import from_notebook
from workflow_kernel.remote import Service
from workflow_kernel.remote_edge import OpenEdge, notebook_of


@pytest.fixture
async def service(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    token = (await whole.enter()).access_token
    monkeypatch.setenv("WORKFLOW_SERVER", whole.server.url)
    monkeypatch.setenv("WORKFLOW_TOKEN", token)
    with Service(whole.server.url, token) as found:
        yield found


def orders() -> Workflow:
    wf = Workflow("Orders")
    start = wf.node("flow.manual_trigger", "Start")
    large = wf.node("data.filter", "Large", conditions={
        "conditions": [{"left": "={{ $json.price }}", "operator": "number.larger", "right": 3}]
    })  # fmt: skip
    ratio = wf.node(
        "code.python", "Ratio", code="for item in items:\n    item['ratio'] = 1 / item['part']\nreturn items"
    )
    start >> large >> ratio >> wf.node("flow.no_op", "End")
    return wf


GIVEN = [{"price": 2, "part": 1}, {"price": 5, "part": 4}, {"price": 9, "part": 0}]


def run_cells(document: dict[str, Any], replace: dict[str, str]) -> dict[str, Any]:
    """Run the code cells of a notebook in this process, with parts of their text replaced."""
    names: dict[str, Any] = {"__name__": "notebook"}
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            source = cell["source"]
            for old, new in replace.items():
                source = source.replace(old, new)
            linecache.cache[cell["id"]] = (len(source), None, source.splitlines(keepends=True), cell["id"])
            exec(compile(source, cell["id"], "exec"), names)
    return names


async def test_the_edge_of_a_failed_node_is_mended_forked_and_put_back(service: Service, tmp_path: Path) -> None:
    def work() -> None:
        kept = service.save(orders(), publish=True)
        execution = kept.run(GIVEN)
        assert execution.state == "failed"
        path = tmp_path / "edge.ipynb"
        assert call(["executions", "open", execution.id, "Ratio", "-o", str(path)]) == 0
        document = notebook_file.read(path)
        assert "which failed: ZeroDivisionError" in document["cells"][0]["source"]
        names = run_cells(
            document,
            {
                "1 / item['part']": "1 / item['part'] if item['part'] else None",
                "# edge.put_back": "version = edge.put_back",
            },
        )
        assert [dict(item) for item in names["edge"].entries()] == GIVEN[1:]
        assert names["fork"].state == "succeeded"
        assert names["fork"]["Ratio"].json() == [
            {"price": 5, "part": 4, "ratio": 0.25},
            {"price": 9, "part": 0, "ratio": None},
        ]
        compared = {one.name: one for one in execution.compare(names["fork"])}
        assert compared["Large"].is_same, "what was taken over is the same"
        assert compared["Ratio"].states == ("failed", "succeeded")
        assert compared["End"].states == (None, "succeeded")
        other = names["edge"].fork(names["node"], items=[{"price": 1, "part": 5}]).wait()
        assert other["Ratio"].json() == [{"price": 1, "part": 5, "ratio": 0.2}], "with other data"
        assert names["version"] == 2
        assert kept.run(GIVEN, draft=True)["Ratio"].json() == names["fork"]["Ratio"].json()
        names["edge"].close()

    await asyncio.to_thread(work)


async def test_parameters_of_a_node_are_tried_on_what_came_in(service: Service) -> None:
    def work() -> None:
        execution = service.save(orders()).run(GIVEN[:2])
        edge = OpenEdge(service, execution.id, "Large")
        assert edge.items == GIVEN[:2]
        assert "'Large' (data.filter)" in repr(edge)
        changed = edge.parameters
        changed["conditions"] = {**changed["conditions"]}
        changed["conditions"]["conditions"] = [{"left": "={{ $json.price }}", "operator": "number.smaller", "right": 3}]
        assert edge.run().json() == GIVEN[1:2]
        assert edge.run(changed).json() == GIVEN[:1]
        names = run_cells(notebook_of(edge), {"'number.larger'": "'number.smaller'", "fork = edge": "forked = edge",
                                              "edge.execution.compare(fork)": "forked"})  # fmt: skip
        assert names["forked"]["Large"].json() == GIVEN[:1]
        names["edge"].close()
        with pytest.raises(NotFoundError, match="no node 'Lage'"):
            OpenEdge(service, execution.id, "Lage")

    await asyncio.to_thread(work)


async def test_a_notebook_runs_in_the_service_and_its_edges_open(service: Service) -> None:
    sources = [
        "rows = [1, 2, 3]\nlimit = 2",
        "same = rows",
        "same.append(9)",
        "kept = [r for r in rows if r > limit]\nkept",
    ]
    document = notebook(*sources)

    def work() -> None:
        execution = service.save(from_notebook(document, "Cells"), publish=True).run()
        execution.raise_if_failed()
        shown = execution["4 kept = [r for r in rows if r > limit]"].json()[0]["outputs"]
        assert shown[0]["data"]["text/plain"] == "[3, 9]"
        edge = OpenEdge(service, execution.id, "c3")
        assert (edge["rows"], edge["limit"]) == ([1, 2, 3, 9], 2)
        assert edge["rows"] is not edge["rows"], "asked for again, it comes as it was"
        tried = edge.run(sources[3].replace(">", "<=")).json()[0]["outputs"]
        assert tried[0]["data"]["text/plain"] == "[1, 2]"
        assert "limit = edge['limit']" in notebook_of(edge)["cells"][2]["source"]
        given = notebook_file.normal(service.get(f"/executions/{execution.id}/nodes/c3/notebook"))
        assert given == notebook_of(edge), "the API gives the same"
        assert given["metadata"]["workflow_edge"]["node"] == edge.name
        with pytest.raises(WorkflowError, match="No cell here"):
            edge.cell()
        with pytest.raises(WorkflowError, match="not the first output of one node"):
            edge.fork(items=[])

    await asyncio.to_thread(work)


async def test_variables_of_any_kind_come_as_they_are_and_share_what_they_shared(service: Service) -> None:
    sources = [
        "import pandas as pd\nframe = pd.DataFrame({'a': range(20_000)})\npart = [frame, 1]",
        "factor = 3\ndef scaled(value):\n    return value * factor",
        "total = int(scaled(part[0]['a'].sum())) / 0",
    ]
    document = notebook(*sources)

    def work() -> None:
        execution = service.save(from_notebook(document, "Frames")).run()
        assert execution.error is not None
        assert execution.error["message"] == "ZeroDivisionError: division by zero (line 1)"
        edge = OpenEdge(service, execution.id, "c2")
        assert len(edge["part"][0]) == 20_000
        assert callable(edge["scaled"])
        tried = edge.run("int(scaled(part[0]['a'].sum()))").json()[0]["outputs"]
        assert tried[0]["data"]["text/plain"] == "599970000", "with what really came in"
        (first, *_) = [node for node in execution.nodes() if node.name.startswith("1 ")]
        assert (first.kind(0), first.kind(1)) == ("items", "object")
        assert first.value(0) == first.json(0)
        assert type(first.value(1)[0]).__name__ == "DataFrame"

    await asyncio.to_thread(work)
