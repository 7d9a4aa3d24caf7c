"""The REST resources around workflows, over a real server: paths, statuses and shapes; rules are tested below."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from tests.api.conftest import Start
from tests.api.harness import Server
from tests.services.workflow_world import World, flow
from workflow_kernel.api import folders, node_types, tags, templates, variables, versions, workflows
from workflow_kernel.storage.database import Database

MODULES = (workflows, versions, folders, tags, templates, variables, node_types)


@pytest.fixture
async def server(api: Start, database: Database) -> Server:
    world = World(database)
    routes = [function for module in MODULES for function in module.ROUTES]
    names = [
        "workflows",
        "versions",
        "folders",
        "tags",
        "templates",
        "variables",
        "node_types",
        "expressions",
        "transfer",
    ]
    parts = {name: getattr(world, name) for name in names}
    return await api(routes, **parts)


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_a_workflow_from_its_making_to_its_end(server: Server) -> None:
    client = await server.sign_in()
    made = ok(await client.post("/api/workflows", json={"document": flow(), "tags": ["x"]}), 201)
    assert made["problems"] == [] and made["workflow"]["tags"] == ["x"]
    place = f"/api/workflows/{made['workflow']['id']}"
    renamed = ok(await client.patch(place, json={"name": "Renamed"}))
    assert (renamed["name"], renamed["version"]) == ("Renamed", 2)
    saved = ok(await client.post(f"{place}/versions", json={"document": flow("Three"), "made_from": 2}), 201)
    assert saved["workflow"]["version"] == 3
    stale = await client.post(f"{place}/versions", json={"document": flow("Four"), "made_from": 2})
    problem = ok(stale, 409)
    assert problem["code"] == "WF761"
    assert set(problem["details"]) == {"theirs", "yours", "base", "merge"}
    assert problem["details"]["merge"]["conflicts"] == ["name"]
    assert ok(await client.get(f"{place}/versions/draft"))["document"]["name"] == "Three"
    assert ok(await client.get(f"{place}/versions/1"))["document"]["name"] == "Orders"
    ok(await client.get(f"{place}/versions/published"), 404)
    ok(await client.get(f"{place}/versions/zero"), 422)
    page = ok(await client.get(f"{place}/versions", params={"limit": 2}))
    rest = ok(await client.get(f"{place}/versions", params={"limit": 2, "cursor": page["next"]}))
    assert [one["number"] for one in page["items"] + rest["items"]] == [3, 2, 1] and rest["next"] is None
    assert ok(await client.patch(f"{place}/versions/1", json={"name": "first"}))["name"] == "first"
    difference = ok(await client.get(f"{place}/compare", params={"before": 1}))
    assert difference["fields"] == [{"path": "name", "before": "Orders", "after": "Three"}]
    assert ok(await client.post(f"{place}/versions/1/restore", json={"made_from": 3}), 201)["workflow"]["version"] == 4
    published = ok(await client.post(f"{place}/publish", json={}))
    assert published["workflow"]["is_active"] and published["workflow"]["published_version"] == 4
    assert not ok(await client.post(f"{place}/deactivate"))["is_active"]
    assert ok(await client.post(f"{place}/activate"))["is_active"]
    assert ok(await client.post(f"{place}/unpublish"))["published_version"] is None
    ok(await client.post(f"{place}/activate"), 409)
    copy = ok(await client.post(f"{place}/duplicate", json={}), 201)
    assert copy["workflow"]["name"] == "Orders (copy)"
    assert ok(await client.put(f"{place}/tags", json={"tags": ["b", "a"]}))["tags"] == ["a", "b"]
    ok(await client.delete(place), 204)
    listed = ok(await client.get("/api/workflows", params={"state": "deleted"}))
    assert [one["id"] for one in listed["items"]] == [made["workflow"]["id"]]
    ok(await client.post(f"{place}/restore"))
    ok(await client.delete(place), 204)
    ok(await client.post(f"{place}/purge"), 204)
    ok(await client.get(place), 404)


async def test_lists_go_on_after_a_cursor_and_refuse_a_made_up_one(server: Server) -> None:
    client = await server.sign_in()
    for number in range(3):
        ok(await client.post("/api/workflows", json={"name": f"W{number}"}), 201)
    first = ok(await client.get("/api/workflows", params={"limit": 2, "text": "w"}))
    second = ok(await client.get("/api/workflows", params={"limit": 2, "text": "w", "cursor": first["next"]}))
    assert [one["name"] for one in first["items"] + second["items"]] == ["W2", "W1", "W0"]
    assert ok(await client.get("/api/workflows", params={"cursor": "bm8"}), 422)["code"] == "WF787"
    assert ok(await client.get("/api/workflows", params={"text": "\x00"}), 422)


async def test_files_go_out_and_come_in(server: Server) -> None:
    client = await server.sign_in()
    made = ok(await client.post("/api/workflows", json={"document": flow("Räum/auf")}), 201)["workflow"]
    exported = await client.get(f"/api/workflows/{made['id']}/export")
    assert exported.headers["content-disposition"] == "attachment; filename*=UTF-8''R%C3%A4um_auf.flow"
    script = await client.get(f"/api/workflows/{made['id']}/export", params={"kind": "python", "version": 1})
    assert script.headers["content-type"].startswith("text/x-python")
    archive = await client.get(f"/api/projects/{made['project']}/export")
    assert zipfile.ZipFile(io.BytesIO(archive.content)).namelist() == ["Räum_auf.flow"]
    for content, kind in ((exported.content, "application/json"), (archive.content, "application/zip")):
        taken = await client.post("/api/workflows/import", content=content, headers={"Content-Type": kind})
        assert ok(taken, 201)["items"][0]["workflow"]["name"] == "Räum/auf"
    bad = await client.post("/api/workflows/import", content=b"nothing", headers={"Content-Type": "application/json"})
    assert ok(bad, 422)["code"] == "WF766"
    foreign = {"nodes": [{"name": "A", "type": "n8n-nodes-base.nosuch", "position": [0, 0]}], "connections": {}}
    converted = ok(await client.post("/api/workflows/convert", json={"source": foreign}))
    assert not converted["nodes"][0]["is_covered"]
    problems = ok(await client.post("/api/workflows/validate", json={"document": flow(fields=3)}))["problems"]
    assert problems[0]["node"] == "Set"


async def test_folders_tags_variables_and_templates(server: Server) -> None:
    client = await server.sign_in()
    project = ok(await client.post("/api/workflows", json={}), 201)["workflow"]["project"]
    top = ok(await client.post(f"/api/projects/{project}/folders", json={"name": "Top"}), 201)
    low = ok(await client.post(f"/api/projects/{project}/folders", json={"name": "Low", "parent": top["id"]}), 201)
    ok(await client.post(f"/api/folders/{top['id']}/move", json={"parent": low["id"]}), 409)
    ok(await client.post(f"/api/folders/{low['id']}/move", json={"parent": None}))
    assert ok(await client.patch(f"/api/folders/{low['id']}", json={"name": "Lower"}))["name"] == "Lower"
    ok(await client.delete(f"/api/folders/{low['id']}"), 204)
    assert len(ok(await client.get(f"/api/projects/{project}/folders"))["items"]) == 1
    filed = ok(await client.post("/api/workflows", json={"folder": top["id"]}), 201)["workflow"]
    moved = ok(await client.post(f"/api/workflows/{filed['id']}/move", json={}))
    assert moved["folder"] is None

    tag = ok(await client.post("/api/tags", json={"name": "Red"}), 201)
    ok(await client.post("/api/tags", json={"name": "red"}), 409)
    ok(await client.patch(f"/api/tags/{tag['id']}", json={"name": "Blue"}))
    assert [one["name"] for one in ok(await client.get("/api/tags"))["items"]] == ["Blue"]
    ok(await client.delete(f"/api/tags/{tag['id']}"), 204)

    ok(await client.post("/api/variables", json={"key": "a", "value": "1"}), 403)
    variable = ok(await client.post("/api/variables", json={"key": "a", "value": "1", "project": project}), 201)
    ok(await client.patch(f"/api/variables/{variable['id']}", json={"value": "2"}))
    assert ok(await client.get("/api/variables", params={"project": project}))["items"][0]["value"] == "2"
    ok(await client.delete(f"/api/variables/{variable['id']}"), 204)

    template = ok(await client.post("/api/templates", json={"name": "T", "document": flow()}), 201)
    assert ok(await client.get(f"/api/templates/{template['id']}"))["document"]["name"] == "T"
    assert template["id"] in [one["id"] for one in ok(await client.get("/api/templates"))["items"]]
    begun = ok(await client.post(f"/api/templates/{template['id']}/workflows", json={}), 201)
    assert begun["workflow"]["name"] == "T"
    ok(await client.delete(f"/api/templates/{template['id']}"), 204)


async def test_node_types_and_expressions(server: Server) -> None:
    client = await server.sign_in()
    listed = ok(await client.get("/api/node-types", params={"family": "flow"}))["items"]
    assert {"flow.if", "flow.merge"} <= {one["type"] for one in listed}
    assert ok(await client.get("/api/node-types/data.set"))["parameters"]["properties"]
    ok(await client.get("/api/node-types/no.such"), 404)
    body = {"nodes": [{"type": "flow.switch", "parameters": {"rules": [{"name": "a"}]}}]}
    assert ok(await client.post("/api/node-types/ports", json=body))["items"][0]["outputs"][0]["title"] == "a"
    ok(await client.post("/api/node-types/data.set/options", json={"load": "run"}), 404)
    found = ok(await client.post("/api/expressions/complete", json={"text": "={{ $json.na", "items": [{"name": "A"}]}))
    assert found["items"][0] == {
        "label": "name", "insert": "name", "kind": "field", "type": "text", "detail": "", "example": "A", "replace": 2
    }  # fmt: skip
    body = {"text": "={{ $json.a * 2 }}", "items": [{"a": 4}, {}], "indices": [0, 1]}
    good, bad = ok(await client.post("/api/expressions/preview", json=body))["items"]
    assert good["value"] == 8 and good["type"] == "number" and not bad["ok"] and bad["message"]


async def test_strangers_get_nothing(server: Server) -> None:
    client = await server.client()
    for path in ("/api/workflows", "/api/tags", "/api/templates", "/api/variables", "/api/node-types"):
        ok(await client.get(path), 401)
    ok(await client.post("/api/expressions/preview", json={"text": "={{ 1 }}"}), 401)
