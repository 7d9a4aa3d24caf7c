"""Routes: binding of path, query and body, answers, and errors as problem+json."""

from __future__ import annotations

from uuid import uuid4

from tests.api.conftest import Start
from tests.api.harness import Server
from tests.api.shop import ROUTES, Boxes


async def shop(api: Start) -> Server:
    return await api(ROUTES, boxes=Boxes())


async def test_what_is_made_can_be_read_and_taken_away(api: Start) -> None:
    client = await (await shop(api)).sign_in("editor")
    made = await client.post("/api/boxes", json={"name": "tools", "count": 3})
    assert made.status_code == 201
    assert made.headers["content-type"] == "application/json"
    path = f"/api/boxes/{made.json()['id']}"
    assert (await client.get(path)).json() == made.json()
    assert (await client.delete(path)).status_code == 204
    gone = await client.get(path)
    assert gone.status_code == 404
    assert gone.headers["content-type"] == "application/problem+json"
    assert gone.json()["code"] == "WF703"
    assert gone.json()["request"] == gone.headers["x-request-id"]


async def test_every_error_is_found_at_once_with_its_field(api: Start) -> None:
    client = await (await shop(api)).sign_in("editor")
    answer = await client.post("/api/boxes", json={"name": "", "count": -1, "owner": "me"})
    assert answer.status_code == 422
    assert [found["field"] for found in answer.json()["problems"]] == ["body.name", "body.count", "body.owner"]
    answer = await client.get("/api/boxes", params={"limit": "many", "kind": "odd", "other": 1})
    assert {found["field"] for found in answer.json()["problems"]} == {"query.limit", "query.kind.0", "query.other"}
    answer = await client.get("/api/boxes/none")
    assert [found["field"] for found in answer.json()["problems"]] == ["path.box_id"]


async def test_a_list_comes_in_pages(api: Start) -> None:
    client = await (await shop(api)).sign_in("editor")
    for number in range(5):
        await client.post("/api/boxes", json={"name": f"box {number}"})
    names, cursor = [], None
    for _ in range(3):
        page = (await client.get("/api/boxes", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        names += [item["name"] for item in page["items"]]
        cursor = page["next"]
    assert names == [f"box {number}" for number in range(5)]
    assert cursor is None
    assert (await client.get("/api/boxes", params={"cursor": "nonsense"})).json()["code"] == "WF787"


async def test_strangers_and_those_who_may_not_are_told_before_the_body_is_looked_at(api: Start) -> None:
    server = await shop(api)
    stranger, viewer = await server.client(), await server.sign_in("viewer")
    refused = await stranger.post("/api/boxes", content=b"not json")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert (await viewer.post("/api/boxes", json={"name": "x"})).status_code == 403
    assert (await stranger.get("/api/hello")).text == "hello "


async def test_an_unknown_address_and_a_wrong_method_say_so(api: Start) -> None:
    client = await (await shop(api)).sign_in("editor")
    for path in ("/api/nothing", "/api", "/api/", "/api/boxes/", f"/api/boxes/{uuid4()}/more"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "WF788")
    answer = await client.put("/api/boxes")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def test_what_nobody_thought_of_tells_nothing(api: Start) -> None:
    client = await (await shop(api)).sign_in("editor")
    answer = await client.post("/api/broken")
    assert answer.status_code == 500
    assert answer.json()["code"] == "WF789"
    assert "hunter2" not in answer.text


async def test_head_is_get_without_a_body(api: Start) -> None:
    client = await (await shop(api)).sign_in("editor")
    answer = await client.head("/api/boxes")
    assert answer.status_code == 200
    assert answer.content == b""
    assert int(answer.headers["content-length"]) > 0


async def test_it_may_be_mounted_below_a_path(api: Start) -> None:
    server = await api(ROUTES, prefix="/user/ann", boxes=Boxes())
    client = await server.sign_in("viewer")
    assert (await client.get("/api/boxes")).json() == {"items": [], "next": None}
