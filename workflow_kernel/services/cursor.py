"""Where a listing goes on: the sort key of the last row, as an opaque text that clients send back."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow_kernel.base.errors import InvalidRequestError, Problem


def encode(*key: datetime | UUID | int | str) -> str:
    """The cursor for a sort key."""
    parts = [part.isoformat() if isinstance(part, datetime) else str(part) for part in key]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def moment(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The moment and id a cursor stands for; None at the beginning. Raises ``InvalidRequestError`` for a broken one."""
    if not cursor:
        return None
    try:
        at, identity = _decode(cursor)
        found = datetime.fromisoformat(at), UUID(identity)
    except (ValueError, TypeError, AttributeError):
        raise _broken() from None
    if found[0].tzinfo is None:
        raise _broken()
    return found


def number(cursor: str | None) -> int | None:
    """The number a cursor stands for; None at the beginning. Raises ``InvalidRequestError`` for a broken one."""
    if not cursor:
        return None
    try:
        (part,) = _decode(cursor)
        found = int(part)
    except (ValueError, TypeError):
        raise _broken() from None
    if not 0 <= found < 2**62:
        raise _broken()
    return found


def _decode(cursor: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, RecursionError) as error:
        raise ValueError from error


def _broken() -> InvalidRequestError:
    problem = Problem("WF705", "The cursor is not one of ours.", "Leave it out to begin anew.", field="cursor")
    return InvalidRequestError("The cursor cannot be read.", mend=problem.mend, problems=[problem])
