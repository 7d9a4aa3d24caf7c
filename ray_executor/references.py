"""Fetches what Ray's references refer to, and tells in our words when it is gone."""

from __future__ import annotations

from typing import Any

import ray

from ray_executor.errors import OutputLostError


def fetch(reference: Any) -> Any:
    """What a reference refers to; blocks while it comes from another machine."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayError as error:
        raise lost(type(error).__name__) from None


def lost(why: str) -> OutputLostError:
    """The error where nobody has what a reference refers to."""
    return OutputLostError(
        f"The output of a node is gone with the machine that held it ({why}).",
        mend="Run the workflow again; a service keeps copies of large outputs.",
    )
