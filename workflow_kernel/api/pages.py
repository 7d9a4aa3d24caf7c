"""Lists in pages: a query has ``limit`` and ``cursor``, an answer has ``items`` and the cursor of the next page.

A cursor is opaque to callers: the sort key of the last item, as text. It is checked against the types the resource
expects, so a made-up one is refused and never reaches a query as anything but a value.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from workflow_kernel.base.errors import InvalidRequestError, Problem

Item = TypeVar("Item")
Row = TypeVar("Row")
Key = TypeVar("Key")

MOST_ITEMS = 200


def write_cursor(key: Any) -> str:
    """A cursor for a sort key: an id, a moment, a text, a number, or a tuple of such."""
    return urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode("ascii")


def read_cursor(cursor: str, key: type[Key]) -> Key:
    """The sort key in a cursor. Raises ``InvalidRequestError`` for one that is not of this list."""
    try:
        raw = cursor.encode("ascii")
        return msgspec.json.decode(urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)), type=key)
    except (ValueError, msgspec.MsgspecError):
        message = "The cursor is not one of this list."
        mend = "Take it from 'next' of a page as it is, or leave it out."
        problem = Problem(code="WF787", message=message, mend=mend, field="cursor")
        raise InvalidRequestError(message, code="WF787", mend=mend, problems=(problem,)) from None


class PageQuery(BaseModel):
    """Which part of a list is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(50, ge=1, le=MOST_ITEMS, description="How many items at most.")
    cursor: str | None = Field(None, max_length=500, description="Goes on after a page: its 'next'.")

    def after(self, key: type[Key]) -> Key | None:
        """The sort key to go on after, e.g. ``query.after(UUID)`` or ``query.after(tuple[datetime, UUID])``."""
        return None if self.cursor is None else read_cursor(self.cursor, key)


class Page(BaseModel, Generic[Item]):
    """A part of a list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: list[Item] = Field(description="The items, in order.")
    next: str | None = Field(None, description="Cursor of the next page; null at the end.")

    @classmethod
    def of(
        cls, found: Sequence[Row], query: PageQuery, view: Callable[[Row], Item], key: Callable[[Row], Any]
    ) -> Page[Item]:
        """A page of what a service found when asked for one more than ``query.limit``.

        Parameters
        ----------
        found: up to ``query.limit + 1`` rows: one too many shows that there are more. query: of the request.
        view: makes an item of a row. key: the sort key of a row, as ``query.after`` gives it.
        """
        rows = found[: query.limit]
        following = write_cursor(key(rows[-1])) if len(found) > query.limit else None
        return cls(items=[view(row) for row in rows], next=following)
