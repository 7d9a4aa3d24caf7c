"""One's own account: name, password, second factor, passkeys, API keys, sessions, accounts elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import segno
from markupsafe import Markup

from panel_app.page import Page, Sent
from workflow_kernel.base.errors import NotAllowedError

TABS = {"": "Profile", "security": "Security", "keys": "API keys", "sessions": "Sessions"}
_DAYS = {"30": "30 days", "90": "90 days", "365": "A year", "": "No end"}


class ProfilePage(Page):
    """One's own account."""

    pattern = r"/profile(?:/(?P<tab>security|keys|sessions))?"
    place = "profile"
    template = "profile.html"

    async def load(self) -> Mapping[str, Any]:
        actor, service = self.visit.actor, self.service
        tab = self.parts.get("tab") or ""
        values: dict[str, Any] = {"tab": tab, "tabs": TABS, "me": await service.accounts.me(actor)}
        if tab == "security":
            values |= {
                "codes_left": await service.factors.codes_left(actor), "passkeys": await service.passkeys.mine(actor),
                "joined": await service.sign_on.mine(actor), "places": await service.sign_on.places(actor),
            }  # fmt: skip
        elif tab == "keys":
            values |= {"keys": await service.api_keys.mine(actor)}
        elif tab == "sessions":
            values |= {"sessions": await service.sessions.mine(actor), "this": actor.session}
        return values

    async def on_name(self, sent: Sent) -> None:
        """Another name."""
        await self.service.accounts.change_me(self.visit.actor, name=sent.text("name"))
        self.visit.toast("Your name is saved.")

    async def on_email(self, sent: Sent) -> None:
        """Another address, once confirmed."""
        await self.service.registration.change_email(
            self.visit.actor, sent.text("email"), password=str(sent.form.get("password", ""))
        )
        self.visit.toast("A mail is on its way to the new address.", mend="It counts once confirmed.")

    async def on_password(self, sent: Sent) -> None:
        """Another password."""
        old, new, again = (str(sent.form.get(name, "")) for name in ("old", "new", "again"))
        if new != again:
            raise NotAllowedError("The two new passwords are not the same.", mend="Write the new one twice.")
        await self.service.accounts.change_password(self.visit.actor, old, new)
        self.visit.toast("Your password is saved.", mend="Your other sessions have ended.")

    async def on_ask_factor(self, sent: Sent) -> None:
        """Begin to set up an authenticator app."""
        found = await self.service.factors.enrol(self.visit.actor)
        picture = segno.make(found.address, error="m").svg_inline(scale=5, border=2, dark="#000", light="#fff")
        self.visit.dialog("dialogs/factor.html", picture=Markup(picture), secret=found.secret)  # noqa: S704 - made here

    async def on_confirm_factor(self, sent: Sent) -> None:
        """The first code: from now on it is asked for."""
        codes = await self.service.factors.confirm(self.visit.actor, sent.text("code"))
        self.visit.dialog("dialogs/codes.html", codes=codes)

    async def on_ask_code(self, sent: Sent) -> None:
        """A code, before something happens to the second factor."""
        self.visit.dialog("dialogs/code.html", what=sent.value)

    async def on_remove_factor(self, sent: Sent) -> None:
        """No second factor any more."""
        await self.service.factors.remove(self.visit.actor, sent.text("code"))
        self.visit.tell("close-dialog")
        self.visit.toast("The second factor is gone.")

    async def on_renew_codes(self, sent: Sent) -> None:
        """New recovery codes; the old ones count no more."""
        codes = await self.service.factors.renew_codes(self.visit.actor, sent.text("code"))
        self.visit.dialog("dialogs/codes.html", codes=codes)

    async def on_passkey(self, sent: Sent) -> None:
        """Begin to make a passkey: the browser goes on."""
        options = await self.service.passkeys.begin(self.visit.actor)
        self.visit.tell("passkey", options=options.get("publicKey", options), name=sent.text("name") or "Passkey")

    async def on_passkey_made(self, sent: Sent) -> None:
        """What the browser made."""
        await self.service.passkeys.add(self.visit.actor, json.loads(sent.value), name=sent.text("name"))
        self.visit.toast("The passkey is saved.")

    async def on_remove_passkey(self, sent: Sent) -> None:
        """Take a passkey away."""
        await self.service.passkeys.remove(self.visit.actor, UUID(sent.value))
        self.visit.toast("The passkey is gone.")

    async def on_part(self, sent: Sent) -> None:
        """Part an account elsewhere."""
        await self.service.sign_on.part(self.visit.actor, UUID(sent.value))
        self.visit.toast("The account elsewhere is parted from yours.")

    async def on_ask_key(self, sent: Sent) -> None:
        """The form for an API key."""
        self.visit.dialog("dialogs/key.html", days=_DAYS, permissions=sorted(self.visit.actor.permissions))

    async def on_new_key(self, sent: Sent) -> None:
        """A key, shown once."""
        days = sent.text("days")
        ends = datetime.now(UTC) + timedelta(days=int(days)) if days.isdigit() else None
        scopes = sent.texts("scopes") if sent.text("all") != "on" else []
        made = await self.service.api_keys.create(self.visit.actor, sent.text("name"), scopes=scopes, expires_at=ends)
        self.visit.dialog(
            "dialogs/link.html", title="Your new key", text="Copy it now: it is not shown again.", link=made.secret
        )

    async def on_revoke_key(self, sent: Sent) -> None:
        """A key that counts no more."""
        await self.service.api_keys.revoke_mine(self.visit.actor, UUID(sent.value))
        self.visit.toast("The key counts no more.")

    async def on_end_session(self, sent: Sent) -> None:
        """Sign out somewhere."""
        await self.service.sessions.end_mine(self.visit.actor, UUID(sent.value))
        self.visit.toast("The session has ended.")

    async def on_end_all(self, sent: Sent) -> None:
        """Sign out everywhere."""
        await self.service.sign_in.out_everywhere(self.visit.actor)
        self.visit.tell("signed-out")
