"""Rules of n8n's schedule, cron, interval and polling triggers as rules of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workflow_kernel.sdk import Imported, ImportedNode
from workflow_kernel.sdk.cron import cron_expression
from workflow_kernel.sdk.schedules import WEEKDAYS

_UNITS = ("seconds", "minutes", "hours", "days", "weeks", "months")


def from_schedule(source: ImportedNode) -> Imported:
    """The schedule trigger."""
    entries = source.get("rule", "interval", default=[{}]) or [{}]
    rules = [_rule(entry) for entry in entries if isinstance(entry, Mapping)]
    return Imported({"rules": rules}, warnings=tuple(_unread(rules)), credentials={})


def from_cron(source: ImportedNode) -> Imported:
    """The old cron trigger."""
    return Imported({"rules": times(source.get("triggerTimes", "item", default=[]))}, credentials={})


def from_interval(source: ImportedNode) -> Imported:
    """The old interval trigger."""
    unit = str(source.get("unit", default="seconds"))
    every = _whole(source.get("interval"), 1)
    return Imported(
        {"rules": [{"every": every, "unit": unit if unit in _UNITS else "seconds"}]}, credentials={}
    )  # fmt: skip


def times(entries: Any) -> list[dict[str, Any]]:
    """The times at which a cron or polling trigger fires; every minute where it says none."""
    found = [entry for entry in entries or () if isinstance(entry, Mapping)]
    return [_time(entry, seed) for seed, entry in enumerate(found or [{"mode": "everyMinute"}])]


def _time(entry: Mapping[str, Any], seed: int) -> dict[str, Any]:
    mode = entry.get("mode", "everyDay")
    if mode == "custom":
        return {"kind": "cron", "expression": _expression(str(entry.get("cronExpression", "* * * * *")))}
    expression = cron_expression(
        mode if isinstance(mode, str) and mode.startswith("every") else "everyDay",  # type: ignore[arg-type]
        unit="minutes" if entry.get("unit") == "minutes" else "hours",
        value=_whole(entry.get("value"), 2),
        minute=_whole(entry.get("minute"), 0),
        hour=_whole(entry.get("hour"), 14),
        day_of_month=_whole(entry.get("dayOfMonth"), 1),
        weekday=str(entry.get("weekday", "1")),
        seed=seed,
    )
    return {"kind": "cron", "expression": expression}


def _rule(entry: Mapping[str, Any]) -> dict[str, Any]:
    unit = str(entry.get("field", "days"))
    if unit == "cronExpression":
        return {"kind": "cron", "expression": _expression(str(entry.get("expression", "")))}
    if unit not in _UNITS:
        unit = "days"
    first = {"seconds": 30, "minutes": 5}.get(unit, 1)
    rule: dict[str, Any] = {"every": _whole(entry.get(f"{unit}Interval"), first), "unit": unit}
    if unit in ("days", "weeks", "months"):
        rule["hour"] = _whole(entry.get("triggerAtHour"), 0)
    if unit in ("hours", "days", "weeks", "months"):
        rule["minute"] = _whole(entry.get("triggerAtMinute"), 0)
    if unit == "weeks":
        days = entry.get("triggerAtDay", [0])
        numbers = sorted({_whole(day, 0) % 7 for day in (days if isinstance(days, list) else [days])})
        rule["weekdays"] = [WEEKDAYS[(number - 1) % 7] for number in numbers]
    if unit == "months":
        rule["day"] = max(1, min(31, _whole(entry.get("triggerAtDayOfMonth"), 1)))
    return rule


def _expression(text: str) -> str:
    return text.removeprefix("=").strip()


def _unread(rules: list[dict[str, Any]]) -> Iterator[str]:
    if any("{{" in str(rule.get("expression", "")) for rule in rules):
        yield "Its cron expression is computed, which a schedule cannot have: write it out."


def _whole(value: Any, default: int) -> int:
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else default
