"""The server extension in a real Jupyter server: mounted, protected, started when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.hosts.jupyter import TOKEN, Lab, lab
from workflow_kernel.base.settings import Settings

DOCUMENT = {"format": "workflow/1", "name": "Greet", "nodes": {"a": {"name": "Start", "type": "flow.manual_trigger"}}}


@pytest.fixture
def server(settings: Settings) -> Iterator[Lab]:
    """A Jupyter server of a JupyterHub whose people share a database."""
    assert settings.database_url is not None and settings.redis_url is not None
    shared = {
        "WORKFLOW_DATABASE_URL": settings.database_url.get_secret_value(),
        "WORKFLOW_REDIS_URL": settings.redis_url.get_secret_value(), "WORKFLOW_RATE_LIMIT": "0",
        "JUPYTERHUB_API_URL": "http://hub.example.com:8081/hub/api",
    }  # fmt: skip
    with lab("jupyter_server", **shared) as found:
        yield found


@pytest.fixture
def visit(server: Lab) -> Iterator[Callable[..., httpx.Client]]:
    """Makes clients of the server, which are closed in the end."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(httpx.Client(base_url=server.url, timeout=120, **options))


def test_the_service_is_below_the_server_for_whom_jupyter_knows(visit: Callable[..., httpx.Client]) -> None:
    stranger = visit()
    assert stranger.get("/workflow/api/tags").status_code == 401
    assert stranger.post("/workflow/files/export", json={}).status_code == 403

    program = visit(headers={"Authorization": f"token {TOKEN}"})
    me = program.get("/workflow/api/me").json()
    assert "admin" not in str(me.get("role")), "people of a hub are not all administrators"
    made = program.post("/workflow/api/workflows", json={"document": DOCUMENT})
    assert made.status_code == 201, made.text

    browser = visit()
    browser.get("/login")
    browser.get("/api/me", params={"token": TOKEN})
    forged = browser.post("/workflow/api/tags", json={"name": "red"})
    assert forged.status_code == 403
    proof = {"X-XSRFToken": browser.cookies["_xsrf"]}
    assert browser.post("/workflow/api/tags", json={"name": "red"}, headers=proof).status_code == 201


def test_a_document_becomes_a_script_or_a_picture(visit: Callable[..., httpx.Client]) -> None:
    program = visit(headers={"Authorization": f"token {TOKEN}"})
    script = program.post("/workflow/files/export", json={"document": DOCUMENT, "kind": "python"})
    assert (script.headers["content-type"], "wf.node" in script.text) == ("text/x-python", True)
    picture = program.post("/workflow/files/export", json={"document": DOCUMENT, "kind": "svg"})
    assert picture.text.startswith("<svg")
    wrong = program.post(
        "/workflow/files/export", json={"document": {"format": "workflow/1", "nods": 1}, "kind": "svg"}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "WF760")
    assert wrong.headers["content-type"] == "application/problem+json"
    odd = program.post("/workflow/files/export", json={"document": DOCUMENT, "kind": "poem"})
    assert odd.status_code == 422


def test_a_notebook_is_read_as_a_graph_and_made_a_workflow(visit: Callable[..., httpx.Client]) -> None:
    cells = [{"id": "a", "kind": "code", "source": "x = 1"}, {"id": "b", "kind": "code", "source": "print(x)"}]
    assert visit().post("/workflow/files/cells", json={"key": "page", "cells": cells}).status_code == 403
    program = visit(headers={"Authorization": f"token {TOKEN}"})
    graph = program.post("/workflow/files/cells", json={"key": "page", "cells": cells}).json()
    assert graph["edges"] == [{"source": "a", "target": "b", "port": "x", "kind": "value"}]
    wrong = program.post("/workflow/files/cells", json={"cells": 1})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "WF823")

    made = [
        {"cell_type": "code", "id": one["id"], "metadata": {}, "source": one["source"], "outputs": []} for one in cells
    ]
    notebook = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    body = {"notebook": notebook, "path": "deep/sales.ipynb", "kind": "flow"}
    assert program.post("/workflow/files/notebook", json=body).json()["name"] == "sales"
    run = program.post("/workflow/files/notebook", json=body | {"kind": "run"}).json()
    assert run["nodes"]["b"]["parameters"]["kept_in"] == "", "whoever shares a service may have no such folder"
    made[1]["source"] = "print(_)"
    refused = program.post("/workflow/files/notebook", json=body | {"kind": "run"})
    assert (refused.status_code, "'2 print(_)'" in refused.json()["detail"]) == (422, True)


def test_why_a_service_cannot_start_is_told() -> None:
    with lab("jupyter_server", WORKFLOW_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none") as found:
        answer = httpx.get(f"{found.url}/workflow/api/tags", timeout=120)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "could not start" in answer.json()["detail"]
