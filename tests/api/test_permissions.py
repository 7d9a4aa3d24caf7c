"""Every route for every role, strangers, and an API key of few scopes: who may pass is what the services say."""

from __future__ import annotations

from typing import Any

import httpx

from tests.api.plausible import Plausible
from tests.api.whole import Whole
from workflow_kernel.api import resources
from workflow_kernel.api.kernel import Endpoint, Kernel
from workflow_kernel.auth.roles import ROLES

SCOPES = frozenset({"workflow.read", "account.own"})


class Caller:
    """Somebody who sends requests.

    Parameters
    ----------
    whole: the service. role: theirs; ``stranger`` and ``key`` are no roles.
    """

    def __init__(self, whole: Whole, role: str) -> None:
        self.whole = whole
        self.role = role
        self.client: httpx.AsyncClient | None = None

    @property
    def granted(self) -> frozenset[str]:
        if self.role == "stranger":
            return frozenset()
        return SCOPES & ROLES["editor"] if self.role == "key" else ROLES[self.role]

    async def enter(self) -> httpx.AsyncClient:
        """Sign in anew: a request may have signed them out."""
        whole = self.whole
        if self.role == "stranger":
            self.client = await whole.server.client()
        elif self.role == "key":
            signed_in = await whole.enter("editor")
            actor = await whole.service.identify({"Authorization": f"Bearer {signed_in.access_token}"}, {})
            key = await whole.service.api_keys.create(actor, "narrow", scopes=SCOPES)
            self.client = await whole.server.client(**{"X-Api-Key": key.secret})
        else:
            self.client = await whole.sign_in(self.role)
        return self.client

    async def send(self, endpoint: Endpoint, plausible: Plausible, operation: dict[str, Any]) -> httpx.Response:
        """Send a request that could be right."""
        kind, body = plausible.body(operation)
        content: dict[str, Any] = {} if body is None else {"json": body}
        if body is not None and kind != "application/json":
            content = {"content": str(body).encode(), "headers": {"Content-Type": kind}}
        path = plausible.path(endpoint.route.path, operation)
        client = self.client or await self.enter()
        answer = await client.request(endpoint.route.method, path, **content)
        if answer.status_code == 401 and self.role != "stranger" and not endpoint.route.public:
            answer = await (await self.enter()).request(endpoint.route.method, path, **content)
        return answer


def wrong(caller: Caller, endpoint: Endpoint, answer: httpx.Response) -> bool:
    """Whether an answer is not what the permissions say."""
    status, needed = answer.status_code, endpoint.permissions
    if status >= 500:
        return True
    if endpoint.route.public:
        return status == 403
    if caller.role == "stranger":
        return status != 401
    if needed <= caller.granted:
        refused_by_role = status == 403 and any(f"needs '{name}'" in answer.text for name in needed)
        return (status == 401 and answer.json()["code"] in ("WF701", "WF711")) or refused_by_role
    return status != 403


async def test_who_may_pass_is_what_the_services_say(whole: Whole) -> None:
    functions = [function for module in resources.MODULES for function in getattr(module, "ROUTES", ())]
    kernel = Kernel(whole.service, functions)
    document = (await (await whole.server.client()).get("/api/openapi.json")).json()
    plausible = Plausible(document)
    found = []
    for role in ("stranger", "viewer", "operator", "editor", "key", "admin"):
        caller = Caller(whole, role)
        for endpoint in kernel.endpoints:
            route = endpoint.route
            if route.public and role not in ("stranger", "viewer"):
                continue
            operation = document["paths"][route.path][route.method.lower()]
            answer = await caller.send(endpoint, plausible, operation)
            if wrong(caller, endpoint, answer):
                found.append(
                    f"{role} {route.method} {route.path} {sorted(endpoint.permissions)}: "
                    f"{answer.status_code} {answer.text[:200]}"
                )
    assert "\n".join(found) == ""


async def test_every_route_that_is_not_public_needs_a_permission(whole: Whole) -> None:
    functions = [function for module in resources.MODULES for function in getattr(module, "ROUTES", ())]
    endpoints = Kernel(whole.service, functions).endpoints
    assert [found.route.name for found in endpoints if not found.route.public and not found.permissions] == []
