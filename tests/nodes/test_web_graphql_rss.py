"""GraphQL and RSS, against a real web server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.nodes.servers import Answer, WebServer
from workflow_kernel.base.errors import NodeError
from workflow_kernel.nodes.web import _feed
from workflow_kernel.runs.outcome import Failed
from workflow_kernel.sdk.imports import ImportedNode
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.testing import run_node

QUERY = "query q($a: Int) { x(a: $a) }"


def test_a_query_is_sent_with_variables_for_each_item(web: WebServer) -> None:
    web.answers["/g"] = lambda seen: Answer({"data": {"x": seen.json()["variables"]["a"]}})
    parameters = {
        "endpoint": f"{web.url}/g", "query": QUERY, "variables": {"a": "={{ $json.n }}"}, "operation_name": "q",
        "headers": {"X-A": "1"}, "auth": {"kind": "bearer", "token": "t"},
    }  # fmt: skip
    result = run_node("web.graphql", parameters, [{"n": 1}, {"n": 2}])
    assert result.json() == [{"data": {"x": 1}}, {"data": {"x": 2}}]
    assert result.sources() == [[(0, 0)], [(0, 1)]]
    first = min(web.seen, key=lambda seen: seen.body)
    assert first.json() == {"query": QUERY, "variables": {"a": 1}, "operationName": "q"}
    assert web.seen[0].headers["authorization"] == "Bearer t"
    assert web.seen[0].headers["x-a"] == "1"


def test_other_ways_to_send_a_query(web: WebServer) -> None:
    base = {"endpoint": f"{web.url}/g", "query": "{ x }"}
    (row,) = run_node("web.graphql", {**base, "send_as": "graphql"}, [{}]).json()
    assert (row["body"], row["headers"]["content-type"]) == ("{ x }", "application/graphql")
    (row,) = run_node("web.graphql", {**base, "method": "GET", "variables": '{"a": 1}'}, [{}]).json()
    assert row["target"] == "/g?query=%7B%20x%20%7D&variables=%7B%22a%22%3A1%7D"
    web.answers["/g"] = Answer("plain")
    assert run_node("web.graphql", {**base, "response": "text", "field": "t"}, [{}]).json() == [{"t": "plain"}]


def test_errors_of_the_service_fail_the_item(web: WebServer) -> None:
    web.answers["/g"] = Answer({"errors": [{"message": "no field x"}, {"message": "nor y"}], "data": None})
    result = run_node("web.graphql", {"endpoint": f"{web.url}/g", "query": "{ x }"}, [{}])
    assert result.error == "no field x, nor y"
    assert isinstance(result.outcome, Failed)
    assert result.outcome.error.data == {"errors": [{"message": "no field x"}, {"message": "nor y"}], "data": None}
    result = run_node("web.graphql", {"endpoint": f"{web.url}/g", "query": "{ x }"}, [{"k": 1}], on_error="branch")
    assert result.json("error") == [{"k": 1, "error": "no field x, nor y"}]


@pytest.mark.parametrize("variables", [1, "{", [1]])
def test_variables_must_be_an_object(variables: Any) -> None:
    parameters = {"endpoint": "http://127.0.0.1:9", "query": "{ x }", "variables": variables}
    assert run_node("web.graphql", parameters, [{}]).error.startswith("Using variables failed:\n")


def converted(kind: str, version: float, parameters: dict[str, Any]) -> Any:
    convert = (
        Registry()
        .find(f"web.{kind}")
        .spec.imports[{"graphql": "n8n-nodes-base.graphql", "rss": "n8n-nodes-base.rssFeedRead"}[kind]]
    )
    return convert(ImportedNode("", version, parameters))


def test_imports() -> None:
    old = converted("graphql", 1, {"endpoint": "http://x", "query": "{ x }", "variables": "{}"}).parameters
    assert old["send_as"] == "graphql"
    assert "variables" not in old
    new = converted("graphql", 1.1, {"endpoint": "http://x", "query": "{ x }", "variables": "={{ $json }}"}).parameters
    assert (new["send_as"], new["variables"]) == ("json", "={{ $json }}")
    assert converted("rss", 1, {"url": "http://x"}).settings == {"execute_once": True}
    assert converted("rss", 1.2, {"url": "u", "options": {"customFields": "a, b"}}).parameters["fields"] == "a, b"


RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="c" xmlns:dc="d" xmlns:itunes="i" xmlns:media="m"><channel><title>T</title>
<item><title>One &amp; all</title><link>http://x/1</link><guid isPermaLink="false">g1</guid>
<description><![CDATA[<p>Hello</p><p>big &lt;world&gt;</p>]]></description><dc:creator>Ann</dc:creator>
<content:encoded><![CDATA[<b>full</b>]]></content:encoded><category>a</category><category domain="d">b</category>
<pubDate>Thu, 09 Feb 2023 13:40:00 +0100</pubDate><enclosure url="http://x/a.mp3" length="1" type="audio/mpeg"/>
<itunes:duration>10</itunes:duration><itunes:image href="http://x/i.png"/><media:thumbnail url="t"/></item>
<item><title>Two</title><pubDate>never</pubDate></item></channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title type="html">One</title>
<link rel="self" href="http://x/self"/><link rel="alternate" href="http://x/1"/><id>urn:1</id>
<updated>2023-02-09T13:40:00Z</updated><author><name>Ann</name></author><summary>Short</summary>
<content type="html">&lt;p&gt;Long&lt;/p&gt;</content></entry></feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel/><item rdf:about="http://x/1"><title>One</title>
<dc:date>2023-02-09T13:40:00+01:00</dc:date></item></rdf:RDF>"""


def test_an_rss_feed_gives_an_item_per_entry(web: WebServer) -> None:
    web.answers["/feed"] = Answer(RSS, headers={"Content-Type": "application/xml"})
    result = run_node("web.rss", {"url": f"{web.url}/feed", "fields": "media:thumbnail, missing"}, [{}])
    first, second = result.json()
    assert first == {
        "title": "One & all", "link": "http://x/1", "guid": "g1", "creator": "Ann", "dc:creator": "Ann",
        "content": "<p>Hello</p><p>big &lt;world&gt;</p>", "contentSnippet": "Hello\nbig <world>",
        "content:encoded": "<b>full</b>", "content:encodedSnippet": "full",
        "categories": ["a", {"_": "b", "$": {"domain": "d"}}],
        "pubDate": "Thu, 09 Feb 2023 13:40:00 +0100", "isoDate": "2023-02-09T12:40:00.000Z",
        "enclosure": {"url": "http://x/a.mp3", "length": "1", "type": "audio/mpeg"},
        "itunes": {"duration": "10", "image": "http://x/i.png"}, "media:thumbnail": {"$": {"url": "t"}},
    }  # fmt: skip
    assert second == {"title": "Two", "pubDate": "never", "itunes": {}}
    assert result.sources() == [[(0, 0)], [(0, 0)]]


def test_atom_and_rdf_feeds() -> None:
    assert _feed.read(ATOM.encode()) == [
        {
            "title": "One", "link": "http://x/1", "id": "urn:1", "author": "Ann", "summary": "Short",
            "content": "<p>Long</p>", "contentSnippet": "Long", "pubDate": "2023-02-09T13:40:00.000Z",
            "isoDate": "2023-02-09T13:40:00.000Z",
        }
    ]  # fmt: skip
    (entry,) = _feed.read(RDF.encode())
    assert entry["rdf:about"] == "http://x/1"
    assert entry["isoDate"] == "2023-02-09T12:40:00.000Z"


@pytest.mark.parametrize("data", ["", "hello", "<html><body/></html>", '{"a": 1}'])
def test_what_is_no_feed_is_refused(data: str) -> None:
    with pytest.raises(NodeError, match="not an RSS or Atom feed"):
        _feed.read(data.encode())


def test_a_feed_cannot_read_files_of_the_server() -> None:
    hostile = '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]><rss><channel><item><title>&e;</title></item></channel></rss>'
    (entry,) = _feed.read(hostile.encode())
    assert not entry["title"]


def test_a_missing_feed_is_told(web: WebServer) -> None:
    web.answers["/feed"] = Answer(b"", 404)
    assert "answered 404" in run_node("web.rss", {"url": f"{web.url}/feed"}, [{}]).error
    assert "URL of the feed is missing" in run_node("web.rss", {"url": ""}, [{}]).error
