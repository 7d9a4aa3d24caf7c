"""The one Tornado handler that serves every route: who asks, may they, what did they send, what comes back."""

from __future__ import annotations

import time

from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError, stream_request_body

from workflow_kernel.api import limits
from workflow_kernel.api.base_handler import METHODS, BaseHandler
from workflow_kernel.api.kernel import Endpoint
from workflow_kernel.api.problem import HttpError
from workflow_kernel.api.routing import Request
from workflow_kernel.api.sending import send
from workflow_kernel.base import log, tracing
from workflow_kernel.base.errors import NotSignedInError, WorkflowError
from workflow_kernel.services.permission import require


@stream_request_body
class ApiHandler(BaseHandler):
    """Serves the routes. The body is read only once it is known who asks, and that they may."""

    SUPPORTED_METHODS = METHODS
    has_come = False
    endpoint: Endpoint | None = None
    _forged: WorkflowError | None = None
    path: dict[str, str]
    incoming: Request

    def check_xsrf_cookie(self) -> None:
        """The host's check. What it finds is answered once the body has come, as every refusal."""
        try:
            super().check_xsrf_cookie()
        except HTTPError as error:
            mend = "Send the host's XSRF cookie back in the header X-XSRFToken."
            self._forged = HttpError(error.status_code, "No page of this host sent it.", code="WF785", mend=mend)

    async def prepare(self) -> None:
        log.bind(request=self.id)
        self._chunks: list[bytes] = []
        self._size = 0
        self._most = self.kernel.settings.max_body
        self._refusal: WorkflowError | None = None
        try:
            if self._forged is not None:
                raise self._forged
            await self._admit()
        except WorkflowError as error:
            self._refuse(error)

    def _refuse(self, error: WorkflowError) -> None:
        """Answer once the body has come, unread: who still sends when the connection closes never sees the answer."""
        if limits.is_worth_reading(self.request.headers):
            self._refusal = error
        else:
            self.send_problem(error)

    async def _admit(self) -> None:
        """Find the route, and raise for those who may not pass."""
        endpoint = self._find()
        if endpoint is None:
            return
        route = endpoint.route
        self.route_name = route.path
        self.is_limited = route.limited
        self._most = route.max_body or self._most
        limits.check_length(self.request.headers, self._most)
        actor = await self.identified(is_public=route.public)
        if not route.public and actor.via == "anonymous":
            raise NotSignedInError("You are not signed in.", mend="Sign in, or send an access token or API key.")
        early = endpoint.early
        if early is not None:
            require(actor, early)
        self.incoming = Request(
            service=self.kernel.service, actor=actor, address=self.address, id=self.id, cookies=self.sent_cookies(),
            raw=self.request, prefix=self.kernel.prefix,
        )  # fmt: skip
        self.endpoint = endpoint

    def _find(self) -> Endpoint | None:
        """The route; None for questions about one, which are answered here."""
        request: HTTPServerRequest = self.request
        method = "GET" if request.method == "HEAD" else request.method or ""
        path = request.path.removeprefix(f"{self.kernel.prefix}/api")
        found = self.kernel.paths.find(method, path)
        if found is not None:
            endpoint, self.path = found
            return endpoint
        methods = set(self.kernel.paths.methods(path))
        if not methods:
            raise HttpError(404, "There is nothing at this address.", mend="See /api/docs for what there is.")
        allowed = ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))
        if method != "OPTIONS":
            raise HttpError(
                405, f"{method} is not possible here.", mend=f"Possible are {allowed}.", headers={"Allow": allowed}
            )
        self.set_status(204)
        self.set_header("Allow", allowed)
        for name, value in self.kernel.origins.preflight(request.headers.get("Origin"), allowed).items():
            self.set_header(name, value)
        return None

    def data_received(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._refusal is None and self._size > self._most:
            self._refusal = limits.too_large(self._most)
            self._chunks.clear()
        if self._refusal is None:
            self._chunks.append(chunk)
        elif self._size > limits.DRAINED and not self._finished:
            self.send_problem(self._refusal)

    async def serve(self) -> None:
        """Every method."""
        endpoint = self.endpoint
        self.has_come = True
        if self._finished:
            return
        if self._refusal is not None:
            self.send_problem(self._refusal)
            return
        if endpoint is None:  # a question about a route
            self.finish()
            return
        route = endpoint.route
        parent = {"traceparent": self.request.headers.get("Traceparent", "")} if tracing.is_on() else None
        with tracing.span(
            f"{route.method} {route.path}", kind="server", parent=parent, request=self.id, user=self.actor.id
        ):
            try:
                body = b"".join(self._chunks)
                self._check_body(endpoint, body)
                depth = self.kernel.settings.max_json_depth
                arguments = endpoint.binding.arguments(self.path, self.request.query, body, depth)
                answer = await endpoint.binding.call(self.incoming, arguments)
            except WorkflowError as error:
                self.send_problem(error)
                return
        if self.actor.id is not None:
            self.set_header("Server-Timing", f"app;dur={(time.perf_counter() - self.started) * 1000:.1f}")
        await send(self, endpoint, answer)

    get = head = post = put = patch = delete = options = serve

    def _check_body(self, endpoint: Endpoint, body: bytes) -> None:
        binding = endpoint.binding
        if binding.body_type is None or (not body and binding.body_is_optional):
            return
        limits.check_content_type(self.request.headers, endpoint.route.content or limits.JSON_TYPES)
