"""Nodes that start workflows or answer who did: what they send, listen for, and take over from n8n."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workflow_kernel.interchange.n8n import N8nImporter
from workflow_kernel.runs.item import Binary, Item
from workflow_kernel.sdk.forms import FormPage
from workflow_kernel.sdk.imports import Imported, ImportedNode
from workflow_kernel.sdk.listening import listening
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.sdk.schedules import Rule
from workflow_kernel.sdk.triggers import Failures, Form, Polls, Ticks, Webhook
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.testing import run_node

REGISTRY = Registry()


def convert(theirs: str, ours: str, version: float = 1, **parameters: Any) -> Imported:
    return REGISTRY.find(ours).spec.imports[f"n8n-nodes-base.{theirs}"](
        ImportedNode(
            f"n8n-nodes-base.{theirs}", version, parameters, "Node", parameters.pop("credentials", {}), "the-id"
        )
    )  # fmt: skip


# Respond.


@pytest.mark.parametrize(
    ("parameters", "status", "headers", "body"),
    [
        ({}, 200, {"Content-Type": "application/json; charset=utf-8"}, b'{"n":1}'),
        ({"answer": "all_items"}, 200, {"Content-Type": "application/json; charset=utf-8"}, b'[{"n":1},{"n":2}]'),
        ({"answer": "all_items", "key": "all"}, 200, {"Content-Type": "application/json; charset=utf-8"},
         b'{"all":[{"n":1},{"n":2}]}'),
        ({"answer": "json", "body": "={{ {'a': $json.n} }}"}, 200,
         {"Content-Type": "application/json; charset=utf-8"}, b'{"a":1}'),
        ({"answer": "json", "body": ' {"kept":  1} '}, 200, {"Content-Type": "application/json; charset=utf-8"},
         b' {"kept":  1} '),
        ({"answer": "text", "body": "n is {{ $json.n }}"}, 200, {"Content-Type": "text/plain; charset=utf-8"},
         b"n is {{ $json.n }}"),
        ({"answer": "text", "body": "=ü {{ $json.n }}", "headers": {"content-type": "text/html"}}, 200,
         {"content-type": "text/html"}, "ü 1".encode()),
        ({"answer": "redirect", "url": "https://example.com/a"}, 307, {"Location": "https://example.com/a"}, b""),
        ({"answer": "nothing"}, 204, {}, b""),
        ({"answer": "nothing", "status": 202, "headers": {"X-N": 7}}, 202, {"X-N": "7"}, b""),
    ],
    ids=range(10),
)  # fmt: skip
def test_an_answer(parameters: dict[str, Any], status: int, headers: dict[str, str], body: bytes) -> None:
    result = run_node("flow.respond", parameters, [{"n": 1}, {"n": 2}])
    (answer,) = result.answers
    assert (answer.status, dict(answer.headers), answer.body, answer.goes_on) == (status, headers, body, False)
    assert result.json() == [{"n": 1}, {"n": 2}] and result.sources() == [[(0, 0)], [(0, 1)]]


def test_an_answer_may_be_a_file() -> None:
    blobs = MemoryBlobs()
    file = Binary(blobs.put(b"%PDF"), "application/pdf", "a.pdf")
    item = Item({}, {"report": file, "other": Binary(blobs.put(b"x"))})
    (answer,) = run_node("flow.respond", {"answer": "file"}, [item], blobs=blobs).answers
    assert (answer.blob, dict(answer.headers)) == (file.blob, {"Content-Type": "application/pdf"})
    (answer,) = run_node("flow.respond", {"answer": "file", "file": "other"}, [item], blobs=blobs).answers
    assert answer.blob == item.binary["other"].blob  # type: ignore[index]
    assert "has not the attachment 'c'" in run_node("flow.respond", {"answer": "file", "file": "c"}, [item]).error


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"answer": "json", "body": "{no"}, "is not JSON"),
        ({"headers": {"X-A": "a\r\nSet-Cookie: b"}}, "cannot be sent"),
        ({"headers": {"X A:": "a"}}, "cannot be sent"),
        ({"answer": "redirect", "url": "https://a\r\nX: y"}, "cannot be sent"),
    ],
)
def test_an_answer_that_cannot_be_sent_is_told(parameters: dict[str, Any], says: str) -> None:
    assert says in run_node("flow.respond", parameters, [{}]).error


def test_where_nobody_waits_items_pass() -> None:
    result = run_node("flow.respond", {}, [{"n": 1}], is_awaited=False)
    assert (result.json(), result.answers) == ([{"n": 1}], [])


def test_respond_is_taken_over() -> None:
    assert convert("respondToWebhook", "flow.respond").parameters == {"answer": "first_item"}
    theirs = convert(
        "respondToWebhook", "flow.respond", respondWith="json", responseBody='={{ {"a": 1} }}',
        options={"responseCode": 201, "responseHeaders": {"entries": [{"name": "X-A", "value": "1"}]},
                 "enableStreaming": True},
    )  # fmt: skip
    assert theirs.parameters == {
        "answer": "json", "body": '={{ {"a": 1} }}', "status": 201, "headers": {"X-A": "1"}, "goes_on": True,
    }  # fmt: skip
    assert convert("respondToWebhook", "flow.respond", respondWith="redirect", redirectURL="u").parameters == {
        "answer": "redirect", "url": "u",
    }  # fmt: skip
    assert convert("respondToWebhook", "flow.respond", respondWith="jwt", payload="={{ $json }}").warnings


# Webhook.


def test_a_webhook_listens_at_its_path_and_sends_the_request() -> None:
    (listener,) = listening(REGISTRY.find("flow.webhook"), {"path": "/a/:b/", "methods": ["GET", "GET", "PUT"]})
    assert isinstance(listener, Webhook)
    assert (listener.path, listener.methods, listener.respond) == ("a/:b", ("GET", "PUT"), "at_once")
    assert run_node("flow.webhook", {"path": "a"}, [{"body": 1}]).json() == [{"body": 1}]
    assert run_node("flow.webhook", {"path": "a"}).json() == [{"headers": {}, "params": {}, "query": {}, "body": {}}]


@pytest.mark.parametrize(
    ("path", "says"),
    [("", "is empty"), ("/", "is empty"), ("a//b", "'' cannot"), ("a b", "'a b' cannot"), ("a/..", "'..' cannot"),
     ("a/:", "':' cannot"), ("a/:b-c", "':b-c' cannot"), (":a/:a", "twice"), ("a/" * 25, "more than 20"),
     ("a?b", "'a?b' cannot"), ("é", ""), ("a.b~c", ""), ("a/%20", "'%20' cannot")],
)  # fmt: skip
def test_paths(path: str, says: str) -> None:
    problems = REGISTRY.find("flow.webhook").check({"path": path})
    assert says in " ".join(problems) and bool(problems) == bool(says)


def test_a_webhook_is_taken_over() -> None:
    assert convert("webhook", "flow.webhook", 2, path="a").parameters == {
        "path": "a", "methods": ["GET"], "origins": ["*"],
    }  # fmt: skip
    theirs = convert(
        "webhook", "flow.webhook", 2, httpMethod=["POST", "GET"], path="user/:id", responseMode="lastNode",
        responseData="firstEntryBinary", responseBinaryPropertyName="file", authentication="headerAuth",
        options={
            "ipWhitelist": "10.0.0.0/8, 1.2.3.4", "ignoreBots": True, "rawBody": True, "allowedOrigins": "https://a.b",
            "responseCode": {"values": {"responseCode": 201}},
            "responseHeaders": {"entries": [{"name": "X-A", "value": "1"}]},
        },
        credentials={"httpHeaderAuth": {"id": "7", "name": "Key"}},
    )  # fmt: skip
    assert theirs.parameters == {
        "path": "the-id/user/:id", "methods": ["GET", "POST"], "respond": "last_node",
        "reply": {"data": "first_file", "file": "file", "status": 201, "headers": {"X-A": "1"}},
        "auth": {"kind": "header"}, "guard": {"addresses": ["10.0.0.0/8", "1.2.3.4"], "ignore_bots": True},
        "origins": ["https://a.b"], "intake": {"raw": True},
    }  # fmt: skip
    assert theirs.credentials == {"auth": {"id": "7", "name": "Key"}}
    for mode, ours in (("responseNode", "respond_node"), ("streaming", "stream")):
        assert convert("webhook", "flow.webhook", path="a", responseMode=mode).parameters["respond"] == ours
    assert convert("webhook", "flow.webhook", path="a", options={"responseData": "ok"}).parameters["reply"] == {
        "text": "ok"
    }
    assert convert("webhook", "flow.webhook", path="a", responseCode="={{ 1 }}").warnings
    assert convert("webhook", "flow.webhook").parameters["path"] == "the-id"


def test_a_whole_workflow_with_a_webhook_is_taken_over() -> None:
    source = json.loads(
        """{"name": "w", "nodes": [
        {"name": "Hook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "position": [0, 0], "webhookId": "abc",
         "parameters": {"path": ":id", "responseMode": "responseNode", "options": {}}},
        {"name": "Answer", "type": "n8n-nodes-base.respondToWebhook", "typeVersion": 1.1, "position": [200, 0],
         "parameters": {"respondWith": "text", "responseBody": "={{ $json.params.id }}", "options": {}}}],
        "connections": {"Hook": {"main": [[{"node": "Answer", "type": "main", "index": 0}]]}}}"""
    )
    found = N8nImporter(Registry()).convert(source)
    assert found.is_complete
    assert found.workflow.nodes["n1"].parameters["path"] == "abc/:id"
    assert found.workflow.nodes["n2"].parameters == {"answer": "text", "body": "={{ $json.params.id }}"}


# Schedule.


def test_a_schedule_listens_to_its_rules_and_sends_the_moment() -> None:
    (listener,) = listening(REGISTRY.find("flow.schedule"), {"rules": [{"unit": "hours"}], "missed": "skip"})
    assert listener == Ticks((Rule(unit="hours"),), "", "skip")
    (item,) = run_node("flow.schedule", {}, now=1_800_000_000, timezone="America/New_York").json()
    assert item["timestamp"] == "2027-01-15T03:00:00.000-05:00"
    assert (item["Day of week"], item["Readable time"]) == ("Friday", "3:00:00 am")
    given = {"timestamp": "2027-01-15T08:00:00+00:00", "timezone": "Asia/Tokyo"}
    (item,) = run_node("flow.schedule", {}, [given]).json()
    assert (item["Hour"], item["Timezone"]) == ("17", "Asia/Tokyo (UTC+09:00)")
    assert run_node("flow.schedule", {}, [{"mine": 1}]).json() == [{"mine": 1}]


def test_what_is_wrong_with_a_schedule_is_told() -> None:
    found = REGISTRY.find("flow.schedule").check(
        {"timezone": "Mars/Base", "rules": [{"kind": "cron", "expression": "x"}, {"unit": "days"}]}
    )
    assert [("Mars/Base" in text, "1 fields" in text) for text in found] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    ("entry", "ours"),
    [
        ({}, {"every": 1, "unit": "days", "hour": 0, "minute": 0}),
        ({"field": "seconds"}, {"every": 30, "unit": "seconds"}),
        ({"field": "minutes", "minutesInterval": 10}, {"every": 10, "unit": "minutes"}),
        ({"field": "hours", "hoursInterval": 2, "triggerAtMinute": 5}, {"every": 2, "unit": "hours", "minute": 5}),
        ({"field": "weeks", "triggerAtDay": [0, 1], "triggerAtHour": 7},
         {"every": 1, "unit": "weeks", "hour": 7, "minute": 0, "weekdays": ["sunday", "monday"]}),
        ({"field": "months", "triggerAtDayOfMonth": 31},
         {"every": 1, "unit": "months", "hour": 0, "minute": 0, "day": 31}),
        ({"field": "cronExpression", "expression": "0 9 * * 1"}, {"kind": "cron", "expression": "0 9 * * 1"}),
    ],
)  # fmt: skip
def test_schedules_are_taken_over(entry: dict[str, Any], ours: dict[str, Any]) -> None:
    (rule,) = convert("scheduleTrigger", "flow.schedule", 1.2, rule={"interval": [entry]}).parameters["rules"]
    assert rule == ours
    assert Rule.model_validate(rule).problem() == ""


def test_old_triggers_of_time_are_taken_over() -> None:
    theirs = {
        "item": [{"mode": "everyDay", "hour": 8, "minute": 15}, {"mode": "custom", "cronExpression": "5 * * * *"}]
    }
    first, second = convert("cron", "flow.schedule", triggerTimes=theirs).parameters["rules"]
    assert first["expression"].split()[1:] == ["15", "8", "*", "*", "*"] and second["expression"] == "5 * * * *"
    assert convert("interval", "flow.schedule", interval=5, unit="minutes").parameters == {
        "rules": [{"every": 5, "unit": "minutes"}]
    }


# Form, error trigger.


def test_a_form_listens_at_its_path_and_sends_the_answers() -> None:
    page = {
        "title": "t",
        "fields": [{"label": "A"}, {"label": "B", "kind": "checkbox"}, {"label": "F", "kind": "file"}],
    }
    (listener,) = listening(REGISTRY.find("flow.form"), {"path": "/a", "page": page, "auth": "basic"})
    assert isinstance(listener, Form)
    assert (listener.path, listener.auth.kind, listener.page) == ("a", "basic", FormPage.model_validate(page))
    assert run_node("flow.form", {"path": "a"}, [{"A": 1}]).json() == [{"A": 1}]
    (empty,) = run_node("flow.form", {"path": "a", "page": page}).json()
    assert empty["formMode"] == "test" and (empty["A"], empty["B"]) == ("", False)
    double = {"path": "a", "page": {"fields": [{"label": "A"}, {"label": "B", "name": "A"}]}}
    assert "called 'A'" in REGISTRY.find("flow.form").check(double)[0]


def test_a_form_is_taken_over() -> None:
    fields = [
        {"fieldLabel": "Name", "requiredField": True, "placeholder": "x"},
        {
            "fieldLabel": "Size",
            "fieldType": "dropdown",
            "fieldOptions": {"values": [{"option": "S"}]},
            "multiselect": True,
        },
        {"fieldLabel": "Pick", "fieldType": "checkbox", "fieldOptions": {"values": [{"option": "a"}]}},
        {"fieldName": "hid", "fieldType": "hiddenField", "fieldValue": "v"},
        {"fieldType": "html", "elementName": "h"},
    ]
    theirs = convert(
        "formTrigger", "flow.form", 2.2, formTitle="T", formDescription="D", formFields={"values": fields},
        options={"buttonLabel": "Go", "respondWithOptions": {"values": {"respondWith": "redirect",
                 "redirectUrl": "https://a.b"}}},
    )  # fmt: skip
    assert theirs.parameters == {
        "path": "the-id",
        "page": {
            "title": "T", "description": "D", "button": "Go", "done": {"redirect": "https://a.b"},
            "fields": [
                {"label": "Name", "required": True, "placeholder": "x"},
                {"label": "Size", "kind": "select", "options": ["S"], "multiple": True},
                {"label": "Pick", "kind": "choices", "options": ["a"], "multiple": True},
                {"label": "hid", "kind": "hidden", "value": "v"},
            ],
        },
    }  # fmt: skip
    assert "'h' of the kind 'html'" in theirs.warnings[0]
    FormPage.model_validate(theirs.parameters["page"])


def test_an_error_trigger_listens_to_failures() -> None:
    assert listening(REGISTRY.find("flow.error_trigger"), {}) == [Failures()]
    assert run_node("flow.error_trigger", {}, [{"execution": {}}]).json() == [{"execution": {}}]
    (sample,) = run_node("flow.error_trigger").json()
    assert sample["execution"]["error"]["message"]
    assert convert("errorTrigger", "flow.error_trigger").parameters == {}


# Polls.


def poll(type_name: str, parameters: dict[str, Any], state: dict[str, Any] | None) -> tuple[list[Any], dict[str, Any]]:
    """What a look gives, and what is remembered."""
    result = run_node(type_name, parameters, state=state)
    assert not result.error
    return result.json(), result.state


FEED = """<rss version="2.0"><channel><title>t</title>{}</channel></rss>"""


def test_a_feed_gives_its_new_entries(web: Any) -> None:
    from tests.nodes.servers import Answer

    def publish(*numbers: int) -> None:
        entries = "".join(f"<item><title>{n}</title><guid>id-{n}</guid></item>" for n in numbers)
        web.answers["/feed"] = Answer(FEED.format(entries).encode(), headers={"Content-Type": "application/rss+xml"})

    parameters = {"url": f"{web.url}/feed"}
    publish(1, 2)
    found, state = poll("web.feed_trigger", parameters, None)
    assert found == []
    publish(3, 2, 1)
    found, state = poll("web.feed_trigger", parameters, state)
    assert [entry["title"] for entry in found] == ["3"]
    publish(2)
    found, state = poll("web.feed_trigger", parameters, state)
    publish(3, 4)
    assert [entry["title"] for entry in poll("web.feed_trigger", parameters, state)[0]] == ["4"]
    assert run_node("web.feed_trigger", parameters, [{"title": "given"}]).json() == [{"title": "given"}]
    (listener,) = listening(REGISTRY.find("web.feed_trigger"), {"url": "=computed"})
    assert listener == Polls((Rule(every=5, unit="minutes"),))
    taken = convert("rssFeedReadTrigger", "web.feed_trigger", feedUrl="u", pollTimes={"item": [{"mode": "everyHour"}]})
    assert taken.parameters["url"] == "u" and taken.parameters["rules"][0]["expression"].endswith("* * * *")


def test_a_list_of_a_web_service_gives_what_is_new(web: Any) -> None:
    from tests.nodes.servers import Answer

    rows = [{"id": 1, "at": "a"}, {"id": 2, "at": "b"}]
    web.answers["/api"] = lambda seen: Answer({"data": {"rows": rows}})
    parameters = {"url": f"{web.url}/api", "entries": "data.rows", "since": {"query": "since", "field": "at"}}
    found, state = poll("web.poll_trigger", parameters, None)
    assert (found, state["since"]) == ([], "b")
    rows.append({"id": 3, "at": "c"})
    found, state = poll("web.poll_trigger", parameters, state)
    assert (found, state["since"]) == ([{"id": 3, "at": "c"}], "c")
    assert [seen.query for seen in web.seen] == [{}, {"since": ["b"]}]
    web.answers["/list"] = Answer([{"id": 1}])
    found, state = poll("web.poll_trigger", {"url": f"{web.url}/list"}, None)
    web.answers["/list"] = Answer([{"id": 1, "changed": True}, {"id": 5}])
    assert poll("web.poll_trigger", {"url": f"{web.url}/list"}, state)[0] == [{"id": 5}]
    assert poll("web.poll_trigger", {"url": f"{web.url}/list", "key": ""}, state)[0] != [{"id": 5}]
    web.answers["/odd"] = Answer({"rows": 1})
    assert "no list at 'rows'" in run_node("web.poll_trigger", {"url": f"{web.url}/odd", "entries": "rows"}).error


def test_rows_beyond_the_last_one_start_the_workflow(postgres: str) -> None:
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("create table polled (id serial, name text)")
        try:
            connection.execute("insert into polled (name) values ('a'), ('b')")
            query = "select * from polled where id > :cursor order by id"
            found, state = poll("database.poll_trigger", {"dsn": postgres, "query": query}, None)
            assert [row["name"] for row in found] == ["a", "b"]
            assert poll("database.poll_trigger", {"dsn": postgres, "query": query}, state)[0] == []
            connection.execute("insert into polled (name) values ('c')")
            found, state = poll("database.poll_trigger", {"dsn": postgres, "query": query}, state)
            assert (found, state) == ([{"id": 3, "name": "c"}], {"cursor": 3})
            wrong = {"dsn": postgres, "query": "select 1 as a where 1 > :cursor", "column": "b"}
            assert "no column 'b'" in run_node("database.poll_trigger", wrong).error
        finally:
            connection.execute("drop table polled")
