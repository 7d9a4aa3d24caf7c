"""Ids that sort by the time they were made: UUIDs of version 7 (RFC 9562)."""

from __future__ import annotations

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """A new id; later ones sort after earlier ones, so indexes stay dense."""
    return uuid_utils.compat.uuid7()
