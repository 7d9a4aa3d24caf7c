"""Test addresses: rows of webhooks that wait for one call, for a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.base.ids import new_id
from workflow_kernel.storage.tables import Webhook, Workflow
from workflow_kernel.storage.triggers import KeptWebhook


class Waiting(NamedTuple):
    """A test address. ``settings`` holds what it runs."""

    id: UUID
    path: str
    method: str
    workflow: UUID
    workflow_name: str
    project: UUID
    created_by: UUID | None
    settings: Mapping[str, Any]


async def wait(
    session: AsyncSession, workflow: UUID, account: UUID | None, webhooks: Sequence[KeptWebhook],
    settings: Mapping[str, Mapping[str, Any]], seconds: float,
) -> datetime | str:  # fmt: skip
    """Keep test addresses in place of those the account had for the workflow; gives until when they wait.

    Parameters
    ----------
    settings: by node. Gives the path instead that somebody else waits at.
    """
    until: datetime = (await session.execute(select(func.now() + timedelta(seconds=seconds)))).scalar_one()
    mine = (Webhook.workflow_id == workflow) & (Webhook.created_by == account)
    await session.execute(delete(Webhook).where(Webhook.is_test, or_(mine, Webhook.expires_at < func.now())))
    for webhook in webhooks:
        made = await session.scalar(
            insert(Webhook)
            .values(
                id=new_id(), workflow_id=workflow, node=webhook.node, path=webhook.path, method=webhook.method,
                is_test=True, expires_at=until, created_by=account,
                settings={**settings[webhook.node], "path": webhook.shown},
            )
            .on_conflict_do_nothing()
            .returning(Webhook.id)
        )  # fmt: skip
        if made is None:
            return webhook.shown
    return until


async def waiting(session: AsyncSession) -> list[Waiting]:
    """Every test address that waits."""
    rows = await session.execute(
        select(
            Webhook.id, Webhook.path, Webhook.method, Webhook.workflow_id, Workflow.name, Workflow.project_id,
            Webhook.created_by, Webhook.settings,
        )
        .join(Workflow, Workflow.id == Webhook.workflow_id)
        .where(Webhook.is_test, Webhook.expires_at > func.now(), Workflow.deleted_at.is_(None))
    )  # fmt: skip
    return [Waiting._make(row) for row in rows]


async def take(session: AsyncSession, found: Waiting) -> bool:
    """Take a test address, and those that wait along with it; False where somebody was quicker."""
    row = await session.scalar(delete(Webhook).where(Webhook.id == found.id).returning(Webhook.id))
    if row is None:
        return False
    await stop(session, found.workflow, found.created_by)
    return True


async def stop(session: AsyncSession, workflow: UUID, account: UUID | None) -> None:
    """Let an account's test addresses of a workflow wait no more."""
    await session.execute(
        delete(Webhook).where(Webhook.is_test, Webhook.workflow_id == workflow, Webhook.created_by == account)
    )
