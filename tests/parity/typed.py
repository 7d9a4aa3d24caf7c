"""The tags by which tables write what JSON cannot hold, to Python values and back; and paths into results."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.parity.functions import DateTime
from workflow_kernel.expressions.scope import UNDEFINED

_STEP = re.compile(r"\.(?P<name>\w+)(?P<call>\(\))?|\[(?P<index>\d+)\]")


def decode(value: Any) -> Any:
    """A table's value as Python."""
    if isinstance(value, list):
        return [decode(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if "$undefined" in value:
        return UNDEFINED
    if "$number" in value:
        return float(value["$number"].replace("Infinity", "inf"))
    if "$date" in value:
        return datetime.fromisoformat(value["$date"]).astimezone(UTC)
    if "$datetime" in value:
        moment = datetime.fromisoformat(value["$datetime"])
        return moment.astimezone(ZoneInfo(value["zone"])) if value.get("zone") else moment
    return {key: decode(entry) for key, entry in value.items()}


def encode(value: Any) -> Any:
    """A Python value with the tables' tags."""
    if value is UNDEFINED:
        return {"$undefined": True}
    if isinstance(value, DateTime | datetime):
        moment = value if isinstance(value, DateTime) else DateTime(value)
        return {"$datetime": moment.toISO(), "zone": moment.zoneName}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, list | tuple):
        return [encode(entry) for entry in value]
    if isinstance(value, dict):
        return {key: encode(entry) for key, entry in value.items()}
    return value


def follow(value: Any, path: str) -> Any:
    """What a JavaScript path such as ``.newValue.toISO()`` leads to."""
    for step in _STEP.finditer(path):
        if step["index"] is not None:
            value = value[int(step["index"])]
        elif isinstance(value, dict):
            value = value.get(step["name"], UNDEFINED)
        else:
            value = getattr(value, step["name"])
            value = value() if step["call"] else value
    return value
