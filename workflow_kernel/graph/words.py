"""Values and names in messages: short whatever they are, with the closest known name where one is wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any


def shown(value: Any) -> str:
    """A value for a message: short whatever it is."""
    if isinstance(value, str):
        return repr(value) if len(value) <= 60 else f"{value[:50]!r}... ({len(value):,} characters)"
    if isinstance(value, Mapping):
        return "an object" if value else "an empty object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) > 10**40:
        return "a very large number"
    return repr(value)[:60]


def did_you_mean(name: str, known: Iterable[str], listed: str) -> str:
    """The closest known names, or all of them introduced by ``listed``."""
    names = list(known)
    lowered = {candidate.lower().replace("_", ""): candidate for candidate in names}
    key = name[:100].lower().replace("_", "").replace("-", "")
    close = [lowered[found] for found in difflib.get_close_matches(key, list(lowered)[:2000], n=3, cutoff=0.6)]
    if close:
        return "Did you mean " + " or ".join(f"'{found}'" for found in close) + "?"
    if not names:
        return f"{listed} none."
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"{listed} " + ", ".join(f"'{found}'" for found in names[:20]) + more + "."


def clip(text: str) -> str:
    """A name for a message, cut where it is very long."""
    return text if len(text) <= 60 else text[:57] + "..."
