"""The audit trail: every sensitive action, added in the transaction that does it, never changed afterwards."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.services.actor import Actor
from workflow_kernel.storage.tables import AuditEvent


def record(session: AsyncSession, actor: Actor, action: str, subject: str = "", **details: Any) -> None:
    """Add an event to a transaction.

    Parameters
    ----------
    session: the transaction that does it. actor: who. action: e.g. ``credential.create``.
    subject: what it is done to, as ``kind:id``. details: JSON-able, no secrets.
    """
    session.add(
        AuditEvent(
            actor_id=actor.id, actor=actor.email, via=actor.via, action=action, subject=subject,
            address=actor.address, request=actor.request, details=details,
        )
    )  # fmt: skip
