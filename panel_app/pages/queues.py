"""Queues: how full they are, live; what failed for good, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from panel_app import charts
from panel_app.page import Page, Sent

_KEPT = 600


class QueuesPage(Page):
    """Queues."""

    pattern = r"/queues"
    place = "queues"
    template = "queues.html"
    permission = "queue.read"
    every = 5.0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._chart, self._source = charts.depth()
        self.charts = (self._chart,)

    @property
    def channels(self) -> Sequence[str]:
        return ("queues",)

    async def load(self) -> Mapping[str, Any]:
        actor = self.visit.actor
        counts = await self.service.queues.counts(actor)
        row: Any = {
            "at": [datetime.now(UTC).replace(tzinfo=None)],
            "waiting": [sum(one.waiting + one.delayed for one in counts)],
            "active": [sum(one.active for one in counts)],
        }
        self.visit.with_document(lambda: self._source.stream(row, rollover=_KEPT))
        letters = [
            letter
            for one in counts
            if one.failed
            for letter in await self.service.queues.dead_letters(actor, one.queue)
        ]
        about = await self.service.system.about(actor) if actor.can("system.read") else None
        return {"counts": counts, "letters": letters[:100], "about": about}

    async def on_retry(self, sent: Sent) -> None:
        """Try an entry again."""
        await self.service.queues.retry(self.visit.actor, sent.text("queue"), sent.value)
        self.visit.toast("It is tried again.")

    async def on_discard(self, sent: Sent) -> None:
        """Throw an entry away."""
        await self.service.queues.discard(self.visit.actor, sent.text("queue"), sent.value)
        self.visit.toast("It is thrown away.")

    async def on_look(self, sent: Sent) -> None:
        """An entry with its data."""
        letter = await self.service.queues.dead_letter(self.visit.actor, sent.text("queue"), sent.value)
        self.visit.dialog("dialogs/letter.html", letter=letter)
