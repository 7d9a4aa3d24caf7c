"""The one Tornado handler that serves every route: who asks, may they, what did they send, what comes back."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import time
from collections.abc import AsyncIterator
from hashlib import blake2b
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, MissingArgumentError, RequestHandler, stream_request_body

from workflow_kernel.api import limits, problem
from workflow_kernel.api.kernel import Endpoint, Kernel
from workflow_kernel.api.problem import HttpError
from workflow_kernel.api.routing import Answer, Request
from workflow_kernel.base.errors import NotSignedInError, TooManyError, WorkflowError
from workflow_kernel.base.ids import new_id
from workflow_kernel.services.actor import STRANGER, Actor
from workflow_kernel.services.permission import require

log = structlog.get_logger("workflow.api")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_SMALLEST_TO_PACK = 1024
"""Bytes below which packing an answer costs more than it saves."""


class BaseHandler(RequestHandler):
    """What every handler of ours has: an id of the request, errors as problem+json, the kernel."""

    kernel: Kernel
    id: str = ""
    route_name: str = ""
    actor: Actor = STRANGER

    def initialize(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.started = time.perf_counter()
        sent = self.request.headers.get("X-Request-Id", "")
        self.id = sent if _REQUEST_ID.fullmatch(sent) else str(new_id())
        self.set_header("X-Request-Id", self.id)

    def set_default_headers(self) -> None:
        self.clear_header("Server")

    def compute_etag(self) -> str | None:
        """None: an answer has one only where it says so."""
        return None

    def check_xsrf_cookie(self) -> None:
        """The host's check; a header no other site's page can send does as well."""
        if "Authorization" not in self.request.headers and "X-Api-Key" not in self.request.headers:
            super().check_xsrf_cookie()

    def send_problem(self, error: WorkflowError) -> None:
        """Answer with an error."""
        status = problem.status_of(error)
        self.set_status(status)
        self.set_header("Content-Type", problem.CONTENT_TYPE)
        self.set_header("Cache-Control", "no-store")
        if isinstance(error, HttpError):
            for name, value in error.headers.items():
                self.set_header(name, value)
        if isinstance(error, TooManyError):
            self.set_header("Retry-After", str(max(1, round(error.retry_after))))
        if status == HTTPStatus.UNAUTHORIZED:
            self.set_header("WWW-Authenticate", 'Bearer realm="workflow"')
        if not self._finished:
            self.finish(json.dumps(problem.document(error, self.id)))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tornado's way to answer with an error: what nobody caught."""
        error = (kwargs.get("exc_info") or (None, None, None))[1]
        if isinstance(error, WorkflowError):
            self.send_problem(error)
        elif isinstance(error, HTTPError) and status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            self.send_problem(HttpError(status_code, HTTPStatus(status_code).phrase + "."))
        else:
            self.send_problem(HttpError(500, "Something went wrong here.", code="WF789", mend=_UNEXPECTED))

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """Log what nobody caught; refusals are not errors of ours."""
        if isinstance(value, WorkflowError) and problem.status_of(value) < HTTPStatus.INTERNAL_SERVER_ERROR:
            return
        if isinstance(value, HTTPError | MissingArgumentError | StreamClosedError):
            return
        log.error("request.failed", path=self.request.path, exc_info=(kind, value, trace))

    def _log(self) -> None:
        """One line a request."""
        log.info(
            "request", method=self.request.method, route=self.route_name or self.request.path,
            status=self.get_status(), ms=round((time.perf_counter() - self.started) * 1000, 2),
        )  # fmt: skip


_UNEXPECTED = "Try again; if it stays, give an administrator the id of the request."


@stream_request_body
class ApiHandler(BaseHandler):
    """Serves the routes. The body is read only once it is known who asks, and that they may."""

    endpoint: Endpoint | None = None
    path: dict[str, str]
    incoming: Request

    async def prepare(self) -> None:
        self._chunks: list[bytes] = []
        self._size = 0
        try:
            await self._admit()
        except WorkflowError as error:
            self.send_problem(error)

    async def _admit(self) -> None:
        """Find the route, and raise for those who may not pass."""
        endpoint = self._find()
        route = endpoint.route
        self.route_name = route.path
        self._most = route.max_body or self.kernel.settings.max_body
        limits.check_length(self.request.headers.get("Content-Length"), self._most)
        self.actor = await self.kernel.identify(self.request)
        if not route.public and self.actor.via == "anonymous":
            raise NotSignedInError("You are not signed in.", mend="Sign in, or send an access token or API key.")
        if route.permission is not None:
            require(self.actor, route.permission)
        self.incoming = Request(
            service=self.kernel.service, actor=self.actor, address=self.actor.address or self.request.remote_ip or "",
            id=self.id, cookies=_cookies(self), raw=self.request, prefix=self.kernel.prefix,
        )  # fmt: skip
        self.endpoint = endpoint

    def _find(self) -> Endpoint:
        method = "GET" if self.request.method == "HEAD" else self.request.method or "GET"
        path = self.request.path.removeprefix(f"{self.kernel.prefix}/api")
        found = self.kernel.paths.find(method, path)
        if found is not None:
            endpoint, self.path = found
            return endpoint
        methods = set(self.kernel.paths.methods(path))
        if not methods:
            raise HttpError(404, "There is nothing at this address.", mend="See /api/docs for what there is.")
        allowed = ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))
        raise HttpError(
            405, f"{method} is not possible here.", mend=f"Possible are {allowed}.", headers={"Allow": allowed}
        )

    def data_received(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._finished:
            return
        if self._size > self._most:
            self._chunks.clear()
            self.set_header("Connection", "close")
            self.send_problem(limits.too_large(self._most))
            return
        self._chunks.append(chunk)

    async def serve(self) -> None:
        """Every method."""
        endpoint = self.endpoint
        if endpoint is None or self._finished:
            return
        try:
            body = b"".join(self._chunks)
            self._check_body(endpoint, body)
            depth = self.kernel.settings.max_json_depth
            arguments = endpoint.binding.arguments(self.path, self.request.query, body, depth)
            answer = await endpoint.binding.call(self.incoming, arguments)
        except WorkflowError as error:
            if problem.status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
                log.warning("request.refused", code=error.code, reason=error.message)
            self.send_problem(error)
            return
        await self._send(endpoint, answer)

    get = head = post = put = patch = delete = serve

    def _check_body(self, endpoint: Endpoint, body: bytes) -> None:
        binding = endpoint.binding
        if binding.body_type is None or (not body and binding.body_is_optional):
            return
        limits.check_content_type(self.request.headers.get("Content-Type"), endpoint.route.content or limits.JSON_TYPES)

    async def _send(self, endpoint: Endpoint, answer: Answer[Any]) -> None:
        value = answer.value
        status = answer.status or (endpoint.route.status if value is not None else max(204, endpoint.route.status))
        self.set_status(status)
        for name, text in answer.headers.items():
            self.set_header(name, text)
        if answer.filename:
            self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{_quoted(answer.filename)}")
        if value is None:
            self.finish()
            return
        if isinstance(value, AsyncIterator):
            self.set_header("Content-Type", answer.content_type)
            await self._stream(value)
            return
        if isinstance(value, bytes | str):
            self.set_header("Content-Type", answer.content_type)
            body = value.encode() if isinstance(value, str) else value
        else:
            body = endpoint.binding.dump(value)
            self.set_header("Content-Type", "application/json")
        self._finish_bytes(body, answer.etag)

    def _finish_bytes(self, body: bytes, etag: str) -> None:
        if self.request.method in ("GET", "HEAD"):
            found = f'"{etag}"' if etag else f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
            self.set_header("Etag", found)
            self.set_header("Cache-Control", "private, no-cache")
            if self.get_status() == HTTPStatus.OK and self.check_etag_header():
                self.set_status(304)
                self.finish()
                return
        else:
            self.set_header("Cache-Control", "no-store")
        if len(body) >= _SMALLEST_TO_PACK and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 3)
            self.set_header("Content-Encoding", "gzip")
        self.finish(body)

    async def _stream(self, chunks: AsyncIterator[bytes]) -> None:
        self.set_header("Cache-Control", "no-store")
        async with contextlib.aclosing(chunks) as found:  # type: ignore[type-var]
            if self.request.method != "HEAD":
                async for chunk in found:
                    self.write(chunk)
                    await self.flush()
        self.finish()


def _cookies(handler: RequestHandler) -> dict[str, str]:
    return {name: morsel.value for name, morsel in handler.request.cookies.items()}


def _quoted(name: str) -> str:
    return quote(name, safe="")
