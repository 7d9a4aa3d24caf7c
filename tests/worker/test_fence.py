"""Nodes reach the outside and nothing of the network the program runs in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address
from typing import Any

import httpx
import pytest

from tests.nodes.servers import Answer, WebServer, web_server
from workflow_kernel.base.errors import NodeError, WorkflowError
from workflow_kernel.runs.outcome import Failed
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.testing import NodeResult, run_node_async
from workflow_kernel.worker.environment import Environment
from workflow_kernel.worker.fence import Fence, fenced_http

LOOPBACK = "127.0.0.1"
ELSEWHERE = "127.0.0.2"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
async def fenced() -> AsyncIterator[Environment]:
    fence = Fence()
    environment = Environment(MemoryBlobs(), http=fenced_http(fence), check_address=fence.check)
    yield environment
    await environment.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "100.100.100.200", "0.0.0.0", "255.255.255.255", "224.0.0.1", "224.0.1.1", "239.1.1.1",
        "240.0.0.1", "192.0.0.192", "198.18.0.1", "168.63.129.16", "192.0.2.1",
        "::1", "::", "fe80::1", "fe80::1%1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::1", "2001:0:808:808::80ff:fffe",
    ],
)  # fmt: skip
def test_addresses_of_this_network_are_refused(address: str) -> None:
    assert not Fence().lets_through(ip_address(address))
    assert Fence(is_open=True).lets_through(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "172.32.0.1"]
)
def test_public_addresses_are_let_through(address: str) -> None:
    assert Fence().lets_through(ip_address(address))


def test_an_administrator_lets_more_through() -> None:
    fence = Fence(allowed=["10.1.0.0/16", " fd00::/8", "127.0.0.1"])
    assert [fence.lets_through(ip_address(one)) for one in ("10.1.2.3", "fd00::1", "::ffff:10.1.2.3", "127.0.0.1")] == [
        True
    ] * 4
    assert [fence.lets_through(ip_address(one)) for one in ("10.2.0.1", "127.0.0.2", "::1")] == [False] * 3
    with pytest.raises(WorkflowError, match=r"10\.1\.2") as caught:
        Fence(allowed=["10.1.2"])
    assert caught.value.code == "WF739"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "017700000001", "0", "localhost", "[::1]",
             "[::ffff:127.0.0.1]", "%31%32%37.0.0.1", "①②⑦.0.0.1", "127.0.0.1."],
)  # fmt: skip
async def test_loopback_is_refused_however_it_is_written(host: str, web: WebServer, fenced: Environment) -> None:
    port = httpx.URL(web.url).port
    result = await get(f"http://{host}:{port}/", fenced)
    assert result.error and web.seen == []
    assert isinstance(result.outcome, Failed)
    assert result.outcome.error.code in ("WF738", "WF352") or "is not a URL" in result.error


async def test_what_is_refused_is_told(web: WebServer, fenced: Environment) -> None:
    outcome = (await get(web.url, fenced)).outcome
    assert isinstance(outcome, Failed)
    assert (outcome.error.code, "127.0.0.1" in outcome.error.message) == ("WF738", True)
    assert "WORKFLOW_ALLOWED_ADDRESSES" in outcome.error.mend


async def test_a_redirect_inside_is_refused() -> None:
    fence = Fence(allowed=[LOOPBACK])
    with web_server() as outside:
        outside.answers["/"] = Answer(b"", 302, {"Location": f"http://{ELSEWHERE}:9/secrets"})
        outcome = (await get(f"{outside.url}/", environment_of(fence))).outcome
    assert isinstance(outcome, Failed) and outcome.error.code == "WF738" and ELSEWHERE in outcome.error.message


async def test_a_name_that_changes_its_address_gets_nowhere(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look-up gives an address that is let through; each later one gives another."""
    answers = iter([LOOPBACK])
    asked: list[str] = []

    async def getaddrinfo(self: Any, host: str, port: int, **more: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers, ELSEWHERE), port))]

    monkeypatch.setattr(asyncio.get_running_loop().__class__, "getaddrinfo", getaddrinfo)
    port = httpx.URL(web.url).port
    result = await get(f"http://rebound.example:{port}/x", environment_of(Fence(allowed=[LOOPBACK])))
    assert result.json()[0]["target"] == "/x"
    assert asked == ["rebound.example"], "nothing else looks the name up"
    result = await get(f"http://rebound.example:{port}/x", environment_of(Fence(allowed=[LOOPBACK])))
    assert "may not be reached" in result.error


async def test_of_several_addresses_those_let_through_are_tried(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def getaddrinfo(self: Any, host: str, port: int, **more: Any) -> list[Any]:
        every = (ELSEWHERE, "127.0.0.3", LOOPBACK)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in every]

    monkeypatch.setattr(asyncio.get_running_loop().__class__, "getaddrinfo", getaddrinfo)
    environment = environment_of(Fence(allowed=[LOOPBACK, "127.0.0.3"]))
    result = await get(f"http://many.example:{httpx.URL(web.url).port}/x", environment)
    assert result.json()[0]["target"] == "/x"


async def test_proxies_and_certificates_do_not_lead_around_it(web: WebServer, fenced: Environment) -> None:
    assert "may not be reached" in (await get("http://example.com/", fenced, proxy=web.url)).error
    assert "may not be reached" in (await get(web.url, fenced, ignore_tls=True)).error
    assert web.seen == []


async def test_the_process_s_own_proxy_settings_do_not_count(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    result = await get(f"{web.url}/x", environment_of(Fence(allowed=[LOOPBACK])))
    assert result.json()[0]["target"] == "/x"


@pytest.mark.parametrize(
    ("type_name", "parameters", "credentials"),
    [
        ("web.rss", {"url": "http://127.0.0.1:9/feed"}, None),
        ("web.graphql", {"endpoint": "http://127.0.0.1:9/graphql", "query": "{ a }"}, None),
        ("database.query", {"query": "SELECT 1", "dsn": "postgresql://u:p@127.0.0.1:9/d"}, None),
        ("database.query", {"query": "SELECT 1", "dsn": "postgresql:///d"}, None),
        ("database.query", {"query": "SELECT 1", "dsn": "host=/var/run/postgresql dbname=d"}, None),
        ("database.query", {"query": "SELECT 1", "dsn": "hostaddr=127.0.0.1 host=example.com port=9"}, None),
        ("database.query", {"query": "SELECT 1"}, {"postgres": {"host": "8.8.8.8,127.0.0.1", "port": 9}}),
        ("notify.send_email", {"sender": "a@b.c", "to": "a@b.c"}, {"smtp": {"host": "localhost", "port": 9}}),
    ],
)
async def test_other_nodes_stay_outside_too(
    type_name: str, parameters: dict[str, Any], credentials: dict[str, Any] | None
) -> None:
    fence = Fence()
    environment = Environment(
        MemoryBlobs(), http=fenced_http(fence), check_address=fence.check, credentials=credentials
    )
    result = await run_node_async(type_name, parameters, [{}], environment=environment, credentials=credentials)
    await environment.close()
    assert isinstance(result.outcome, Failed)
    assert result.outcome.error.code == "WF738", result.outcome.error


async def test_the_check_gives_an_address_to_connect_to() -> None:
    assert await Fence(is_open=True).check("anything", 1) == "anything"
    assert await Fence(allowed=[LOOPBACK, "::1"]).check("localhost", 80) in (LOOPBACK, "::1")
    for name in ("nowhere.invalid", "a" * 64, "a\0b", "a..b"):
        with pytest.raises(NodeError, match="no host") as caught:
            await Fence().check(name, 80)
        assert caught.value.code == "WF352"


def environment_of(fence: Fence) -> Environment:
    return Environment(MemoryBlobs(), http=fenced_http(fence), check_address=fence.check)


async def get(url: str, environment: Environment, **parameters: Any) -> NodeResult:
    try:
        return await run_node_async("web.http_request", {"url": url, **parameters}, [{}], environment=environment)
    finally:
        await environment.close()
