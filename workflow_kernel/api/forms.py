"""Forms: pages that start workflows. They work without scripts; what is wrong is shown beside the field."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import msgspec

from workflow_kernel.api import call_body, html_page
from workflow_kernel.api.call_handler import CallHandler
from workflow_kernel.api.problem import HttpError
from workflow_kernel.auth.webhooks import Call
from workflow_kernel.base.ids import new_id
from workflow_kernel.runs.item import Binary
from workflow_kernel.sdk.forms import FormPage
from workflow_kernel.sdk.triggers import Form
from workflow_kernel.services import form_answers
from workflow_kernel.services.form_answers import Answers, input_name
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
            self._show(_prefilled(self.listener.page, self.query), {})
            return
        sent, files = await self._read()
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

    async def _read(self) -> tuple[Mapping[str, list[str]], Mapping[str, list[Binary]]]:
        """What was sent: texts and files by the names of the inputs."""
        kind, options = call_body.content_type(self.request.headers.get("Content-Type", ""))
        if kind == call_body.MULTIPART:
            values, sent = call_body.read_multipart(self.body, options)
        elif kind == call_body.FORM:
            values, sent = call_body.read_fields(self.body), []
        else:
            raise HttpError(415, "A form was expected.", code="WF745", mend="Send it from the page.")
        texts = {name: value if isinstance(value, list) else [value] for name, value in values.items()}
        files: dict[str, list[Binary]] = {}
        wanted = {input_name(number) for number, field in enumerate(self.listener.page.fields) if field.kind == "file"}
        for name, file in sent:
            if name in wanted and (file["filename"] or file["body"]):
                kind = str(file["content_type"] or "").lower()
                kept = await call_body.keep(file["body"], kind, call_body.safe_name(file["filename"]), self.forms.blobs)
                files.setdefault(name, []).append(kept)
        return texts, files

    def _show(
        self, values: Mapping[int, Sequence[str]], problems: Mapping[int, str], *, status: int = 200, banner: str = "",
        page: str = "",
    ) -> None:  # fmt: skip
        form, shown = self.listener.page, _Shown(self.listener.page, values, problems)
        html_page.show(
            self, "form.html", status=status, goes_to=form.done.redirect, title=form.title,
            description=form.description, fields=form.fields, button=form.button, values=values, problems=problems,
            banner=banner, token=self._token(), page=page or str(new_id()), name=input_name, first=shown.first,
            marks=shown.marks, described=shown.described, needs_any=any(field.required for field in form.fields),
        )  # fmt: skip

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


class _Shown:
    """What the template asks of a field, by its position."""

    def __init__(self, page: FormPage, values: Mapping[int, Sequence[str]], problems: Mapping[int, str]) -> None:
        self._fields = page.fields
        self._values = values
        self._problems = problems

    def first(self, position: int) -> str:
        """The text a field holds."""
        return next(iter(self._values.get(position, ())), "")

    def described(self, position: int) -> str:
        """Attributes that lead to its help and problem."""
        ids = [f"wrong-{position}"] if position in self._problems else []
        ids += [f"help-{position}"] if self._fields[position].help else []
        wrong = ' aria-invalid="true"' if position in self._problems else ""
        return f'{wrong} aria-describedby="{escape(" ".join(ids))}"' if ids else wrong

    def marks(self, position: int) -> str:
        """The same, and whether it is required."""
        required = " required" if self._fields[position].required else ""
        return f"{required}{self.described(position)}"


def _prefilled(page: FormPage, query: Mapping[str, Sequence[str]]) -> dict[int, Sequence[str]]:
    """What fields hold at first: what the address says, else what the form does. Never a password."""
    found: dict[int, Any] = {}
    for position, field in enumerate(page.fields):
        if field.kind in ("password", "file"):
            continue
        given = query.get(field.key) or ([field.value] if field.value else [])
        if given:
            found[position] = list(given)
    return found


HANDLERS = ((r"/form/.+", FormHandler), (r"/form-test/.+", TrialFormHandler))
