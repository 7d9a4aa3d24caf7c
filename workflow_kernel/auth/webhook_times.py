"""Times as headers say them: seconds or milliseconds since the epoch, ISO 8601, or the form of HTTP dates."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MILLISECONDS = 100_000_000_000
"""Numbers from here on are milliseconds: as seconds they would lie 3,000 years ahead."""


def read(text: str) -> float | None:
    """The time in seconds since the epoch; None where it cannot be read, or has no zone."""
    text = text.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit() and len(text) <= 20:
        number = float(text)
        return number / 1000 if number >= _MILLISECONDS else number
    if len(text) > 64:
        return None
    try:
        moment = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def is_near(text: str, now: float, tolerance: float) -> bool:
    """Whether the time a text says lies within the tolerance around now."""
    found = read(text)
    return found is not None and abs(now - found) <= tolerance
