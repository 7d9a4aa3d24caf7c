"""What can go wrong with servers, in words that name the setting and never the password."""

from __future__ import annotations

from workflow_kernel.base.errors import UnavailableError


class SharedServerError(UnavailableError):
    """A Postgres or Redis that settings name cannot be used."""

    code = "WF790"


class OwnServerError(UnavailableError):
    """A Postgres or Redis of our own cannot be started."""

    code = "WF791"
