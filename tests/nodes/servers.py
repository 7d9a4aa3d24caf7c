"""Real peers for tests of nodes that talk to others: a web server and a mail server.

Each is started on a free port by a fixture in ``conftest`` and stopped by it.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.servers import free_port


class Seen(NamedTuple):
    """A request the server got; ``target`` is path and query as sent, header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def json(self) -> Any:
        return json.loads(self.body)


class Answer(NamedTuple):
    """What the server answers; a dict or list is sent as JSON."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = {}


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is part of some tests."""


class WebServer:
    """Answers by path; a path without an answer echoes the request as JSON."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer | Callable[[Seen], Answer]] = {}
        self.seen: list[Seen] = []
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, seen: Seen) -> Answer:
        self.seen.append(seen)
        found = self.answers.get(seen.path)
        if found is None:
            echo = {"method": seen.method, "target": seen.target, "headers": seen.headers, "body": seen.body.decode()}
            return Answer(echo)
        return found(seen) if callable(found) else found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", 0)))
                if headers.get("transfer-encoding") == "chunked":
                    body = self._chunks()
                answer = outer.answer(Seen(self.command, self.path, headers, body))
                data, given = answer.body, dict(answer.headers)
                if isinstance(data, dict | list):
                    data = json.dumps(data).encode()
                    given.setdefault("Content-Type", "application/json")
                data = data.encode() if isinstance(data, str) else data
                self.send_response(answer.status)
                for name, value in given.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

            def _chunks(self) -> bytes:
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


@contextmanager
def web_server(tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """A running web server, with TLS where a context is given."""
    server = WebServer(tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def mail_server() -> Iterator[Any]:
    """A running SMTP server: ``messages`` has (sender, recipients, message); user ``ann``, password ``right``."""
    import email
    import email.policy

    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult

    class Keep:
        def __init__(self) -> None:
            self.messages: list[tuple[str, list[str], Any]] = []
            self.refused: set[str] = set()

        async def handle_RCPT(  # noqa: N802
            self, server: Any, session: Any, envelope: Any, address: str, options: Any
        ) -> str:
            if address in self.refused:
                return "550 no such user"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.messages.append((envelope.mail_from, list(envelope.rcpt_tos), message))
            return "250 OK"

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"ann", b"right"), handled=False)

    keep = Keep()
    controller = Controller(
        keep, hostname="127.0.0.1", port=free_port(), authenticator=check, auth_require_tls=False, ready_timeout=10
    )
    controller.start()
    keep.port = controller.port  # type: ignore[attr-defined]
    try:
        yield keep
    finally:
        controller.stop()
