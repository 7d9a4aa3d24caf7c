"""Wait: holds items until a time, or until somebody calls back."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.nodes._imports import choose, computed
from workflow_kernel.nodes.flow._pass import pass_on
from workflow_kernel.sdk import Batch, Context, Field, Imported, ImportedNode, NodeError, NodeType, Suspend, node
from workflow_kernel.sdk.dates import parse_date_time

Unit = Literal["seconds", "minutes", "hours", "days"]

_SECONDS: dict[Unit, int] = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_LATEST = 253_402_300_799
"""The end of the year 9999, seconds since the epoch."""

_RESUME = {"timeInterval": "interval", "specificTime": "date", "webhook": "call", "form": "call"}


def _from_n8n(source: ImportedNode) -> Imported:
    resume = choose(source.get("resume"), _RESUME, "interval")
    if resume == "date":
        return Imported({"resume": "date", "date": source.get("dateTime", default="")})
    if resume == "call":
        asks = ("The form it waits for must be built again.",) if source.get("resume") == "form" else ()
        return Imported({"resume": "call", **_limit(source)}, warnings=asks)
    first = source.version < 1.1
    return Imported(
        {
            "resume": resume,
            "amount": source.get("amount", default=1 if first else 5),
            "unit": source.get("unit", default="hours" if first else "seconds"),
        }
    )


def _limit(source: ImportedNode) -> dict[str, Any]:
    is_limited = source.get("limitWaitTime", default=False)
    if not is_limited:
        return {}
    kind = choose(source.get("limitType"), {"afterTimeInterval": "interval", "atSpecifiedTime": "date"}, "interval")
    limit = computed(is_limited, f"(%s) ? '{kind}' : 'none'") if is_expression(is_limited) else kind
    if kind == "date":
        return {"limit": limit, "date": source.get("maxDateAndTime", default="")}
    return {
        "limit": limit,
        "amount": source.get("resumeAmount", default=1),
        "unit": source.get("resumeUnit", default="hours"),
    }


@node(
    "flow.wait",
    imports={"n8n-nodes-base.wait": _from_n8n},
    icon="clock",
    keywords=("pause", "delay", "sleep", "until", "schedule", "callback", "webhook"),
)
class Wait(NodeType):
    """Waits a while, until a date, or until it is called back, then passes its items on."""

    resume: Literal["interval", "date", "call"] = Field(
        "interval", description="Go on after an interval, at a date, or when the run's resume URL is called."
    )
    limit: Literal["none", "interval", "date"] = Field(
        "none", description="When to go on though nobody called.", show={"resume": "call"}
    )
    amount: float = Field(5, ge=0, description="How long to wait, in units.", show={"resume": ["interval", "call"]})
    unit: Unit = Field("seconds", description="The unit of the amount.", show={"resume": ["interval", "call"]})
    date: str = Field(
        "",
        description="When to go on; without an offset it is in the workflow's time zone.",
        show={"resume": ["date", "call"]},
        widget="date",
        placeholder="2030-01-31T09:00:00",
    )

    def run(self, batch: Batch, ctx: Context) -> Batch | Suspend:
        """Pass the items on, at once or later."""
        kind = self.resume if self.resume != "call" else self.limit
        if kind == "none":
            return Suspend(None, pass_on(batch))
        now = ctx.now().timestamp()
        until = now + self.amount * _SECONDS[self.unit] if kind == "interval" else self._moment(ctx.timezone)
        if until > _LATEST:
            raise NodeError(
                f"{self.amount:g} {self.unit} is too long to wait.", mend="Wait until a date before the year 10000."
            )
        if until <= now and self.resume != "call":
            return pass_on(batch)
        return Suspend(until, pass_on(batch))

    def _moment(self, zone: str) -> float:
        try:
            return parse_date_time(self.date, zone).timestamp()
        except ValueError as error:
            raise NodeError(f"Cannot wait until '{self.date}': {error}") from None
