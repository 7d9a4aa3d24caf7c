"""What somebody is told whose save came too late: both versions, what either changed, and what joining them gives."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.base.errors import ConflictError
from workflow_kernel.graph import diff, merge
from workflow_kernel.services import workflow_documents as documents
from workflow_kernel.services.workflow_rows import WorkflowRows
from workflow_kernel.storage.tables import WorkflowVersion


async def stale(
    session: AsyncSession, rows: WorkflowRows, newest: WorkflowVersion, yours: dict[str, Any], made_from: int
) -> ConflictError:
    """The error for a save that was made from a version that is no longer the newest.

    Parameters
    ----------
    newest: the version that is. yours: the document that was to be saved. made_from: number of its version.
    """
    base = await rows.version(session, newest.workflow_id, made_from)
    hint = await asyncio.to_thread(_hint, base.document, newest.document, yours)
    return ConflictError(
        f"Version {newest.number} was saved after version {made_from}, which yours was made from.",
        code="WF761",
        mend=f"Bring both together (details.merge proposes how) and save that as made from version {newest.number}.",
        details={
            "theirs": _side(newest),
            "yours": {"document": yours},
            "base": _side(base),
            "merge": hint,
        },
    )


def _hint(base: dict[str, Any], theirs: dict[str, Any], yours: dict[str, Any]) -> dict[str, Any]:
    before = documents.read(base)
    merged = merge.merge(base, theirs, yours)
    return {
        "is_clean": not merged.conflicts,
        "conflicts": list(merged.conflicts),
        "document": merged.document,
        "changes": {
            "theirs": _lines(diff.diff(before, documents.read(theirs))),
            "yours": _lines(diff.diff(before, documents.read(yours))),
        },
    }


def _lines(difference: diff.Difference) -> list[str]:
    return diff.to_text(difference).splitlines()


def _side(version: WorkflowVersion) -> dict[str, Any]:
    by: UUID | None = version.created_by
    return {
        "version": version.number,
        "document": version.document,
        "created_by": None if by is None else str(by),
        "created_at": version.created_at.isoformat(),
    }
