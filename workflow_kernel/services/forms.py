"""Forms: pages that start workflows, looked up, and what becomes of what is sent. ``api.forms`` shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from workflow_kernel.auth import links
from workflow_kernel.runs.item import Item, Items
from workflow_kernel.sdk.forms import Done
from workflow_kernel.sdk.triggers import Form
from workflow_kernel.services.deliveries import Deliveries, Key
from workflow_kernel.services.executions import Executions
from workflow_kernel.services.form_answers import Answers
from workflow_kernel.services.launch import Ended, Launch
from workflow_kernel.services.permission import open_to_all
from workflow_kernel.services.webhook_routes import Found, WebhookRoute, WebhookRoutes
from workflow_kernel.storage.deliveries import Known

KEPT = 24 * 3600.0
"""Seconds in which a page that is sent again starts nothing."""


class LastPage(msgspec.Struct, frozen=True):
    """What a sender sees at the end. ``redirect``: where they are sent instead."""

    title: str
    text: str
    redirect: str = ""
    is_error: bool = False


class Forms:
    """Takes what is sent.

    Parameters
    ----------
    routes: which form an address names. executions, deliveries: start what it runs.
    link_key: signs what pages send back.
    """

    def __init__(
        self, routes: WebhookRoutes, executions: Executions, deliveries: Deliveries, link_key: bytes
    ) -> None:  # fmt: skip
        self._routes = routes
        self._executions = executions
        self._deliveries = deliveries
        self._link_key = link_key
        self.blobs = deliveries.blobs

    def token(self, path: str, nonce: str) -> str:
        """What the page of a form sends back, for the nonce in its cookie."""
        return links.form_token(self._link_key, path, nonce)

    def is_token(self, token: str, path: str, nonce: str) -> bool:
        """Whether a page of ours sent it."""
        return links.is_form_token(self._link_key, token, path, nonce)

    @open_to_all("anybody may open a form; what it asks of callers is checked by webhooks.admit")
    async def find(self, path: str) -> Found | None:
        """What an address names, given the path below ``/form/``."""
        if not self._routes.is_fresh:
            await self._routes.freshen()
        return self._routes.forms.find(path)

    @open_to_all("senders were admitted")
    async def submit(self, route: WebhookRoute, answers: Answers, params: dict[str, str], page: str) -> LastPage:
        """Start what a form runs.

        Parameters
        ----------
        params: of the path. page: names the page that was sent; sent again it starts nothing.
        """
        assert isinstance(route.listener, Form)
        launch = Launch(
            workflow=route.workflow, project=route.project, mode="form", version=route.version, start=route.node,
            items=items_of(answers, params), trigger=route.trigger,
        )  # fmt: skip
        key = Key(f"form:{route.trigger}", page, KEPT)
        if route.listener.respond == "at_once":
            await self._deliveries.launch(launch, key)
            return _done(route.listener.page.done)
        made = await self._deliveries.begin(launch, key)
        if isinstance(made, Known):
            return _done(route.listener.page.done)
        return last_page(route.listener, await self._deliveries.run(launch, made))

    @open_to_all("senders were admitted")
    async def run(self, listener: Form, launch: Launch, execution: UUID) -> LastPage:
        """Run a draft's form."""
        if listener.respond == "at_once":
            await self._executions.launch(launch, id=execution)
            return _done(listener.page.done)
        return last_page(listener, await self._executions.run_now(launch, id=execution))


def items_of(answers: Answers, params: dict[str, str], *, is_test: bool = False) -> Items:
    """Answers as a batch of one item."""
    json: dict[str, Any] = dict(answers.values)
    if params:
        json["params"] = params
    json |= {"submittedAt": datetime.now(UTC).isoformat(), "formMode": "test" if is_test else "production"}
    return Items([Item(json, dict(answers.files) or None)])


def last_page(listener: Form, ended: Ended) -> LastPage:
    """The last page where the sender waited for the end: what the last item says, else what the form says."""
    if ended.state in ("failed", "timed_out", "cancelled"):
        return LastPage("Something went wrong", "Your answers have arrived, but could not be worked on.", is_error=True)
    done = _done(listener.page.done)
    json = ended.output[0].json if len(ended.output) else {}
    said = {name: str(json[name]) for name in ("title", "text", "redirect") if isinstance(json.get(name), str)}
    if not said:
        return done
    if "redirect" in said and not said["redirect"].startswith(("https://", "http://")):
        said["redirect"] = ""
    return LastPage(said.get("title", done.title), said.get("text", done.text), said.get("redirect", ""))


def _done(done: Done) -> LastPage:
    return LastPage(done.title, done.text, done.redirect)
