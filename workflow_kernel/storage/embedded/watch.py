"""Watches servers of our own: one that has crashed is started again, by whichever process sees it first."""

from __future__ import annotations

import asyncio

import structlog

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.storage.embedded.household import Household

_PAUSE = 0.3
_LONGEST_PAUSE = 10.0

log = structlog.get_logger(__name__)


async def watch(household: Household) -> None:
    """Watch until cancelled."""
    pause = _PAUSE
    while True:
        await asyncio.sleep(pause)
        try:
            mended = await asyncio.to_thread(household.mend)
        except (WorkflowError, OSError) as error:
            pause = min(pause * 2, _LONGEST_PAUSE)
            log.error("server.cannot_start", reason=str(error), again_in=pause)
            continue
        pause = _PAUSE
        for name in mended:
            log.warning("server.restarted", server=name)
