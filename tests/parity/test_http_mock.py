"""The stand-in for outside services: which requests fit a recorded exchange, and what comes back."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.parity.http_mock import Exchanges


def exchange(**changes: Any) -> dict[str, Any]:
    return {
        "base": "https://api.test:443",
        "method": "GET",
        "path": "/a",
        "status": 200,
        "response": {"ö": 1},
        **changes,
    }


def send(recorded: list[dict[str, Any]], *requests: httpx.Request) -> list[httpx.Response | None]:
    """The answers to requests sent one after the other; None where nothing fitted."""

    async def play() -> list[httpx.Response | None]:
        found: list[httpx.Response | None] = []
        async with Exchanges(recorded).client() as client:
            for request in requests:
                try:
                    found.append(await client.send(request))
                except httpx.ConnectError:
                    found.append(None)
        return found

    return asyncio.run(play())


def fits(recorded: dict[str, Any], request: httpx.Request) -> bool:
    return send([recorded], request)[0] is not None


def test_objects_come_as_compact_json_with_no_headers_but_the_recorded_ones() -> None:
    answer = send([exchange(response_headers={"X-A": ["1", "2"]})], httpx.Request("GET", "https://api.test/a"))[0]
    assert answer is not None
    assert answer.content == '{"ö":1}'.encode()
    assert answer.headers.multi_items() == [("x-a", "1"), ("x-a", "2"), ("content-type", "application/json")]


def test_an_exchange_answers_as_often_as_it_says() -> None:
    request = httpx.Request("GET", "https://api.test/a")
    answers = send([exchange(times=2)], request, request, request)
    assert [answer is not None for answer in answers] == [True, True, False]
    assert None not in send([exchange(persist=True)], request, request)
    twice = send([exchange(response="1"), exchange(response="2")], request, request)
    assert [answer.text for answer in twice if answer] == ["1", "2"]


@pytest.mark.parametrize(
    ("query", "url", "expected"),
    [
        (None, "/a", True),
        (None, "/a?x=1", False),
        (True, "/a?x=1", True),
        ({"x": 1, "y": True}, "/a?y=true&x=1", True),
        ({"x": 1}, "/a?x=2", False),
        ({"x": [1, 2]}, "/a?x=1&x=2", True),
        ({"x": [1, 2]}, "/a?x[]=1&x[]=2", True),
        ({"x": {"y": "z"}}, "/a?x[y]=z", True),
        ({"x": {"$regex": "^a"}}, "/a?x=abc", True),
    ],
)
def test_the_query_must_be_the_recorded_one(query: Any, url: str, expected: bool) -> None:
    recorded = exchange(**({} if query is None else {"query": query}))
    assert fits(recorded, httpx.Request("GET", f"https://api.test{url}")) is expected


def test_the_body_must_be_the_recorded_one() -> None:
    url = "https://api.test/a"
    recorded = exchange(method="POST", body={"n": 5, "deep": {"list": [1, None]}})
    assert fits(recorded, httpx.Request("POST", url, json={"deep": {"list": [1, None]}, "n": 5}))
    assert not fits(recorded, httpx.Request("POST", url, json={"deep": {"list": [1, None]}, "n": "5"}))
    assert not fits(recorded, httpx.Request("POST", url))
    assert fits(exchange(method="POST", body={"n": 5}), httpx.Request("POST", url, data={"n": "5"}))
    assert fits(exchange(method="POST", body="a\nb"), httpx.Request("POST", url, content="a\r\nb"))
    assert fits(exchange(method="POST"), httpx.Request("POST", url, content="anything"))


def test_headers_host_and_port_must_be_the_recorded_ones() -> None:
    signed = exchange(headers=[{"Authorization": "Bearer 1"}])
    assert fits(signed, httpx.Request("GET", "https://api.test/a", headers={"authorization": "Bearer 1"}))
    assert not fits(signed, httpx.Request("GET", "https://api.test/a"))
    assert not fits(exchange(), httpx.Request("GET", "https://api.test:8443/a"))
    assert not fits(exchange(), httpx.Request("GET", "https://other.test/a"))
