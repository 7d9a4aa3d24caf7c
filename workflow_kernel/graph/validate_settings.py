"""Numbers and settings out of range: retries, time limits, resources, time zone, loop limit. Called by ``validate``."""

from __future__ import annotations

import math
import re
import zoneinfo
from collections.abc import Iterator
from typing import NamedTuple

from workflow_kernel.base.errors import Problem
from workflow_kernel.graph.model import Node, Settings
from workflow_kernel.graph.words import clip, did_you_mean, shown

MAX_TRIES = 1_000
MAX_SECONDS = 366 * 24 * 3600.0
MAX_LOOP_LIMIT = 10_000_000


class _Range(NamedTuple):
    """What a number may be."""

    code: str
    field: str
    least: float
    most: float
    what: str
    is_open: bool = False
    """Whether the least value itself is too small."""


_RETRY = (
    _Range("WF228", "retry.tries", 1, MAX_TRIES, "attempts in all"),
    _Range("WF228", "retry.wait", 0, MAX_SECONDS, "seconds"),
    _Range("WF228", "retry.backoff", 1, 1_000, "a factor"),
    _Range("WF228", "retry.max_wait", 0, MAX_SECONDS, "seconds"),
    _Range("WF228", "retry.jitter", 0, 1, "a share of the wait"),
)
_PACKAGE = re.compile(r"[A-Za-z0-9][\w.-]{0,99}(\[[\w,. -]{1,100}\])?( ?[<>=!~]=?=? ?[\w.*+!-]{1,50},?){0,5}")
_TIMEOUT = _Range("WF229", "timeout", 0, MAX_SECONDS, "seconds", is_open=True)
_RESOURCES = (
    _Range("WF230", "resources.cpus", 0, 10_000, "processors"),
    _Range("WF230", "resources.gpus", 0, 10_000, "graphics processors"),
    _Range("WF230", "resources.memory", 0, 2**50, "bytes"),
)


def check_numbers(node: Node) -> Iterator[Problem]:
    """Numbers of a node that are out of range."""
    for limits in _RETRY:
        yield from _check(getattr(node.retry, limits.field.partition(".")[2]), limits, node.name)
    yield from _check(node.timeout, _TIMEOUT, node.name)
    for limits in _RESOURCES:
        yield from _check(getattr(node.resources, limits.field.partition(".")[2]), limits, node.name)
    for name, amount in node.resources.custom.items():
        yield from _check(amount, _Range("WF230", f"resources.custom.{clip(name)}", 0, 1e9, "an amount"), node.name)
    for package in node.resources.packages:
        if not _PACKAGE.fullmatch(package):
            message = f"{shown(package)} is no package as pip names it."
            yield Problem("WF230", message, "Write it as name, or name==1.2.", node.name, "resources.packages")
    if node.version < 1:
        message = f"The version is {shown(node.version)}; versions begin at 1."
        yield Problem("WF202", message, "Leave it out for version 1.", node.name, "version")


def check_settings(settings: Settings) -> Iterator[Problem]:
    """Settings of a workflow that are out of range."""
    yield from _check(settings.timeout, _TIMEOUT._replace(field="settings.timeout"), "")
    limit = _Range("WF232", "settings.loop_limit", 1, MAX_LOOP_LIMIT, "turns")
    yield from _check(settings.loop_limit, limit, "")
    if not is_zone(settings.timezone):
        mend = did_you_mean(settings.timezone, sorted(zoneinfo.available_timezones()), "")
        if not mend.startswith("Did"):
            mend = "Write an IANA name such as 'Europe/Berlin', or 'UTC'."
        message = f"There is no time zone {shown(settings.timezone)}."
        yield Problem("WF231", message, mend, field="settings.timezone")


def is_zone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    if name == "UTC":
        return True
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # what its file look-up raises for odd names
        return False
    return True


def _check(value: float | None, limits: _Range, node: str) -> Iterator[Problem]:
    if value is None:
        return
    is_small = value <= limits.least if limits.is_open else value < limits.least
    if not (is_small or value > limits.most or (isinstance(value, float) and math.isnan(value))):
        return
    lowest = f"more than {limits.least:g}" if limits.is_open else f"from {limits.least:,g}"
    message = f"{shown(value)} is out of range: {limits.what}, {lowest} to {limits.most:,.0f}."
    yield Problem(limits.code, message, "Write a number in this range.", node, limits.field)
