"""When a failed node run is tried again. Pure: the time and the chance are arguments."""

from __future__ import annotations

from workflow_kernel.graph.model import Retry
from workflow_kernel.runs.outcome import ErrorInfo

FREE_LOSSES = 3
"""Tries a node run gets for faults of the system before it counts as poisonous."""


def next_try(retry: Retry, attempt: int, error: ErrorInfo, losses: int, chance: float) -> float | None:
    """Seconds until the next try, or None when there is none.

    Parameters
    ----------
    attempt: tries made so far that count, from 1.
    losses: how often the system lost it; counted apart from errors.
    chance: a random number in [0, 1) that spreads the waits.
    """
    if error.kind == "lost":
        return min(retry.max_wait, 0.1 * 2**losses) if losses <= FREE_LOSSES else None
    if error.kind == "cancelled" or attempt >= retry.tries:
        return None
    wait = min(retry.max_wait, retry.wait * retry.backoff ** (attempt - 1))
    wait *= 1 - retry.jitter * chance
    return max(wait, error.retry_after or 0.0)
