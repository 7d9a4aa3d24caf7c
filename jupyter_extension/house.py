"""The service of a Jupyter server: started once it is asked for, in the background, and stopped with the server."""

from __future__ import annotations

import asyncio
import importlib
import logging
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workflow_kernel.app.service import Service
    from workflow_kernel.base.settings import Settings

MODULES = ("workflow_kernel.app.service", "workflow_kernel.app.jupyter", "workflow_kernel.base.settings")


class House:
    """Starts a service and keeps it.

    Parameters
    ----------
    log: of the server. folder: what it shows as files; there relative paths of nodes begin, unless settings say more.
    """

    def __init__(self, log: logging.Logger | logging.LoggerAdapter[Any], folder: Path) -> None:
        self._log = log
        self._folder = folder
        self._stack = AsyncExitStack()
        self._starting: asyncio.Task[Service] | None = None

    def begin(self) -> asyncio.Task[Service]:
        """Start it, if nobody did; one that could not be started is tried again."""
        if self._starting is None or (self._starting.done() and self._has_failed(self._starting)):
            self._starting = asyncio.create_task(self._start(), name="start workflow service")
        return self._starting

    async def service(self) -> Service:
        """The service, once it has started. Raises ``WorkflowError`` when it cannot."""
        return await asyncio.shield(self.begin())

    @property
    def settings(self) -> Settings:
        """Of the service, as they were given."""
        return self._settings

    def place_of(self, folder: Path) -> tuple[str, str]:
        """Where cells of a notebook run, and where their results are kept, as absolute paths.

        Parameters
        ----------
        folder: of the notebook, from where the server's files begin.

        Empty for a service that others share: its processes may be on machines that have neither.
        """
        settings = importlib.import_module(MODULES[2]).Settings()
        if settings.database_url is not None:
            return "", ""
        cache = importlib.import_module("workflow_kernel.cli.cache")
        there = (self._folder / folder).resolve()
        return "" if there == self._folder.resolve() else str(there), str(cache.cache_folder() / "cells")

    async def close(self) -> None:
        """Stop the service."""
        if self._starting is not None:
            if not self._starting.done():
                self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await self._stack.aclose()

    async def _start(self) -> Service:
        for name in MODULES:  # Large: loaded apart from the loop, which serves pages meanwhile.
            await asyncio.to_thread(importlib.import_module, name)
        kernel = importlib.import_module(MODULES[0])
        self._settings = self._fitting(importlib.import_module(MODULES[2]).Settings())
        service: Service = await self._stack.enter_async_context(kernel.Service(self._settings))
        self._log.info("The workflow service runs; its data folder is %s", service.settings.data_folder)
        return service

    def _fitting(self, settings: Settings) -> Settings:
        """Settings for the service of one person, where nothing else was set."""
        fitting: dict[str, Any] = {"files_folder": self._folder}
        if settings.database_url is None:
            fitting["rate_limit"] = 0
        return settings.model_copy(update={k: v for k, v in fitting.items() if k not in settings.model_fields_set})

    def _has_failed(self, task: asyncio.Task[Service]) -> bool:
        return task.cancelled() or task.exception() is not None
