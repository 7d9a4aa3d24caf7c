"""Remembers what passed in earlier runs of a node. Used to keep only items with something new."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

from workflow_kernel.sdk import Context, NodeError
from workflow_kernel.sdk.convert_javascript import describe, json_text, number_of
from workflow_kernel.sdk.dates import parse_date_time, to_milliseconds

KEY = "seen"
"""Where the state of a node holds what it saw."""

KeepIf = Literal["new_value", "larger_number", "later_date"]


def unseen(values: Sequence[Any], keep_if: KeepIf, size: int, ctx: Context) -> list[int]:
    """The positions of values that are new, and remember them.

    Parameters
    ----------
    values: one for each item.
    keep_if: what counts as new.
    size: how many values are remembered; the oldest go first.
    ctx: of the node run; items whose value cannot be used are reported to it.
    """
    if keep_if == "new_value":
        return _new_values(values, size, ctx)
    read = _number if keep_if == "larger_number" else _date_reader(ctx.timezone)
    seen = ctx.state.get(KEY)
    highest = seen if isinstance(seen, int | float) else -math.inf
    kept: list[int] = []
    largest = highest
    for index, value in enumerate(values):
        try:
            number = read(value)
        except NodeError as error:
            ctx.fail(index, error)
            continue
        if number > highest:
            kept.append(index)
            largest = max(largest, number)
    if kept:
        ctx.state[KEY] = largest
    return kept


def _new_values(values: Sequence[Any], size: int, ctx: Context) -> list[int]:
    before = ctx.state.get(KEY)
    seen = dict.fromkeys(before if isinstance(before, list) else ())
    kept: list[int] = []
    for index, value in enumerate(values):
        digest = hashlib.sha256(json_text(value).encode()).hexdigest()[:32]
        if digest not in seen:
            seen[digest] = None
            kept.append(index)
    ctx.state[KEY] = list(seen)[-size:]
    return kept


def _number(value: Any) -> float:
    number = number_of(value)
    if isinstance(value, int | float | str) and value != "" and not math.isnan(number):
        return number
    raise NodeError(f"The value {describe(value)} is not a number.", mend="Give a number that grows, e.g. an id.")


def _date_reader(zone: str) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        try:
            return to_milliseconds(parse_date_time(value, zone))
        except ValueError:
            raise NodeError(f"The value {describe(value)} is not a date.", mend="Give a date.") from None

    return read
