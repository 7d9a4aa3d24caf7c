"""The client of a service waits when it is told that it asks too often."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.servers import serving
from workflow_kernel.client import TRIES, Client, RefusedError


class Busy(ThreadingHTTPServer):
    """Refuses so many requests with a code, then answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        self.refusals = 0
        self.code = "WF786"
        self.asked: list[str] = []


class Door(BaseHTTPRequestHandler):
    server: Busy

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append(self.path)
        is_refused = len(self.server.asked) <= self.server.refusals
        body = json.dumps({"detail": "Too often.", "code": self.server.code} if is_refused else {"id": "1"}).encode()
        self.send_response(429 if is_refused else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def busy() -> Iterator[Busy]:
    server = Busy()
    with serving(server):
        yield server


def test_a_request_that_comes_too_soon_is_sent_again(busy: Busy) -> None:
    busy.refusals = TRIES - 1
    with Client(f"http://127.0.0.1:{busy.server_port}", "") as client:
        assert client.post("/workflows") == {"id": "1"}
    assert busy.asked == ["/api/workflows"] * TRIES


def test_but_not_for_ever_and_not_when_a_queue_is_full(busy: Busy) -> None:
    busy.refusals = 1000
    with Client(f"http://127.0.0.1:{busy.server_port}", "") as client:
        with pytest.raises(RefusedError, match="Too often"):
            client.post("/workflows")
        assert len(busy.asked) == TRIES
        busy.code = "WF771"
        with pytest.raises(RefusedError):
            client.post("/workflows")
    assert len(busy.asked) == TRIES + 1
