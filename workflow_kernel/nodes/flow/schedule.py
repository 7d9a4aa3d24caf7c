"""Schedule: starts a workflow again and again, at moments a rule says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from workflow_kernel.nodes.flow import _schedule_import
from workflow_kernel.nodes.flow._given import given
from workflow_kernel.sdk import Batch, Context, Field, Items, Lineage, NodeType, node
from workflow_kernel.sdk.dates import zone_of
from workflow_kernel.sdk.schedules import Rule
from workflow_kernel.sdk.triggers import Listener, Ticks


@node(
    "flow.schedule",
    trigger=True,
    imports={
        "n8n-nodes-base.scheduleTrigger": _schedule_import.from_schedule,
        "n8n-nodes-base.cron": _schedule_import.from_cron,
        "n8n-nodes-base.interval": _schedule_import.from_interval,
    },
    icon="calendar-clock",
    keywords=("cron", "timer", "interval", "daily", "hourly", "every", "time", "periodic", "recurring"),
)
class Schedule(NodeType):
    """Starts the workflow at the moments its rules say, with the moment as one item."""

    rules: list[Rule] = Field(
        default_factory=lambda: [Rule()], description="When it starts; each rule counts.", expression=False,
        widget="list",
    )  # fmt: skip
    timezone: str = Field(
        "", description="Whose clock the rules are about; the workflow's where empty.", expression=False,
        placeholder="Europe/Berlin", section="Options",
    )  # fmt: skip
    missed: Literal["once", "skip"] = Field(
        "once", expression=False, section="Options",
        description="Whether moments that passed while the service was away are made up for, by one execution.",
    )  # fmt: skip

    @classmethod
    def check(cls, parameters: Mapping[str, Any]) -> list[str]:
        """What is wrong with its rules and zone."""
        found: list[str] = []
        zone = parameters.get("timezone")
        if isinstance(zone, str) and zone:
            try:
                zone_of(zone)
            except ValueError as error:
                found.append(str(error))
        rules = parameters.get("rules")
        for rule in rules if isinstance(rules, list) else ():
            found += filter(None, [Rule.model_validate(rule).problem()])
        return found

    def listeners(self) -> Sequence[Listener]:
        """The moments of its rules."""
        return [Ticks(tuple(self.rules), self.timezone, self.missed)]

    def run(self, ctx: Context) -> Batch:
        """Send the moment."""
        found = given(ctx)
        first = found.items()[0].json if found is not None else {}
        stamp = first.get("timestamp")
        if found is not None and not isinstance(stamp, str):
            return found
        zone = zone_of(str(first.get("timezone") or self.timezone or ctx.timezone))
        moment = ctx.now() if stamp is None else datetime.fromisoformat(stamp)
        return Items(Items.of(described(moment.astimezone(zone))).rows, Lineage("none"))


def described(moment: datetime) -> dict[str, Any]:
    """A moment by the names n8n's workflows look for."""
    offset = moment.strftime("%z")
    clock = moment.strftime("%I:%M:%S %p").lstrip("0").lower()
    name = getattr(moment.tzinfo, "key", None) or moment.tzname() or "UTC"
    return {
        "timestamp": moment.isoformat(timespec="milliseconds"),
        "Readable date": f"{moment:%B} {_ordinal(moment.day)} {moment.year}, {clock}",
        "Readable time": clock,
        "Day of week": f"{moment:%A}",
        "Year": f"{moment.year}",
        "Month": f"{moment:%B}",
        "Day of month": f"{moment:%d}",
        "Hour": f"{moment:%H}",
        "Minute": f"{moment:%M}",
        "Second": f"{moment:%S}",
        "Timezone": f"{name} (UTC{offset[:3]}:{offset[3:5]})",
    }


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if 11 <= number <= 13 else endings.get(number % 10, 'th')}"
