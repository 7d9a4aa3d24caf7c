"""Backends by name: whoever is installed and names itself in the entry point group ``workflow.backends``.

The kernel knows no cluster; a distribution that brings one names a function that takes :class:`BackendOptions` and
gives a :class:`~workflow_kernel.worker.backend.Backend`, which blocks until it is there.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

import msgspec

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.worker.backend import Backend
from workflow_kernel.worker.environment import Environment

GROUP = "workflow.backends"

Found = TypeVar("Found")


class BackendOptions(msgspec.Struct, frozen=True):
    """What a backend is made of.

    Parameters
    ----------
    environment: what nodes have at hand here. blobs: URL or folder of its store.
    address: of a cluster; one of its own when not given. cpus: of one of its own.
    is_shared: whether many users share the service. hidden: paths their code must not reach.
    is_durable: whether large outputs must outlive the machine that made them.
    """

    environment: Environment
    blobs: str
    address: str | None = None
    cpus: int | None = None
    is_shared: bool = False
    hidden: tuple[str, ...] = ()
    is_durable: bool = False


class BackendChoice(msgspec.Struct, frozen=True):
    """Which backend a process of a service uses: its name, and the address of a cluster."""

    name: str
    address: str | None = None


class NoBackendError(WorkflowError):
    """There is no backend of that name."""

    code = "WF657"


def open_backend(name: str, options: BackendOptions) -> Backend:
    """The backend of a name. Raises ``NoBackendError`` where it is not installed."""
    found = _entry(name)

    def make() -> Backend:
        opened: Callable[[BackendOptions], Backend] = found.load()
        return opened(options)

    return _installed(name, make)


def jobs_url(name: str, address: str) -> str:
    """Where a cluster takes runs that go on by themselves, by its address: ``jobs_url`` of the backend's module."""
    found = _entry(name)

    def ask() -> str:
        asked: Callable[[str], str] = import_module(found.module).jobs_url
        return asked(address)

    return _installed(name, ask)


def _entry(name: str) -> EntryPoint:
    found = next((entry for entry in entry_points(group=GROUP) if entry.name == name), None)
    if found is None:
        raise NoBackendError(f"There is no backend '{name}'.", mend="Leave --on out, or install what brings it.")
    return found


def _installed(name: str, call: Callable[[], Found]) -> Found:
    try:
        return call()
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise NoBackendError(
            f"The backend '{name}' needs a package that is not installed.",
            mend=f"Install it with: pip install 'workflow-kernel[{name}]'",
        ) from None
