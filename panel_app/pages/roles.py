"""Roles: what each may do; those of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from panel_app.page import Page, Sent


class RolesPage(Page):
    """Roles and their permissions."""

    pattern = r"/roles"
    place = "roles"
    template = "roles.html"
    permission = "role.read"

    async def load(self) -> Mapping[str, Any]:
        actor = self.visit.actor
        permissions = sorted(await self.service.roles.permissions(actor))
        return {"roles": await self.service.roles.all(actor), "groups": grouped(permissions)}

    async def on_ask(self, sent: Sent) -> None:
        """The form."""
        actor = self.visit.actor
        roles = await self.service.roles.all(actor)
        record = next((one for one in roles if one.name == sent.value), None)
        groups = grouped(sorted(await self.service.roles.permissions(actor)))
        self.visit.dialog("dialogs/role.html", record=record, groups=groups)

    async def on_save(self, sent: Sent) -> None:
        """Make or change one."""
        actor, chosen = self.visit.actor, sent.texts("permissions")
        if sent.value:
            await self.service.roles.change(actor, sent.value, title=sent.text("title"), permissions=chosen)
        else:
            await self.service.roles.create(actor, sent.text("name"), title=sent.text("title"), permissions=chosen)
        self.visit.tell("close-dialog")
        self.visit.toast("The role is saved.")

    async def on_delete(self, sent: Sent) -> None:
        """Delete one that nobody has."""
        await self.service.roles.delete(self.visit.actor, sent.value)
        self.visit.toast("The role is deleted.")


def grouped(permissions: list[str]) -> dict[str, list[str]]:
    """Permissions by what they are about."""
    found: dict[str, list[str]] = {}
    for one in permissions:
        found.setdefault(one.partition(".")[0], []).append(one)
    return found
