"""What polling triggers share: which entries of a source are new since the last look.

A polling trigger's ``run`` is called without input to look, and with what it found to send it. Run by hand, it sends
what is there, whether it was seen before or not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from workflow_kernel.sdk import Context, Item

MOST_SEEN = 5000
"""Keys that are remembered; the oldest go first."""

SEEN = "seen"


def is_by_hand(ctx: Context) -> bool:
    """Whether somebody tries the trigger out."""
    return ctx.scope.facts.execution.get("mode") == "test"


def new_entries(entries: Sequence[Item], key: Callable[[Item], Any], ctx: Context) -> list[Item]:
    """The entries that were not seen before; all are remembered. The first look only remembers."""
    if is_by_hand(ctx):
        return list(entries)
    known = ctx.state.get(SEEN)
    seen = dict.fromkeys(known or ())
    found: list[Item] = []
    for entry in entries:
        mark = _mark(key(entry), entry)
        if mark not in seen and known is not None:
            found.append(entry)
        seen.pop(mark, None)
        seen[mark] = None
    ctx.state[SEEN] = list(seen)[-max(MOST_SEEN, len(entries)) :]
    return found


def _mark(value: Any, entry: Item) -> str:
    """A short text that tells entries apart: of the key, or of all of an entry that has none."""
    if value in (None, ""):
        value = entry.json
    text = value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str, order="sorted").decode()
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=9).hexdigest()
