"""People: accounts, invitations, where they are signed in. For administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from panel_app.page import Page, Sent
from workflow_kernel.app.words import Changes


class PeoplePage(Page):
    """Accounts and invitations."""

    pattern = r"/users"
    place = "users"
    template = "people.html"
    permission = "account.read"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.title = "People"

    async def load(self) -> Mapping[str, Any]:
        actor = self.visit.actor
        can_invite = actor.can("account.invite")
        return {
            "accounts": await self.service.accounts.find(actor, text=self.asked("text"), limit=200),
            "invitations": await self.service.invitations.pending(actor) if can_invite else [],
            "roles": [one for one in await self.service.roles.all(actor) if one.is_global], "text": self.asked("text"),
        }  # fmt: skip

    async def on_ask_invite(self, sent: Sent) -> None:
        """The form for an address."""
        await self._ask("dialogs/invite.html", is_new=False)

    async def on_invite(self, sent: Sent) -> None:
        """Invite somebody; the link is shown too."""
        invited = await self.service.invitations.create(
            self.visit.actor, sent.text("email"), role=sent.text("role")
        )  # fmt: skip
        text = (
            f"A mail is on its way to {invited.email}. You may hand over the link yourself: it counts for seven days."
        )
        self.visit.dialog("dialogs/link.html", title="Invited", text=text, link=invited.link)

    async def on_revoke_invitation(self, sent: Sent) -> None:
        """Take it back."""
        await self.service.invitations.revoke(self.visit.actor, UUID(sent.value))
        self.visit.toast("The invitation counts no more.")

    async def on_ask_new(self, sent: Sent) -> None:
        """The form for an account."""
        await self._ask("dialogs/invite.html", is_new=True)

    async def on_new(self, sent: Sent) -> None:
        """An account."""
        made = await self.service.accounts.create(
            self.visit.actor, sent.text("email"), name=sent.text("name"), role=sent.text("role"),
            password=str(sent.form.get("password") or "") or None,
        )  # fmt: skip
        self.visit.tell("close-dialog")
        self.visit.toast(f"{made.email} has an account.")

    async def on_role(self, sent: Sent) -> None:
        """Another role."""
        account = UUID(sent.text("account"))
        await self.service.accounts.change(self.visit.actor, account, Changes(role=sent.value))
        self.visit.toast("The role is changed.")

    async def on_toggle(self, sent: Sent) -> None:
        """Shut out, or let in again."""
        account = await self.service.accounts.read(self.visit.actor, UUID(sent.value))
        await self.service.accounts.change(self.visit.actor, account.id, Changes(is_active=not account.is_active))
        self.visit.toast(f"{account.email} may {'not sign in any more' if account.is_active else 'sign in again'}.")

    async def on_link(self, sent: Sent) -> None:
        """A link that signs somebody in once."""
        link = await self.service.sign_in.one_time_link(self.visit.actor, sent.value)
        self.visit.dialog(
            "dialogs/link.html", title="A link to sign in", text=f"It signs {sent.value} in, once.", link=link
        )

    async def on_reset_factor(self, sent: Sent) -> None:
        """Take a lost second factor away."""
        await self.service.factors.reset(self.visit.actor, UUID(sent.value))
        self.visit.toast("The second factor is gone.")

    async def on_ask_sessions(self, sent: Sent) -> None:
        """Where somebody is signed in, and their API keys."""
        actor, account = self.visit.actor, UUID(sent.value)
        self.visit.dialog(
            "dialogs/sessions.html",
            account=await self.service.accounts.read(actor, account),
            sessions=await self.service.sessions.of(actor, account),
            keys=await self.service.api_keys.of(actor, account) if actor.can("api_key.read") else [],
        )

    async def on_end_sessions(self, sent: Sent) -> None:
        """Sign somebody out everywhere."""
        count = await self.service.sessions.end_all(self.visit.actor, UUID(sent.value))
        self.visit.tell("close-dialog")
        self.visit.toast(f"{count} sessions ended.")

    async def on_revoke_key(self, sent: Sent) -> None:
        """Take a key back."""
        await self.service.api_keys.revoke(self.visit.actor, UUID(sent.text("account")), UUID(sent.value))
        self.visit.tell("close-dialog")
        self.visit.toast("The key counts no more.")

    async def on_delete(self, sent: Sent) -> None:
        """Delete an account; what is in its own project goes to who deletes it."""
        await self.service.accounts.delete(self.visit.actor, UUID(sent.value))
        self.visit.toast("The account is deleted.")

    async def _ask(self, template: str, **values: Any) -> None:
        roles = [one for one in await self.service.roles.all(self.visit.actor) if one.is_global]
        self.visit.dialog(template, roles=roles, **values)
