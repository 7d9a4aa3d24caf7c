"""Resume links: the signed addresses that end a wait. People get a page, programs get JSON."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import msgspec

from workflow_kernel.api import call_body, form_page, html_page
from workflow_kernel.api.call_handler import CallHandler
from workflow_kernel.api.problem import HttpError
from workflow_kernel.auth import webhooks as admission
from workflow_kernel.auth.webhooks import Admitted
from workflow_kernel.base.errors import ConflictError, NotFoundError, ServiceError
from workflow_kernel.sdk.webhooks import Guard, Intake
from workflow_kernel.services import form_answers
from workflow_kernel.services.form_answers import Answers
from workflow_kernel.services.forms import items_of
from workflow_kernel.services.resumption import DECISIONS, Decision, Link, Resumption, Waiting
from workflow_kernel.services.webhook_items import item_of

MOST = 16 << 20
_HIDDEN = Admitted(query=frozenset({"token"}))
_NO_BOTS = Guard(ignore_bots=True)
"""Crawlers and link previews follow every link: they end no wait."""


class ResumeHandler(CallHandler):
    """Ends a wait."""

    route_name = "/resume"
    most = MOST
    waiting: Waiting

    @property
    def resumption(self) -> Resumption:
        """The service."""
        return self.kernel.service.resumption

    @property
    def wants_page(self) -> bool:
        """Whether a person looks at the answer."""
        return "text/html" in self.request.headers.get("Accept", "")

    async def look_at(self) -> None:
        if self.request.method not in ("GET", "HEAD", "POST", "PUT"):
            raise HttpError(
                405,
                "A link is got or posted to.",
                code="WF747",
                mend="Use GET or POST.",
                headers={"Allow": "GET, POST"},
            )
        admission.check_guard(self.call(self.below), _NO_BOTS)
        try:
            self.link = _link(self.below, self.query)
            self.waiting = await self.resumption.look(self.link)
        except (ConflictError, NotFoundError) as error:
            self._tell(error)

    async def take(self) -> None:
        try:
            if self.waiting.approval is not None:
                await self._decide(self.waiting.approval)
            elif self.waiting.form is not None:
                await self._form()
            else:
                await self._call()
        except (ConflictError, NotFoundError) as error:
            self._tell(error)

    def _tell(self, error: ServiceError) -> None:
        status = 410 if isinstance(error, ConflictError) else error.status
        if self.wants_page:
            html_page.last_words(self, "Nothing to do here", error.message, status=status, is_error=True)
        else:
            self.send_problem(HttpError(status, error.message, code=error.code, mend=error.mend))

    def _thank(self, title: str, text: str) -> None:
        if self.wants_page:
            html_page.last_words(self, title, text)
            return
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(msgspec.json.encode({"message": text}))

    async def _call(self) -> None:
        if self.request.method == "HEAD":
            # Link previews look before they leap.
            self.finish()
            return
        blobs, depth = self.kernel.service.forms.blobs, self.kernel.settings.max_json_depth
        body = await call_body.read_body(self.body, self.request.headers, Intake(), blobs, depth)
        items = item_of(
            self.call(self.below, self.body), body, params={}, url=f"{self.base}{self.below}", admitted=_HIDDEN
        )  # fmt: skip
        await self.resumption.call(self.link, self.waiting, items)
        self._thank("Thank you", "The workflow goes on.")

    async def _decide(self, page: Mapping[str, Any]) -> None:
        if self.request.method in ("GET", "HEAD"):
            html_page.show(
                self, "decision.html", title=page["title"], text=page["text"], details=page["details"],
                approve=page["approve"], reject=page["reject"], asks_comment=page["comment"],
            )  # fmt: skip
            return
        sent = self._sent()
        decision = sent.get("decision")
        if decision not in DECISIONS:
            raise HttpError(422, "Nothing was decided.", code="WF745", mend="Send 'decision': approved or rejected.")
        chosen: Decision = "approved" if decision == "approved" else "rejected"
        comment = str(sent.get("comment") or "")[:5000] if page["comment"] else ""
        now = datetime.fromtimestamp(time.time(), UTC).isoformat()
        await self.resumption.decide(self.link, self.waiting, chosen, comment, now)
        self._thank("Thank you", "It was approved." if chosen == "approved" else "It was rejected.")

    def _sent(self) -> Mapping[str, Any]:
        kind, options = call_body.content_type(self.request.headers.get("Content-Type", ""))
        if kind == call_body.JSON:
            value = call_body.read_json(self.body, self.kernel.settings.max_json_depth)
            return value if isinstance(value, dict) else {}
        if kind == call_body.MULTIPART:
            return call_body.read_multipart(self.body, options)[0]
        return call_body.read_fields(self.body)

    async def _form(self) -> None:
        form = self.waiting.form
        assert form is not None
        if self.request.method in ("GET", "HEAD"):
            form_page.show(self, form, form_page.prefilled(form, self.query), {})
            return
        sent, files = await form_page.read(self, form, self.kernel.service.forms.blobs)
        answers: Answers = form_answers.read(form, sent, files)
        if answers.problems:
            form_page.show(self, form, answers.sent, answers.problems, status=422)
            return
        await self.resumption.send(self.link, self.waiting, items_of(answers, {}))
        if form.done.redirect and self.wants_page:
            self.redirect(form.done.redirect, status=303)
        else:
            self._thank(form.done.title, form.done.text)


def _link(path: str, query: Mapping[str, Any]) -> Link:
    parts = path.removeprefix("/resume/").split("/")
    tokens = query.get("token", ())
    try:
        execution, node, number = parts
        if not number.isascii() or not number.isdigit() or len(number) > 9:
            raise ValueError(number)
        return Link(UUID(execution), unquote(node), int(number), tokens[0] if len(tokens) == 1 else "")
    except ValueError:
        raise NotFoundError("The link does not count.", code="WF749", mend="Use the whole link.") from None


HANDLERS = ((r"/resume/.+", ResumeHandler),)
