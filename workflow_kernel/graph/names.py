"""Ids and names for new parts of a workflow, made from what people call them."""

from __future__ import annotations

import re
from collections.abc import Container

_LONGEST = 40


def id_of(name: str) -> str:
    """The id a node of this name gets when it is free: ``Paid orders`` gives ``paid_orders``."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:_LONGEST].rstrip("_") or "node"


def free_id(wanted: str, taken: Container[str]) -> str:
    """The wanted id, with the first number that makes it free where it is taken."""
    found = wanted
    number = 2
    while found in taken:
        found = f"{wanted}_{number}"
        number += 1
    return found


def free_name(wanted: str, taken: Container[str]) -> str:
    """The wanted name, with the first number that makes it free where it is taken."""
    found = wanted
    number = 2
    while found in taken:
        found = f"{wanted} {number}"
        number += 1
    return found
