"""GraphQL over a whole service: queries, mutations, subscriptions, who may ask for what, and how much at once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from graphql import get_introspection_query, parse
from sqlalchemy import event, text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.api.whole import Whole, whole_service
from tests.services.workflow_world import flow
from workflow_kernel.api.graphql import limits
from workflow_kernel.api.graphql.schema import schema, shown
from workflow_kernel.base.settings import Settings

DOCS = Path(__file__).parents[2] / "docs" / "graphql.md"


@pytest.fixture
async def whole(settings: Settings) -> AsyncIterator[Whole]:
    async with AsyncExitStack() as stack:
        yield await whole_service(stack, settings)


async def ask(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    answer = await client.post("/api/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def data(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    answer = await ask(client, query, **variables)
    assert not answer["errors"], answer["errors"]
    return answer["data"]


async def code(client: httpx.AsyncClient, query: str, **variables: Any) -> str:
    answer = await ask(client, query, **variables)
    return str(answer["errors"][0]["extensions"]["code"])


CREATE = "mutation($d: JSON) { createWorkflow(document: $d) { workflow { id version } problems { node } } }"


async def make(client: httpx.AsyncClient, name: str = "Orders") -> str:
    made = await data(client, CREATE, d=flow(name, tags=["x"]))
    return str(made["createWorkflow"]["workflow"]["id"])


# ---------------------------------------------------------------- queries and mutations


async def test_a_workflow_from_its_making_to_its_run(whole: Whole) -> None:
    client = await whole.sign_in()
    workflow = await make(client)
    save = """mutation($id: UUID!, $d: JSON!, $v: Int!) {
        saveWorkflow(id: $id, document: $d, madeFrom: $v) { workflow { version name } } }"""
    saved = await data(client, save, id=workflow, d=flow("Better"), v=1)
    assert saved["saveWorkflow"]["workflow"] == {"version": 2, "name": "Better"}
    stale = await ask(client, save, id=workflow, d=flow("Late"), v=1)
    assert stale["data"] == {"saveWorkflow": None}
    extensions = stale["errors"][0]["extensions"]
    assert extensions["code"] == "WF761" and extensions["status"] == 409
    assert extensions["details"]["merge"]["conflicts"] == ["name"]
    published = await data(
        client,
        "mutation($id: UUID!) { publishWorkflow(id: $id) { workflow { isActive publishedVersion } } }",
        id=workflow,
    )
    assert published["publishWorkflow"]["workflow"] == {"isActive": True, "publishedVersion": 2}
    started = await data(
        client,
        'mutation($id: UUID!) { executeWorkflow(id: $id, options: {items: [{a: 1}], key: "k"}) { id isNew } }',
        id=workflow,
    )
    execution = started["executeWorkflow"]["id"]
    about = """query($id: UUID!) { execution(id: $id) { state mode seconds workflow { name } project { name role }
        error { message } nodeRuns { node state items data { count items } } } }"""
    found: Any = {"state": ""}
    async with asyncio.timeout(20):
        while found["state"] != "succeeded":
            found = (await data(client, about, id=execution))["execution"]
    assert found["workflow"] == {"name": "Better"} and found["project"]["role"] == "owner"
    assert [run["node"] for run in found["nodeRuns"]] == ["start", "set"]
    assert found["nodeRuns"][1]["data"] == {"count": 1, "items": [{"json": {"a": 1}}]}
    place = {"execution": execution, "node": "set"}
    wish = {"text": "={{ $json.a + $('Start').first().json.a }}", "place": place}
    previewed = (await client.post("/api/expressions/preview", json=wish)).json()
    assert previewed["items"][0]["value"] == 2
    completed = (await client.post("/api/expressions/complete", json={**wish, "text": "={{ $json."})).json()
    assert completed["items"][0]["label"] == "a"
    draft = flow(fields=[{"name": "zz", "value": {"b": "x", "a": 1e3}}])
    wish = {"id": workflow, "o": {"manual": True, "document": draft}}
    started = await data(
        client, "mutation($id: UUID!, $o: StartInput) { executeWorkflow(id: $id, options: $o) { id } }", **wish
    )
    kept = (await client.get(f"/api/executions/{started['executeWorkflow']['id']}/workflow")).json()
    assert json.dumps(draft["nodes"]["set"]["parameters"]) in json.dumps(kept)
    again = await data(
        client, "mutation($id: UUID!) { retryExecution(id: $id, beginning: START) { id } }", id=execution
    )
    assert again["retryExecution"]["id"] != execution
    read = await data(
        client,
        """query($id: UUID!) { workflow(id: $id) { tags draft { number document } published { number }
            latestExecutions(first: 5) { id } }
            versions(workflow: $id, first: 1) { items { number } next }
            compare(workflow: $id, before: "1")
            version(workflow: $id, version: "1") { document } }""",
        id=workflow,
    )
    assert read["workflow"]["draft"]["number"] == 2 and read["workflow"]["draft"]["document"]["name"] == "Better"
    assert len(read["workflow"]["latestExecutions"]) == 3 and read["versions"]["items"] == [{"number": 2}]
    assert read["versions"]["next"] and read["compare"]["fields"][0]["path"] == "name"
    assert read["version"]["document"]["name"] == "Orders"
    for mutation in ("unpublishWorkflow", "describeWorkflow", "moveWorkflow"):
        more = ', name: "N"' if mutation == "describeWorkflow" else ""
        await data(client, f"mutation($id: UUID!) {{ {mutation}(id: $id{more}) {{ name }} }}", id=workflow)
    assert (await data(client, "mutation($id: UUID!) { deleteWorkflow(id: $id) }", id=workflow)) == {
        "deleteWorkflow": True
    }
    assert (await data(client, "{ workflows(state: DELETED) { items { name } } }"))["workflows"]["items"] == [
        {"name": "N"}
    ]


async def test_lists_go_on_after_a_cursor_and_tell_who_asks(whole: Whole) -> None:
    client = await whole.sign_in()
    for number in range(3):
        await make(client, f"W{number}")
    query = 'query($after: String) { workflows(first: 2, after: $after, tags: ["x"]) { items { name } next } }'
    first = (await data(client, query))["workflows"]
    second = (await data(client, query, after=first["next"]))["workflows"]
    assert [one["name"] for one in first["items"] + second["items"]] == ["W2", "W1", "W0"] and second["next"] is None
    assert await code(client, query, after="bm8") == "WF787"
    assert await code(client, "{ workflows(first: 1000) { next } }") == "WF768"
    found = await data(
        client,
        "{ me { email role permissions } projects { items { id name role members { role } } } tags { name count } }",
    )
    assert found["me"]["role"] == "editor" and "workflow.create" in found["me"]["permissions"]
    assert found["projects"]["items"][0]["members"] == [{"role": "owner"}] and found["tags"][0]["count"] == 3


async def test_schedules_and_webhooks_of_published_workflows(whole: Whole) -> None:
    client = await whole.sign_in()
    document = flow("Daily")
    document["nodes"]["start"]["type"] = "flow.schedule"
    document["nodes"]["hook"] = {"name": "Hook", "type": "flow.webhook", "parameters": {"path": "orders/:id"}}
    document["edges"].append({"source": ["hook", "main"], "target": ["set", "main"]})
    made = await data(client, CREATE, d=document)
    workflow = made["createWorkflow"]["workflow"]["id"]
    await data(client, "mutation($id: UUID!) { publishWorkflow(id: $id) { workflow { id } } }", id=workflow)
    query = "query($w: UUID!) { schedules(workflow: $w) { items { id name isPaused next workflow { name } } next } }"
    (found,) = (await data(client, query, w=workflow))["schedules"]["items"]
    assert found["name"] == "Start" and found["workflow"] == {"name": "Daily"} and len(found["next"]) == 5
    for action, is_paused in (("pauseSchedule", True), ("resumeSchedule", False)):
        done = await data(client, f"mutation($id: UUID!) {{ {action}(id: $id) {{ isPaused }} }}", id=found["id"])
        assert done[action] == {"isPaused": is_paused}
    hooks = "{ webhooks { path method calls isForm workflow { name } } }"
    assert (await data(client, hooks))["webhooks"] == [
        {"path": "orders/:id", "method": "POST", "calls": 0, "isForm": False, "workflow": {"name": "Daily"}}
    ]
    other = await whole.sign_in()
    assert (await data(other, query, w=workflow))["schedules"]["items"] == []
    assert (await data(other, hooks))["webhooks"] == []


async def test_a_credential_never_shows_its_secret(whole: Whole) -> None:
    client = await whole.sign_in()
    body = {"name": "Api", "type": "http.basic", "values": {"user": "ann", "password": "hunter2"}}
    made = await client.post("/api/credentials", json=body)
    assert made.status_code == 201, made.text
    answer = await ask(client, "{ credentials { items { name type public secrets isOwn } } }")
    assert answer["data"]["credentials"]["items"][0]["secrets"] == ["password"]
    assert "hunter2" not in json.dumps(answer)
    for field in ("secret", "password", "values", "wrappedKey"):
        assert await code(client, f"{{ credentials {{ items {{ {field} }} }} }}") == "WF768"


# ---------------------------------------------------------------- who may what


async def test_what_one_may_not_see_is_null_with_a_code_and_the_rest_comes(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, eve, viewer = [await whole.sign_in(role) for role in ("editor", "editor", "viewer")]
    workflow = await make(ada)
    answer = await ask(eve, "query($id: UUID!) { workflow(id: $id) { name } me { role } }", id=workflow)
    assert answer["data"] == {"workflow": None, "me": {"role": "editor"}}
    assert answer["errors"][0]["extensions"] == {
        "code": "WF703",
        "mend": "Check the id, and that it is shared with you.",
        "status": 404,
    }
    assert answer["errors"][0]["path"] == ["workflow"]
    assert await code(viewer, CREATE, d=flow()) == "WF702"
    assert await code(ada, "query($id: UUID!) { execution(id: $id) { id } }", id=str(uuid4())) == "WF703"
    problems = (await ask(ada, CREATE, d={**flow(), "surprise": 1}))["errors"][0]["extensions"]["problems"]
    assert [problem["field"] for problem in problems] == ["surprise"]
    assert await code(ada, "subscription { queueEvents { id } }") == "WF768"
    stranger = await whole.server.client()
    for query in ("{ me { email } }", get_introspection_query(), "{ __typename }"):
        assert (await stranger.post("/api/graphql", json={"query": query})).status_code == 401
    assert "__schema" in (await data(viewer, get_introspection_query()))

    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(whole.service.tags, "find", broken)
    answer = await ask(ada, "{ tags { name } }")
    assert answer["data"] == {"tags": None}
    assert answer["errors"][0]["extensions"]["code"] == "WF789" and "hunter2" not in json.dumps(answer)


# ---------------------------------------------------------------- how much


NESTED = "{ workflows(first: 200) { items { latestExecutions(first: 20) { nodeRuns { node logs { text } } } } } }"
DEEP = "query { execution(id: $id) " + "{ parent " * 13 + "{ id }" + " }" * 13 + "}"
DOUBLING = "{ ...f0 }" + "".join(f" fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(40))
INTROSPECTION = "{ __schema { types " + "{ fields { type " * 8 + "{ name }" + " } }" * 8 + " } }"


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ nothing }",
        NESTED,
        DEEP.replace("$id", f'"{uuid4()}"'),
        "{ " + " ".join(f"a{number}: me {{ email }}" for number in range(31)) + " }",
        "{ " + "me { email } " * 2000 + "}",
        DOUBLING + " fragment f40 on Query { tags { name } }",
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        INTROSPECTION,
        "query a { tags { name } } query b { tags { name } }",
    ],
    ids=["syntax", "unknown", "cost", "depth", "aliases", "tokens", "doubling", "circle", "introspection", "several"],
)  # fmt: skip
async def test_operations_that_ask_for_too_much_are_refused_before_they_run(query: str) -> None:
    """Without a context, whatever ran would fail in another way."""
    result = await schema().execute(query, context_value=None)
    assert result.data is None and result.errors
    assert shown(result.errors[0])["extensions"]["code"] == "WF768"


def test_the_length_of_a_list_counts_even_as_a_variable() -> None:
    document = parse("query($n: Int) { workflows(first: $n) { items { draft { number } } } }")
    few, many = (limits.measure(document, {"n": count}, None).cost for count in (1, 200))
    assert (few, many) == (10 + 1 + 10 + 1, 10 + 200 * (1 + 10 + 1))
    document = parse("query($n: Int = 200) { workflows(first: $n) { items { draft { number } } } }")
    assert limits.measure(document, {}, None).cost == many
    assert limits.measure(document, {"n": 1.0}, None).cost == few
    assert limits.measure(document, {"n": "?"}, None).cost == 10 + 50 * 12


# ---------------------------------------------------------------- no query for every row


@contextmanager
def counted(whole: Whole, statements: list[str]) -> Iterator[None]:
    """Every statement while the block runs that is about workflows or executions."""

    def hear(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        statements.append(statement)

    engine = whole.service.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", hear)


async def test_nested_fields_are_read_for_all_rows_at_once(whole: Whole) -> None:
    client = await whole.sign_in()
    made = [await make(client, f"W{number}") for number in range(12)]
    async with whole.service.database.connection() as connection:
        await connection.execute(
            text("""insert into execution (id, workflow_id, project_id, mode, state, priority, epoch, start, last_node,
                        created_at, started_at, ended_at)
                    select gen_random_uuid(), id, project_id, 'manual', 'succeeded', 3, 1, '', '', now(), now(), now()
                    from workflow, generate_series(1, 3)""")
        )
    query = """query($n: Int!) { workflows(first: $n) { items { name project { name } draft { document }
        latestExecutions(first: 2) { state workflow { name } project { name } nodeRuns { node } } } } }"""
    statements: list[str] = []
    with counted(whole, statements):
        found = await data(client, query, n=12)
    assert len(found["workflows"]["items"]) == len(made) == 12
    assert all(len(one["latestExecutions"]) == 2 for one in found["workflows"]["items"])
    # A statement asked for every row would be there twelve times; that about membership is asked once by each service.
    times = Counter(statements)
    assert max(times.values()) < 9, times.most_common(3)


# ---------------------------------------------------------------- subscriptions


class Line:
    """A connection that speaks graphql-transport-ws."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            return dict(json.loads(await self.connection.recv()))

    async def begin(self, **payload: Any) -> None:
        await self.say(type="connection_init", payload=payload)
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, identity: str, query: str, **variables: Any) -> None:
        await self.say(type="subscribe", id=identity, payload={"query": query, "variables": variables})

    async def is_closed(self) -> int:
        with pytest.raises(ConnectionClosed):
            while True:
                await self.hear()
        return int(self.connection.close_code or 0)


@pytest.fixture
async def dial(whole: Whole) -> AsyncIterator[Any]:
    async with AsyncExitStack() as stack:

        async def make_line(*, protocol: str = "graphql-transport-ws", **headers: str) -> Line:
            url = whole.server.url.replace("http", "ws", 1) + "/api/graphql/ws"
            opened = connect(url, subprotocols=[protocol], additional_headers=headers, proxy=None)  # type: ignore[list-item]
            return Line(await stack.enter_async_context(opened))

        yield make_line


EVENTS = """subscription($id: UUID!, $after: String) {
    executionEvents(id: $id, after: $after) { id isLost events { event data } } }"""


async def test_events_of_an_execution_come_as_they_happen(whole: Whole, dial: Any) -> None:
    entered = await whole.enter()
    client = await whole.server.client(Authorization=f"Bearer {entered.access_token}")
    workflow = await make(client)
    line = await dial()
    await line.begin(token=entered.access_token)
    await line.subscribe("w", "subscription($id: UUID!) { workflowEvents(id: $id) { events { data } } }", id=workflow)
    started = await data(
        client, "mutation($id: UUID!) { executeWorkflow(id: $id, options: {manual: true}) { id } }", id=workflow
    )
    execution = started["executeWorkflow"]["id"]
    await line.subscribe("e", EVENTS, id=execution, after="0")
    events = []
    while not events or events[-1] != "execution.finished":
        said = await line.hear()
        if said["id"] == "e":
            assert said["type"] == "next"
            events += [one["event"] for one in said["payload"]["data"]["executionEvents"]["events"]]
    assert events[0] == "execution.started" and events.count("node.finished") == 2
    await data(client, "mutation($id: UUID!) { publishWorkflow(id: $id) { workflow { id } } }", id=workflow)
    while (said := await line.hear())["id"] != "w":
        pass
    assert said["payload"]["data"]["workflowEvents"]["events"][0]["data"]["what"] == "published"
    await line.say(type="ping")
    while (said := await line.hear())["type"] != "pong":
        pass
    await line.subscribe("m", "{ me { role } }")
    assert (await line.hear())["payload"] == {"data": {"me": {"role": "editor"}}}
    assert await line.hear() == {"type": "complete", "id": "m"}


async def test_what_one_may_not_hear_ends_with_an_error(whole: Whole, dial: Any) -> None:
    ada, eve = await whole.sign_in(), await whole.enter()
    workflow = await make(ada)
    line = await dial(Authorization=f"Bearer {eve.access_token}")
    await line.begin()
    refused = {
        "1": ("subscription($id: UUID!) { workflowEvents(id: $id) { id } }", {"id": workflow}, "WF703"),
        "2": (EVENTS, {"id": str(uuid4())}, "WF703"),
        "3": (EVENTS, {"id": str(uuid4()), "after": "no"}, "WF768"),
        "4": ("subscription { nothing }", {}, "WF768"),
        "5": ("{", {}, "WF768"),
        "6": (NESTED, {}, "WF768"),
    }
    for identity, (query, variables, expected) in refused.items():
        await line.subscribe(identity, query, **variables)
        said = await line.hear()
        assert (said["type"], said["id"]) == ("error", identity)
        assert said["payload"][0]["extensions"]["code"] == expected


async def test_the_protocol_is_kept(whole: Whole, dial: Any) -> None:
    token = (await whole.enter()).access_token
    early = await dial()
    await early.subscribe("1", "{ me { role } }")
    assert await early.is_closed() == 4401
    wrong = await dial(protocol="graphql-ws")
    assert await wrong.is_closed() == 4406
    stranger = await dial()
    await stranger.say(type="connection_init")
    assert await stranger.is_closed() == 4403
    forged = await dial()
    await forged.say(type="connection_init", payload={"token": "forged"})
    assert await forged.is_closed() == 4403
    for message, expected in (
        ({"type": "connection_init"}, 4429),
        ({"type": "surprise"}, 4400),
        ({"type": "subscribe", "id": "1", "payload": "text"}, 4400),
    ):
        line = await dial()
        await line.begin(token=token)
        await line.say(**message)
        assert await line.is_closed() == expected
    double = await dial()
    await double.begin(token=token)
    for _ in range(2):
        await double.subscribe("1", "subscription { queueEvents { id } }")
    assert await double.is_closed() == 4409


# ---------------------------------------------------------------- documentation


def test_the_schema_in_the_documentation_is_the_schema() -> None:
    written = DOCS.read_text(encoding="utf-8").partition("```graphql\n")[2].partition("\n```")[0]
    assert written == schema().as_str(), "run: python -m workflow_kernel.api.graphql.docs"
