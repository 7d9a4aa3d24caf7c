"""Wait: holds items until a time, or until somebody calls back."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.nodes._imports import choose, computed
from workflow_kernel.nodes.flow._form_import import page_of
from workflow_kernel.nodes.flow._pass import pass_on
from workflow_kernel.sdk import Batch, Context, Field, Imported, ImportedNode, NodeError, NodeType, Suspend, node
from workflow_kernel.sdk.dates import parse_date_time
from workflow_kernel.sdk.forms import FormPage

Unit = Literal["seconds", "minutes", "hours", "days"]

_SECONDS: dict[Unit, int] = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_LATEST = 253_402_300_799
"""The end of the year 9999, seconds since the epoch."""

_RESUME = {"timeInterval": "interval", "specificTime": "date", "webhook": "call", "form": "form"}


def _from_n8n(source: ImportedNode) -> Imported:
    resume = choose(source.get("resume"), _RESUME, "interval")
    if resume == "date":
        return Imported({"resume": "date", "date": source.get("dateTime", default="")})
    if resume == "form":
        page, warnings = page_of(source)
        return Imported({"resume": "form", "page": page, **_limit(source)}, warnings=tuple(warnings))
    if resume == "call":
        return Imported({"resume": "call", "gives": "call", **_limit(source)})
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
    """Waits a while, until a date, until it is called back or a form is sent, then passes its items on.

    What a call or a form brings along goes on in their place where that is chosen.
    """

    resume: Literal["interval", "date", "call", "form"] = Field(
        "interval",
        description="Go on after an interval, at a date, or when the resume URL ($execution.resumeUrl) is called, or "
        "its form is sent.",
    )
    page: FormPage = Field(FormPage(), description="The form.", show={"resume": "form"})
    gives: Literal["items", "call"] = Field(
        "items", description="What goes on after a call: the items, or the call as one item.", show={"resume": "call"}
    )
    limit: Literal["none", "interval", "date"] = Field(
        "none", description="When to go on though nobody called.", show={"resume": ["call", "form"]}
    )
    amount: float = Field(
        5, ge=0, description="How long to wait, in units.", show={"resume": ["interval", "call", "form"]}
    )
    unit: Unit = Field("seconds", description="The unit of the amount.", show={"resume": ["interval", "call", "form"]})
    date: str = Field(
        "",
        description="When to go on; without an offset it is in the workflow's time zone.",
        show={"resume": ["date", "call", "form"]},
        widget="date",
        placeholder="2030-01-31T09:00:00",
    )

    def run(self, batch: Batch, ctx: Context) -> Batch | Suspend:
        """Pass the items on, at once or later."""
        is_asking = self.resume in ("call", "form")
        page = {"form": self.page.model_dump(mode="json")} if self.resume == "form" else {"gives": self.gives}
        kind = self.limit if is_asking else self.resume
        if kind == "none":
            return Suspend(None, pass_on(batch), page)
        now = ctx.now().timestamp()
        until = now + self.amount * _SECONDS[self.unit] if kind == "interval" else self._moment(ctx.timezone)
        if until > _LATEST:
            raise NodeError(
                f"{self.amount:g} {self.unit} is too long to wait.", mend="Wait until a date before the year 10000."
            )
        if until <= now and not is_asking:
            return pass_on(batch)
        return Suspend(until, pass_on(batch), page if is_asking else None)

    def _moment(self, zone: str) -> float:
        try:
            return parse_date_time(self.date, zone).timestamp()
        except ValueError as error:
            raise NodeError(f"Cannot wait until '{self.date}': {error}") from None
