"""Forms: pages that start workflows. They work without scripts; what is wrong is shown beside the field."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec

from workflow_kernel.api import form_page, html_page
from workflow_kernel.api.call_handler import CallHandler
from workflow_kernel.api.problem import HttpError
from workflow_kernel.auth.webhooks import Call
from workflow_kernel.sdk.triggers import Form
from workflow_kernel.services import form_answers
from workflow_kernel.services.form_answers import Answers
from workflow_kernel.services.forms import Forms, LastPage, items_of
from workflow_kernel.services.webhook_routes import Found, WebhookRoute, named
from workflow_kernel.services.webhooks import Webhooks
from workflow_kernel.storage.triggers import FORM

COOKIE = "workflow_form"
"""Holds a nonce; only a page from here can send the token that belongs to it."""

MOST = 16 << 20


class FormHandler(CallHandler):
    """Shows a form, and takes what is sent."""

    route_name = "/form"
    beginning = "/form/"
    most = MOST
    route: WebhookRoute
    listener: Form
    incoming: Call

    @property
    def forms(self) -> Forms:
        """The service."""
        return self.kernel.service.forms

    @property
    def webhooks(self) -> Webhooks:
        """Checks callers."""
        return self.kernel.service.webhooks

    async def find(self, path: str) -> Found | None:
        """What an address names."""
        return await self.forms.find(path)

    async def submit(self, answers: Answers, page: str) -> LastPage:
        """Start what the form runs."""
        return await self.forms.submit(self.route, answers, self.params, page)

    async def look_at(self) -> None:
        found = await self.find(self.below.removeprefix(self.beginning))
        if found is None:
            html_page.last_words(
                self, "There is no form here", "Check the address, or ask who sent it.", status=404, is_error=True
            )
            return
        if self.request.method not in ("GET", "HEAD", "POST"):
            raise HttpError(
                405, "A form is got and sent.", code="WF747", mend="Use GET or POST.", headers={"Allow": "GET, POST"}
            )
        self.route = found.by_method[FORM]
        self.params = named(self.route, found.values)
        assert isinstance(self.route.listener, Form)
        self.listener = self.route.listener
        self.incoming = self.call(self.below)
        await self.webhooks.look_at(self.route, self.incoming)

    async def take(self) -> None:
        await self.webhooks.admit(self.route, msgspec.structs.replace(self.incoming, body=self.body))
        if self.request.method != "POST":
            self._show(form_page.prefilled(self.listener.page, self.query), {})
            return
        sent, files = await form_page.read(self, self.listener.page, self.forms.blobs)
        answers = form_answers.read(self.listener.page, sent, files)
        page = "".join(sent.get("page", ()))
        if not self._is_ours("".join(sent.get("token", ()))) or not 16 <= len(page) <= 64:
            self._show(answers.sent, {}, status=403, banner="The page was open for too long. Please send it again.")
        elif answers.problems:
            self._show(answers.sent, answers.problems, status=422, page=page)
        else:
            self._end(await self.submit(answers, page))

    def _end(self, page: LastPage) -> None:
        if page.redirect and page.redirect == self.listener.page.done.redirect:
            self.redirect(page.redirect, status=303)
            return
        html_page.last_words(
            self, page.title, page.text, status=500 if page.is_error else 200, refresh=page.redirect,
            is_error=page.is_error,
        )  # fmt: skip

    def _show(self, values: form_page.Values, problems: Mapping[int, str], **more: Any) -> None:
        form_page.show(self, self.listener.page, values, problems, token=self._token(), **more)

    def _token(self) -> str:
        """The token of this page; the nonce it belongs to goes into a cookie."""
        nonce = self.sent_cookies().get(COOKIE, "")
        if not 20 <= len(nonce) <= 64:
            nonce = secrets.token_urlsafe(24)
            path = f"{self.kernel.prefix}{self.beginning}"
            is_https = self.kernel.proxies.is_https(self.request)
            self.set_cookie(COOKIE, nonce, path=path, httponly=True, samesite="Lax", secure=is_https)
        return self.forms.token(self.below, nonce)

    def _is_ours(self, token: str) -> bool:
        return self.forms.is_token(token, self.below, self.sent_cookies().get(COOKIE, ""))


class TrialFormHandler(FormHandler):
    """The form of a draft, while an editor waits for it."""

    route_name = "/form-test"
    beginning = "/form-test/"

    async def find(self, path: str) -> Found | None:
        """What an address names."""
        found = await self.kernel.service.trial_calls.find(path, form=True)
        if found is None:
            return None
        routes, self.waiting = found
        return routes

    async def submit(self, answers: Answers, page: str) -> LastPage:
        """Start the draft."""
        items = items_of(answers, self.params, is_test=True)
        launch, execution = await self.kernel.service.trial_calls.take(
            self.waiting[self.route.id], items, "POST", self.below
        )
        return await self.forms.run(self.listener, launch, execution)


HANDLERS = ((r"/form/.+", FormHandler), (r"/form-test/.+", TrialFormHandler))
