"""The HTTP request node, against a real web server."""

from __future__ import annotations

import base64
import hashlib
import threading
from typing import Any

import pytest

from tests.nodes.servers import Answer, Seen, WebServer
from workflow_kernel.base.errors import NodeError
from workflow_kernel.runs.item import Binary, Item
from workflow_kernel.runs.outcome import Failed
from workflow_kernel.sdk.imports import ImportedNode
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import FolderBlobs, MemoryBlobs
from workflow_kernel.testing import NodeResult, run_node

HTTP = "web.http_request"


def call(url: str, *items: Any, options: dict[str, Any] | None = None, **parameters: Any) -> NodeResult:
    return run_node(HTTP, {"url": url, **parameters}, list(items) or [{}], **(options or {}))


def test_a_json_object_becomes_an_item_and_a_list_one_item_per_entry(web: WebServer) -> None:
    web.answers["/one"] = Answer({"a": 1})
    web.answers["/many"] = Answer([{"a": 1}, 2, None])
    assert call(f"{web.url}/one").json() == [{"a": 1}]
    result = call(f"{web.url}/many")
    assert result.json() == [{"a": 1}, {"data": 2}, {}]
    assert result.sources() == [[(0, 0)]] * 3
    assert call(f"{web.url}/many", response={"split": False}).json() == [{"data": [{"a": 1}, 2, None]}]


def test_each_item_sends_its_own_request_and_answers_keep_the_order(web: WebServer) -> None:
    released = threading.Event()

    def slow_first(seen: Seen) -> Answer:
        if seen.query["n"] == ["0"]:
            released.wait(5)
        else:
            released.set()
        return Answer([{"n": int(seen.query["n"][0])}] * 2)

    web.answers["/n"] = slow_first
    items = [{"n": n} for n in range(4)]
    result = call("={{ $json.base }}/n", *({**item, "base": web.url} for item in items), query={"n": "={{ $json.n }}"})
    assert [row["n"] for row in result.json()] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert result.sources()[2:4] == [[(0, 1)], [(0, 1)]]


@pytest.mark.parametrize(
    ("arrays", "text"),
    [("brackets", "a%5B%5D=1&a%5B%5D=2"), ("indices", "a%5B0%5D=1&a%5B1%5D=2"), ("repeat", "a=1&a=2")],
)
def test_lists_in_a_query(web: WebServer, arrays: str, text: str) -> None:
    call(f"{web.url}/x?z=0#part", query={"a": [1, 2], "b": {"c": True}, "none": None}, query_arrays=arrays)
    assert web.seen[0].target == f"/x?z=0&{text}&b%5Bc%5D=true"


def test_queries_as_json_text_and_as_pairs_with_a_repeated_name(web: WebServer) -> None:
    call(web.url, query='{"q": "a b&c"}')
    call(web.url, query=[{"name": "a", "value": 1}, {"name": "a", "value": 2}])
    assert [seen.target for seen in web.seen] == ["/?q=a%20b%26c", "/?a=1&a=2"]
    with pytest.raises(NodeError, match="'query' is not valid JSON"):
        call(web.url, query="{").json()


def test_bodies(web: WebServer) -> None:
    bodies: list[dict[str, Any]] = [
        {"kind": "json", "fields": {"a": 1, "b": [None, "ü"]}},
        {"kind": "json", "content": '[{"a": 1}]'},
        {"kind": "form", "fields": {"a": "x y", "b": [1, 2]}},
        {"kind": "form", "content": "a=1&b=2"},
        {"kind": "text", "content": "<a/>", "content_type": "application/xml"},
    ]
    for body in bodies:
        call(web.url, method="POST", body=body).json()
    got = [(seen.headers["content-type"], seen.body.decode()) for seen in web.seen]
    assert got == [
        ("application/json", '{"a":1,"b":[null,"ü"]}'),
        ("application/json", '[{"a":1}]'),
        ("application/x-www-form-urlencoded", "a=x%20y&b%5B%5D=1&b%5B%5D=2"),
        ("application/x-www-form-urlencoded", "a=1&b=2"),
        ("application/xml", "<a/>"),
    ]
    with pytest.raises(NodeError, match=r"'body.content' is not valid JSON"):
        call(web.url, method="POST", body={"kind": "json", "content": "{a: 1}"}).json()


def test_attachments_are_sent_alone_or_in_a_form(web: WebServer) -> None:
    blobs = MemoryBlobs()
    item = Item({}, {"doc": Binary(blobs.put(b"\x00pdf"), "application/pdf", "a.pdf", "pdf", 4)})
    options = {"blobs": blobs}
    web.answers["/x"] = Answer({})
    call(f"{web.url}/x", item, method="PUT", body={"kind": "binary", "attachment": "doc"}, options=options).json()
    assert (web.seen[0].body, web.seen[0].headers["content-type"]) == (b"\x00pdf", "application/pdf")
    assert web.seen[0].headers["content-length"] == "4"
    fields = [{"name": "note", "value": 5}, {"name": "file", "file": "doc"}]
    call(f"{web.url}/x", item, method="POST", body={"kind": "multipart", "fields": fields}, options=options).json()
    body = web.seen[1].body
    assert b'name="note"\r\n\r\n5\r\n' in body
    assert b'name="file"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n\x00pdf\r\n' in body
    with pytest.raises(NodeError, match="no attachment 'data'"):
        call(f"{web.url}/x", item, method="PUT", body={"kind": "binary"}, options=options).json()


def test_headers_are_sent_and_lower_case_can_be_off(web: WebServer) -> None:
    call(web.url, headers={"X-One": 1, "Accept": "text/csv"})
    assert web.seen[0].headers["x-one"] == "1"
    assert web.seen[0].headers["accept"] == "text/csv"


def test_text_is_decoded_by_its_character_set(web: WebServer) -> None:
    web.answers["/t"] = Answer("día".encode("latin1"), headers={"Content-Type": 'text/plain; charset="latin1"'})
    web.answers["/none"] = Answer(b"", 204)
    assert call(f"{web.url}/t").json() == [{"data": "día"}]
    assert call(f"{web.url}/t", response={"format": "text", "field": "body"}).json() == [{"body": "día"}]
    assert call(f"{web.url}/none").json() == [{}]


def test_text_can_be_read_as_json_and_bad_json_is_an_error(web: WebServer) -> None:
    web.answers["/t"] = Answer('{"a": 1}', headers={"Content-Type": "text/plain"})
    web.answers["/bad"] = Answer("{", headers={"Content-Type": "application/json"})
    assert call(f"{web.url}/t", response={"format": "json"}).json() == [{"a": 1}]
    assert "not valid JSON" in call(f"{web.url}/bad").error


def test_a_full_response_has_status_and_headers(web: WebServer) -> None:
    web.answers["/x"] = Answer([1], 201, {"X-A": "b", "Set-Cookie": "a=1"})
    (row,) = call(f"{web.url}/x", response={"full": True}).json()
    assert (row["body"], row["statusCode"], row["statusMessage"]) == ([1], 201, "Created")
    assert row["headers"]["x-a"] == "b"
    assert row["headers"]["set-cookie"] == ["a=1"]


def test_a_file_becomes_an_attachment_named_by_header_or_url(web: WebServer) -> None:
    png = {"Content-Type": "image/png"}
    web.answers["/a/b.png"] = Answer(b"img", headers=png)
    web.answers["/d"] = Answer(b"x", headers={"Content-Disposition": 'attachment; filename="t.jpg"'})
    result = call(f"{web.url}/a/b.png", Item({"k": 1}, {"old": Binary("00")}))
    (item,) = result.items()
    assert item.json == {}
    assert item.binary is not None
    assert set(item.binary) == {"old", "data"}
    assert item.binary["data"] == Binary(hashlib.sha256(b"img").hexdigest(), "image/png", "b.png", "png", 3)
    (item,) = call(f"{web.url}/d", response={"format": "file", "field": "f"}).items()
    assert item.binary is not None
    assert (item.binary["f"].mime_type, item.binary["f"].file_name) == ("image/jpeg", "t.jpg")


def test_a_large_file_is_streamed_to_the_blob_store(web: WebServer, tmp_path: Any) -> None:
    data = bytes(range(256)) * 20_000
    web.answers["/big"] = Answer(data, headers={"Content-Type": "application/octet-stream"})
    blobs = FolderBlobs(tmp_path)
    (item,) = call(f"{web.url}/big", options={"blobs": blobs}).items()
    assert item.binary is not None
    assert item.binary["data"].size == len(data)
    assert blobs.get(item.binary["data"].blob) == data


def test_an_error_status_names_url_status_and_reason_but_no_secret(web: WebServer) -> None:
    web.answers["/x"] = Answer({"message": "no such thing, key hush-hush"}, 404)
    auth = {"kind": "query", "name": "key", "value": "hush-hush"}
    result = call(f"{web.url}/x?token=abcdef&a=1", auth=auth)
    assert isinstance(result.outcome, Failed)
    error = result.outcome.error
    assert error.message == f"GET {web.url}/x?token=***&a=1 answered 404 Not Found: no such thing, key ***"
    assert error.data is not None
    assert error.data["status"] == 404
    assert error.mend == "Check the URL."
    assert "hush" not in repr(error)
    assert web.seen[0].query["key"] == ["hush-hush"]


def test_failed_items_leave_by_the_error_port(web: WebServer) -> None:
    web.answers["/bad"] = Answer(b"", 500)
    web.answers["/good"] = Answer({"ok": True})
    items = [{"p": "good"}, {"p": "bad"}, {"p": "good"}]
    result = call(f"={web.url}/{{{{ $json.p }}}}", *items, options={"on_error": "branch"})
    assert result.json() == [{"ok": True}] * 2
    assert result.sources() == [[(0, 0)], [(0, 2)]]
    (failed,) = result.json("error")
    assert failed["p"] == "bad"
    assert "500" in failed["error"]


def test_never_error_passes_bad_answers_on(web: WebServer) -> None:
    web.answers["/x"] = Answer({"e": 1}, 500)
    assert call(f"{web.url}/x", response={"never_error": True}).json() == [{"e": 1}]


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0), ("soon", None)])
def test_retry_after_is_told(web: WebServer, value: str, seconds: float | None) -> None:
    web.answers["/x"] = Answer(b"", 429, {"Retry-After": value})
    outcome = call(f"{web.url}/x", options={"now": 60.0}).outcome
    assert isinstance(outcome, Failed)
    assert outcome.error.retry_after == seconds


def test_redirects_are_followed_up_to_a_limit(web: WebServer) -> None:
    web.answers["/a"] = Answer(b"", 302, {"Location": "/b", "Set-Cookie": "s=1"})
    web.answers["/b"] = Answer(b"", 302, {"Location": "/c"})
    (row,) = call(f"{web.url}/a").json()
    assert row["target"] == "/c"
    assert row["headers"]["cookie"] == "s=1"
    assert "more than 1 times" in call(f"{web.url}/a", redirects={"limit": 1}).error
    assert "answered 302" in call(f"{web.url}/a", redirects={"follow": "never"}).error
    assert "answered 302" in call(f"{web.url}/a", method="POST", redirects={"follow": "get"}).error


def test_cookies_do_not_leak_from_one_item_to_the_next(web: WebServer) -> None:
    web.answers["/set"] = Answer({}, headers={"Set-Cookie": "s=1; Path=/"})
    call(f"={web.url}/{{{{ $json.p }}}}", {"p": "set"}, {"p": "x"}, concurrency=1)
    assert "cookie" not in web.seen[1].headers


def test_sign_in_does_not_follow_to_another_host(web: WebServer) -> None:
    other = web.url.replace("127.0.0.1", "localhost")
    web.answers["/a"] = Answer(b"", 302, {"Location": f"{other}/b"})
    auth = {"kind": "header", "name": "X-Key", "value": "v"}
    (row,) = call(f"{web.url}/a", auth=auth).json()
    assert "x-key" not in row["headers"]
    (row,) = call(f"{web.url}/a", auth=auth, redirects={"send_credentials": True}).json()
    assert row["headers"]["x-key"] == "v"


def test_kinds_of_sign_in(web: WebServer) -> None:
    def seen(**auth: Any) -> Seen:
        call(f"{web.url}/p?x=1", auth=auth, options={"now": 1_700_000_000.0}).json()
        return web.seen[-1]

    assert (
        seen(kind="basic", user="u", password="p").headers["authorization"]
        == "Basic " + base64.b64encode(b"u:p").decode()
    )
    assert seen(kind="bearer", token="t").headers["authorization"] == "Bearer t"
    assert seen(kind="header", name="X-K", value="v").headers["x-k"] == "v"
    assert seen(kind="query", name="k", value="a b").target == "/p?x=1&k=a%20b"
    assert seen(kind="custom", headers={"X-A": "1"}, query={"q": "2"}).target == "/p?x=1&q=2"
    oauth = seen(kind="oauth1", client_id="c", client_secret="s", token="t", token_secret="ts").headers["authorization"]
    assert 'oauth_consumer_key="c"' in oauth
    aws = seen(kind="aws", client_id="AK", client_secret="s", region="eu-west-1", service="sqs").headers
    assert aws["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AK/20231114/eu-west-1/sqs/aws4_request, ")
    assert "needs 'token'" in call(web.url, auth={"kind": "bearer"}).error


def test_aws_signature_gives_the_published_example() -> None:
    from datetime import UTC, datetime

    import httpx

    from workflow_kernel.nodes.web._models import Auth
    from workflow_kernel.nodes.web._sign import AwsSignature, OAuth1

    moment = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    signer = AwsSignature(
        Auth(
            kind="aws", client_id="AKIDEXAMPLE", client_secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            region="us-east-1", service="service",
        ),
        moment,
    )  # fmt: skip
    request = httpx.Request("GET", "https://example.amazonaws.com/")
    next(signer.auth_flow(request))
    assert request.headers["authorization"].endswith("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
    twitter = OAuth1(
        "xvz1evFS4wEEPTGEFPHBog", "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE", moment,
    )  # fmt: skip
    request = httpx.Request(
        "POST",
        "https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
        data={"status": "Hello Ladies + Gentlemen, a signed OAuth request!"},
    )
    values = {
        "oauth_consumer_key": "xvz1evFS4wEEPTGEFPHBog",
        "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "1318622958",
        "oauth_token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        "oauth_version": "1.0",
    }
    assert twitter.signature(request, values) == "hCtSmYh+iHYCEqBWrE7C7hYmtUk="


def test_digest_sign_in_answers_the_challenge(web: WebServer) -> None:
    def guard(seen: Seen) -> Answer:
        if "response=" in seen.headers.get("authorization", ""):
            return Answer({"in": True})
        return Answer(b"", 401, {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'})

    web.answers["/x"] = guard
    assert call(f"{web.url}/x", auth={"kind": "digest", "user": "u", "password": "p"}).json() == [{"in": True}]


def test_client_credentials_fetch_one_token_for_many_items(web: WebServer) -> None:
    web.answers["/token"] = Answer({"access_token": "tok", "expires_in": 3600})
    auth = {"kind": "oauth2", "token_url": f"{web.url}/token", "client_id": "c", "client_secret": "s", "scope": "a b"}
    result = call(f"{web.url}/x", {}, {}, {}, auth=auth, concurrency=1)
    assert [row["headers"]["authorization"] for row in result.json()] == ["Bearer tok"] * 3
    asked = [seen for seen in web.seen if seen.path == "/token"]
    assert [seen.body for seen in asked] == [b"grant_type=client_credentials&scope=a+b"]
    web.answers["/token"] = Answer({"error": "invalid_client"}, 401)
    error = call(f"{web.url}/x", auth=auth).error
    assert "invalid_client" in error


def test_a_stored_token_is_refreshed_when_the_service_no_longer_takes_it(web: WebServer) -> None:
    def guard(seen: Seen) -> Answer:
        is_new = seen.headers.get("authorization") == "Bearer new"
        return Answer({"in": True}) if is_new else Answer({"error": "expired"}, 401)

    web.answers["/x"] = guard
    web.answers["/token"] = Answer({"access_token": "new"})
    credential = {
        "grantType": "authorizationCode", "accessTokenUrl": f"{web.url}/token", "clientId": "c", "clientSecret": "s",
        "oauthTokenData": {"access_token": "old", "refresh_token": "again"},
    }  # fmt: skip
    options = {"credentials": {"auth": credential}}
    result = call(f"{web.url}/x", {}, {}, auth={"kind": "oauth2"}, options=options, concurrency=1)
    assert result.json() == [{"in": True}, {"in": True}]
    asked = [seen for seen in web.seen if seen.path == "/token"]
    assert [seen.body for seen in asked] == [b"grant_type=refresh_token&refresh_token=again"]
    assert asked[0].headers["authorization"].startswith("Basic ")


def test_a_credential_fills_the_sign_in(web: WebServer) -> None:
    options = {"credentials": {"auth": {"user": "u", "password": "p"}}}
    (row,) = call(f"{web.url}/x", options=options).json()
    assert row["headers"]["authorization"].startswith("Basic ")
    options = {"credentials": {"auth": {"name": "X-Key", "value": "v"}}}
    (row,) = call(f"{web.url}/x", auth={"kind": "header"}, options=options).json()
    assert row["headers"]["x-key"] == "v"


def test_an_idempotency_key_is_the_same_over_tries_and_differs_by_item(web: WebServer) -> None:
    for _ in range(2):
        call(web.url, {"a": 1}, {"a": 2}, method="POST", idempotency_key=True, concurrency=1).json()
    keys = [seen.headers["idempotency-key"] for seen in web.seen]
    assert keys[:2] == keys[2:]
    assert len(set(keys)) == 2


@pytest.mark.parametrize("url", ["", "example.com", "ftp://x/", "http://"])
def test_what_is_no_url_is_refused(url: str) -> None:
    assert "is not a URL" in call(url).error


def test_nobody_listening_is_told() -> None:
    assert "failed" in call("http://127.0.0.1:9/x").error


def test_a_late_answer_times_out(web: WebServer) -> None:
    release = threading.Event()

    def wait(seen: Seen) -> Answer:
        release.wait(10)
        return Answer({})

    web.answers["/x"] = wait
    error = call(f"{web.url}/x", timeout=0.05).error
    release.set()
    assert "took too long" in error or "not answered within" in error


def page_of(seen: Seen) -> Answer:
    skip = int(seen.query.get("skip", ["0"])[0])
    rows = [{"id": n} for n in range(skip, min(skip + 2, 5))]
    return Answer(rows, headers={"next-url": f"/users?skip={skip + 2}&limit=2"})


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_pages_by_a_parameter(web: WebServer, language: str) -> None:
    web.answers["/users"] = page_of
    parameter = {"place": "query", "name": "skip", "value": "={{ $pageCount * 2 }}"}
    pagination = {"mode": "parameter", "parameters": [parameter]}
    result = call(f"{web.url}/users", pagination=pagination, options={"language": language})
    assert [row["id"] for row in result.json()] == [0, 1, 2, 3, 4]
    assert [seen.target for seen in web.seen] == [f"/users?skip={n}" for n in (0, 2, 4, 6)]
    assert result.sources() == [[(0, 0)]] * 5


@pytest.mark.parametrize(
    ("language", "done"),
    [("python", "={{ len($response.body) < 2 }}"), ("javascript", "={{ $response.body.length < $json.size }}")],
)
def test_pages_by_a_next_url(web: WebServer, language: str, done: str) -> None:
    web.answers["/users"] = page_of
    pagination = {
        "mode": "next_url", "next_url": '={{ $response.headers["next-url"] }}', "until": "expression", "complete": done,
    }  # fmt: skip
    result = call(
        f"{web.url}/users", {"size": 2}, query={"limit": 2}, pagination=pagination, options={"language": language}
    )
    assert [row["id"] for row in result.json()] == [0, 1, 2, 3, 4]
    assert [seen.target for seen in web.seen] == [
        "/users?limit=2", "/users?skip=2&limit=2", "/users?skip=4&limit=2",
    ]  # fmt: skip


def test_pages_end_by_status_or_limit_and_bodies_can_change(web: WebServer) -> None:
    web.answers["/p"] = lambda seen: Answer({"n": seen.json()["n"]}, 404 if seen.json()["n"] > 1 else 200)
    parameter = {"place": "body", "name": "n", "value": "={{ $pageCount }}"}
    pagination: dict[str, Any] = {
        "mode": "parameter",
        "parameters": [parameter],
        "until": "status",
        "status_codes": "404, 410",
    }
    body = {"kind": "json", "fields": {"a": 1}}
    result = call(f"{web.url}/p", method="POST", body=body, pagination=pagination)
    assert [row["n"] for row in result.json()] == [0, 1, 2]
    assert web.seen[0].json() == {"a": 1, "n": 0}
    pagination["max_requests"] = 2
    assert len(call(f"{web.url}/p", method="POST", body=body, pagination=pagination).json()) == 2
    del pagination["until"]
    pagination["max_requests"] = None
    assert "answered 404" in call(f"{web.url}/p", method="POST", body=body, pagination=pagination).error


def test_pages_that_never_change_are_stopped(web: WebServer) -> None:
    web.answers["/p"] = Answer({"same": True})
    parameter = {"place": "header", "name": "x", "value": "1"}
    assert "were the same" in call(f"{web.url}/p", pagination={"mode": "parameter", "parameters": [parameter]}).error
    assert len(web.seen) == 5


def imported(version: float, parameters: dict[str, Any], credentials: dict[str, Any] | None = None) -> Any:
    convert = Registry().find(HTTP).spec.imports["n8n-nodes-base.httpRequest"]
    return convert(ImportedNode("n8n-nodes-base.httpRequest", version, parameters, "H", credentials or {}))


def test_names_with_dots_are_nested_in_the_json_of_current_nodes(web: WebServer) -> None:
    fields = [{"name": "a.b", "value": 1}, {"name": "a.c[0]", "value": 2}, {"name": "d", "value": 3}]
    given = {"method": "POST", "url": web.url, "sendBody": True, "bodyParameters": {"parameters": fields}}
    run_node(HTTP, imported(4, given).parameters).json()
    run_node(HTTP, imported(3, given).parameters).json()
    assert [seen.json() for seen in web.seen] == [{"a": {"b": 1, "c": [2]}, "d": 3}, {"a.b": 1, "a.c[0]": 2, "d": 3}]


def test_import_of_a_current_node() -> None:
    found = imported(
        4.2,
        {
            "method": "POST", "url": "={{ $json.url }}", "authentication": "genericCredentialType",
            "genericAuthType": "httpHeaderAuth", "sendQuery": True,
            "queryParameters": {"parameters": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]},
            "sendBody": True, "specifyBody": "json", "jsonBody": "={{ $json.body }}",
            "options": {
                "response": {"response": {"fullResponse": True, "neverError": True, "responseFormat": "text"}},
                "batching": {"batch": {"batchSize": 5, "batchInterval": 200}}, "timeout": "={{ 1000 }}",
                "pagination": {"pagination": {
                    "paginationMode": "responseContainsNextURL", "nextURL": "={{ $response.body.next }}",
                    "paginationCompleteWhen": "other", "completeExpression": "={{ !$response.body.next }}",
                    "limitPagesFetched": True, "maxRequests": 3, "requestInterval": 500,
                }},
            },
        },
        {"httpHeaderAuth": {"id": "7", "name": "Key"}},
    )  # fmt: skip
    assert found.credentials == {"auth": {"id": "7", "name": "Key"}}
    parameters = found.parameters
    assert parameters["query"] == {"a": "2"}
    assert parameters["body"] == {"kind": "json", "content": "={{ $json.body }}"}
    assert parameters["batching"] == {"size": 5, "interval": 0.2}
    assert parameters["timeout"] == "={{ (1000) / 1000 }}"
    assert parameters["pagination"] == {
        "mode": "next_url", "next_url": "={{ $response.body.next }}", "until": "expression",
        "complete": "={{ !$response.body.next }}", "max_requests": 3, "interval": 0.5,
    }  # fmt: skip
    assert (
        imported(
            4.3, {"sendQuery": True, "queryParameters": {"parameters": [{"name": "a"}, {"name": "a"}]}}
        ).parameters["query"]
        == [{"name": "a", "value": ""}] * 2
    )
    assert imported(3, {}).parameters["redirects"] == {"follow": "never"}


def test_import_of_old_nodes_keeps_lists_whole_and_splits_on_request(web: WebServer) -> None:
    web.answers["/x"] = Answer([{"a": 1}, {"a": 2}])
    old = imported(1, {"url": f"{web.url}/x", "options": {}})
    assert run_node(HTTP, old.parameters, [{}]).json() == [{"data": [{"a": 1}, {"a": 2}]}]
    old = imported(2, {"url": f"{web.url}/x", "options": {"splitIntoItems": True}})
    assert run_node(HTTP, old.parameters, [{}]).json() == [{"a": 1}, {"a": 2}]


def test_import_warns_of_credentials_made_for_one_service() -> None:
    given = {"authentication": "predefinedCredentialType", "nodeCredentialType": "slackApi"}
    found = imported(4, given, {"slackApi": {"id": "1", "name": "S"}})
    assert "slackApi" in found.warnings[0]
    assert found.credentials == {"auth": {"id": "1", "name": "S"}}
