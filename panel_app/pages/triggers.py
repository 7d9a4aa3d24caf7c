"""What starts workflows: schedules with their next moments, webhooks and forms with their last calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from panel_app.page import Page, Sent
from workflow_kernel.app.words import WEEKDAYS, TriggersAsked


class TriggersPage(Page):
    """Schedules and webhooks."""

    pattern = r"/triggers"
    place = "triggers"
    template = "triggers.html"
    permission = "trigger.read"
    every = 15.0

    async def load(self) -> Mapping[str, Any]:
        actor, project = self.visit.actor, self.visit.project
        schedules = await self.service.schedules.find(actor, project=project, limit=200)
        webhooks = await self.service.trigger_list.webhooks(actor, TriggersAsked(project=project, limit=200))
        return {
            "schedules": schedules, "webhooks": webhooks, "rules": {one.id: said(one.rule) for one in schedules},
            "address": self.visit.address,
        }  # fmt: skip

    async def on_pause(self, sent: Sent) -> None:
        """Fire no more until resumed."""
        view = await self.service.schedules.pause(self.visit.actor, UUID(sent.value))
        self.visit.toast(f"'{view.name}' is paused.")

    async def on_resume(self, sent: Sent) -> None:
        """Fire again."""
        view = await self.service.schedules.resume(self.visit.actor, UUID(sent.value))
        self.visit.toast(f"'{view.name}' fires again.")

    async def on_fire(self, sent: Sent) -> None:
        """Fire now."""
        execution = await self.service.schedules.fire(self.visit.actor, UUID(sent.value))
        self.visit.go(f"/executions/{execution}")

    async def on_ask_test(self, sent: Sent) -> None:
        """How to call a webhook, and a button that does."""
        found = await self.service.trigger_list.webhook(self.visit.actor, UUID(sent.value))
        self.visit.dialog("dialogs/call.html", hook=found, address=self.visit.address)


def said(rule: Mapping[str, Any]) -> str:
    """A rule in words."""
    if rule.get("kind") == "cron":
        return str(rule.get("expression", ""))
    every, unit = int(rule.get("every", 1)), str(rule.get("unit", "days"))
    text = f"Every {unit[:-1]}" if every == 1 else f"Every {every} {unit}"
    clock = f"{int(rule.get('hour', 0)):02}:{int(rule.get('minute', 0)):02}"
    if unit == "weeks":
        days = [day.capitalize() for day in WEEKDAYS if day in rule.get("weekdays", ())]
        return f"{text} on {', '.join(days)} at {clock}"
    if unit == "months":
        return f"{text} on day {rule.get('day', 1)} at {clock}"
    return f"{text} at {clock}" if unit == "days" else text
