"""Credentials: made by a form of their type, tried out, shared; their secrets never come back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from panel_app import forms
from panel_app.page import Page, Sent
from workflow_kernel.app.words import CredentialFilter
from workflow_kernel.base.errors import InvalidRequestError


class CredentialsPage(Page):
    """A list of credentials."""

    pattern = r"/credentials"
    place = "credentials"
    template = "credentials.html"
    permission = "credential.read"

    async def load(self) -> Mapping[str, Any]:
        actor, project = self.visit.actor, self.visit.project
        text, kind = self.asked("text"), self.asked("type")
        chosen = CredentialFilter(project=project, text=text, types=(kind,) if kind else (), limit=200)
        projects = await self.service.projects.find(actor, limit=200)
        return {
            "credentials": await self.service.credentials.find(actor, chosen), "text": text, "kind": kind,
            "types": {one.spec.type: one.spec for one in await self.service.credentials.types(actor)},
            "projects": {one.id: one.name for one in projects}, "is_filtered": bool(text or kind),
        }  # fmt: skip

    async def on_ask_new(self, sent: Sent) -> None:
        """Which type it is to be."""
        types = [one.spec for one in await self.service.credentials.types(self.visit.actor)]
        self.visit.dialog("dialogs/credential_type.html", types=sorted(types, key=lambda spec: spec.title))

    async def on_ask_values(self, sent: Sent) -> None:
        """The form of a type."""
        kind = await self._type(sent.value)
        self._ask(kind, None, {})

    async def on_ask_edit(self, sent: Sent) -> None:
        """The form of one that is there; secrets stay as they are unless written anew."""
        record = await self.service.credentials.read(self.visit.actor, UUID(sent.value))
        self._ask(await self._type(record.type), record, record.public)

    async def on_save(self, sent: Sent) -> None:
        """Make it, or change it."""
        actor = self.visit.actor
        kind = await self._type(sent.text("type"))
        values = forms.read(kind.model_json_schema(), sent, kind.secret_fields() if sent.value else frozenset())
        if sent.value:
            record = await self.service.credentials.update(
                actor, UUID(sent.value), int(sent.text("version")), sent.text("name"), values
            )
        else:
            record = await self.service.credentials.create(
                actor, self.visit.project, sent.text("name"), kind.spec.type, values
            )  # fmt: skip
        self.visit.tell("close-dialog")
        if kind.spec.grant and not record.is_connected:
            await self._connect(record.id)
        else:
            self.visit.toast(f"'{record.name}' is saved.")

    async def on_connect(self, sent: Sent) -> None:
        """Sign in at the service it is for."""
        await self._connect(UUID(sent.value))

    async def on_test(self, sent: Sent) -> None:
        """Use it once, harmlessly."""
        trial = await self.service.credential_trials.try_out(self.visit.actor, UUID(sent.value), sent.text("url"))
        self.visit.tell("close-dialog")
        self.visit.toast(trial.message, "good" if trial.is_good else "bad", trial.mend)

    async def on_ask_test(self, sent: Sent) -> None:
        """Try it out; with an address where its type needs one."""
        record = await self.service.credentials.read(self.visit.actor, UUID(sent.value))
        kind = await self._type(record.type)
        if kind.spec.trial == "url":
            self.visit.dialog("dialogs/credential_test.html", record=record)
        else:
            await self.on_test(sent)

    async def on_ask_share(self, sent: Sent) -> None:
        """Which projects may use it."""
        actor = self.visit.actor
        record = await self.service.credentials.read(actor, UUID(sent.value))
        projects = await self.service.projects.find(actor, limit=200)
        self.visit.dialog("dialogs/credential_share.html", record=record, projects=projects)

    async def on_share(self, sent: Sent) -> None:
        """Let a project use it."""
        await self.service.credentials.share(self.visit.actor, UUID(sent.value), UUID(sent.text("project")))
        await self.on_ask_share(sent)

    async def on_unshare(self, sent: Sent) -> None:
        """Let a project use it no more."""
        await self.service.credentials.unshare(self.visit.actor, UUID(sent.value), UUID(sent.text("project")))
        await self.on_ask_share(sent)

    async def on_ask_usage(self, sent: Sent) -> None:
        """Which nodes use it."""
        record = await self.service.credentials.read(self.visit.actor, UUID(sent.value))
        usages = await self.service.credentials.usage(self.visit.actor, record.id)
        self.visit.dialog("dialogs/credential_usage.html", record=record, usages=usages)

    async def on_delete(self, sent: Sent) -> None:
        """Delete one that nothing uses."""
        await self.service.credentials.delete(self.visit.actor, UUID(sent.value))
        self.visit.toast("The credential is deleted.")

    async def _connect(self, credential: UUID) -> None:
        url = await self.service.oauth_credentials.start(
            self.visit.actor, credential, f"{self.visit.address}/api/credentials/oauth2/callback"
        )  # fmt: skip
        self.visit.tell("leave", url=url)

    async def _type(self, name: str) -> Any:
        for one in await self.service.credentials.types(self.visit.actor):
            if one.spec.type == name:
                return one
        raise InvalidRequestError(f"There is no credential type '{name[:80]}'.", mend="Choose one of the list.")

    def _ask(self, kind: Any, record: Any, values: Mapping[str, Any]) -> None:
        fields = forms.fields(kind.model_json_schema(), values, kind.secret_fields())
        self.visit.dialog(
            "dialogs/credential.html", spec=kind.spec, record=record, fields=fields, is_new=record is None,
            kept=json.dumps(sorted(getattr(record, "secrets", ()))),
        )  # fmt: skip
