"""Who asks for something: a person, a program with a key, or the service itself."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

from workflow_kernel.auth.roles import PERMISSIONS

Via = Literal["session", "token", "api_key", "jupyter", "system", "anonymous"]


class Actor(msgspec.Struct, frozen=True):
    """Who asks, and what they may do at most.

    Parameters
    ----------
    id: of the account; None for the service itself and for strangers.
    email, role: of the account. permissions: of the role, less what a key's scopes leave out.
    via: how they came in. session, api_key: by which. token: id of the access token.
    address: where the request came from. request: its id.
    """

    id: UUID | None = None
    email: str = ""
    role: str = ""
    permissions: frozenset[str] = frozenset()
    via: Via = "anonymous"
    session: UUID | None = None
    api_key: UUID | None = None
    token: str = ""
    address: str = ""
    request: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether they see every project."""
        return self.via == "system" or (self.role == "admin" and self.id is not None)

    def can(self, permission: str) -> bool:
        """Whether their role (and key) allows it; projects are looked at apart."""
        return permission in self.permissions


SYSTEM = Actor(email="system", role="admin", permissions=PERMISSIONS, via="system")
"""The service itself: sweepers, triggers, the command line on this machine."""

STRANGER = Actor()
"""Somebody who is not signed in."""
