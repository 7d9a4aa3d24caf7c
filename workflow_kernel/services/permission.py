"""What a service function needs: ``@needs("workflow.create")``, or ``@open_to_all("why")``; a test finds the rest."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from workflow_kernel.auth.roles import PERMISSIONS
from workflow_kernel.base.errors import NotAllowedError, NotSignedInError
from workflow_kernel.services.actor import Actor

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")

Method = Callable[Concatenate[S, Actor, P], Coroutine[Any, Any, R]]


def needs(permission: str) -> Callable[[Method[S, P, R]], Method[S, P, R]]:
    """Refuse actors without the permission. Raises ``NotSignedInError`` for strangers, else ``NotAllowedError``."""
    if permission not in PERMISSIONS:
        raise ValueError(f"there is no permission {permission!r}; add it to auth/roles.py")

    def decorate(function: Method[S, P, R]) -> Method[S, P, R]:
        @functools.wraps(function)
        async def checked(self: S, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            require(actor, permission)
            return await function(self, actor, *args, **kwargs)

        checked.__permission__ = permission  # type: ignore[attr-defined]
        return checked

    return decorate


def open_to_all(why: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a service function that needs no permission, and say why."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        marked: Any = function
        marked.__permission__ = None
        marked.__open__ = why
        return function

    return decorate


def require(actor: Actor, permission: str) -> None:
    """Raise unless the actor's role allows it."""
    if actor.can(permission):
        return
    if actor.via == "anonymous":
        raise NotSignedInError("You are not signed in.", mend="Sign in, or send an access token or API key.")
    raise NotAllowedError(
        f"Your role '{actor.role}' may not do this: it needs '{permission}'.", mend="Ask an administrator for the role."
    )
