"""Webhooks: the addresses that start workflows, and those that try drafts out."""

from __future__ import annotations

import msgspec

from workflow_kernel.api import answering
from workflow_kernel.api.call_body import read_body
from workflow_kernel.api.call_handler import CallHandler
from workflow_kernel.api.problem import HttpError
from workflow_kernel.auth.webhooks import Call
from workflow_kernel.sdk.triggers import Webhook
from workflow_kernel.services.webhook_routes import Found, WebhookRoute, named
from workflow_kernel.services.webhooks import Answered, Request, Webhooks

_PREFLIGHT_SECONDS = "600"


class WebhookHandler(CallHandler):
    """Takes the calls of published workflows."""

    route_name = "/webhook"
    beginning = "/webhook/"
    route: WebhookRoute
    incoming: Call

    @property
    def webhooks(self) -> Webhooks:
        """The service."""
        return self.kernel.service.webhooks

    async def look_at(self) -> None:
        below = self.below
        found = await self.find(below.removeprefix(self.beginning))
        if found is None:
            raise HttpError(404, "There is no webhook at this address.", code="WF747", mend="Check the address.")
        method = self.request.method or ""
        allowed = ", ".join([*found.by_method, "OPTIONS"])
        if method == "OPTIONS":
            self._preflight(next(iter(found.by_method.values())), allowed)
            return
        route = found.by_method.get(method)
        if route is None:
            raise HttpError(
                405, f"{method} is not possible here.", code="WF747", mend=f"Possible are {allowed}.",
                headers={"Allow": allowed},
            )  # fmt: skip
        self.route, self.params = route, named(route, found.values)
        assert isinstance(route.listener, Webhook)
        self.listener = route.listener
        self.most = self.listener.intake.most_bytes
        self._admit_origin(self.listener)
        self.incoming = self.call(below)
        await self.webhooks.look_at(route, self.incoming)

    async def take(self) -> None:
        webhooks = self.webhooks
        call = msgspec.structs.replace(self.incoming, body=self.body)
        admitted = await webhooks.admit(self.route, call)
        depth = self.kernel.settings.max_json_depth
        body = await read_body(self.body, self.request.headers, self.listener.intake, webhooks.blobs, depth)
        url = f"{self.base}{self.beginning}{self.listener.path}"
        answered = await self.start(Request(self.route, call, admitted, self.params, body, url))
        await answering.send(self, answered, webhooks.blobs)

    async def find(self, path: str) -> Found | None:
        """What an address names."""
        return await self.webhooks.find(path)

    async def start(self, request: Request) -> Answered:
        """Start what the call runs."""
        return await self.webhooks.start(request)

    def _preflight(self, route: WebhookRoute, allowed: str) -> None:
        self.set_status(204)
        self.set_header("Allow", allowed)
        assert isinstance(route.listener, Webhook)
        if self._admit_origin(route.listener):
            self.set_header("Access-Control-Allow-Methods", allowed)
            asked = self.request.headers.get("Access-Control-Request-Headers", "")
            self.set_header("Access-Control-Allow-Headers", asked[:2000] or "Content-Type")
            self.set_header("Access-Control-Max-Age", _PREFLIGHT_SECONDS)
        self.finish()

    def _admit_origin(self, listener: Webhook) -> bool:
        """Let pages of the webhook's origins read the answer."""
        origin = self.request.headers.get("Origin")
        if origin is None or not listener.origins:
            return False
        self.set_header("Vary", "Origin")
        if "*" in listener.origins:
            self.set_header("Access-Control-Allow-Origin", "*")
        elif origin.lower() in {one.rstrip("/").lower() for one in listener.origins}:
            self.set_header("Access-Control-Allow-Origin", origin)
        else:
            return False
        self.set_header("Access-Control-Expose-Headers", "X-Execution-Id, X-Request-Id, Retry-After")
        return True


class TrialHandler(WebhookHandler):
    """Takes the one call that an editor waits for."""

    route_name = "/webhook-test"
    beginning = "/webhook-test/"

    async def find(self, path: str) -> Found | None:
        """What an address names."""
        found = await self.kernel.service.trial_calls.find(path)
        if found is None:
            raise HttpError(
                404, "Nobody waits for a call at this address.", code="WF747",
                mend="Press 'Listen' in the editor, then call within two minutes.",
            )  # fmt: skip
        routes, self.waiting = found
        return routes

    async def start(self, request: Request) -> Answered:
        """Start the draft."""
        launch, execution = await self.kernel.service.trial_calls.take(
            self.waiting[self.route.id], request.items(is_test=True), request.call.method, request.call.path
        )
        return await self.webhooks.run(self.listener, launch, execution)


HANDLERS = ((r"/webhook/.+", WebhookHandler), (r"/webhook-test/.+", TrialHandler))
