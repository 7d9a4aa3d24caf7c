"""Keeps pages of others from acting with somebody's session cookie: double submit, bound to the session.

A session's cookie comes with a second one that scripts of our pages can read. What changes something must send it back
in ``X-Csrf-Token``; a page of another origin can read neither. Tokens and API keys are sent by no browser by itself and
need none of this. Inside a host (Jupyter) its own check is in force instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from workflow_kernel.api.routing import Cookie
from workflow_kernel.auth.tokens import csrf_token, is_same
from workflow_kernel.base.errors import NotAllowedError
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.identify import SESSION_COOKIE

CSRF_COOKIE = "workflow_csrf"
HEADER = "X-Csrf-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def check(method: str, actor: Actor, headers: Mapping[str, str], cookies: Mapping[str, str]) -> None:
    """Raise for a request that changes something with a cookie and without proof that a page of ours sent it."""
    if actor.via != "session" or method in _SAFE:
        return
    session = cookies.get(SESSION_COOKIE, "")
    sent = headers.get(HEADER, "")
    if not sent or not session or not is_same(sent, csrf_token(session)):
        raise NotAllowedError(
            "The request has no proof that a page of this service sent it.",
            code="WF785",
            mend=f"Send the cookie '{CSRF_COOKIE}' back in the header {HEADER}.",
        )


def cookie_for(session: str | None, seconds: int | None = None) -> Cookie:
    """The second cookie of a session; taken away where ``session`` is None."""
    value = None if not session else csrf_token(session)
    return Cookie(CSRF_COOKIE, value, seconds, http_only=False, same_site="Strict")


def missing_cookie(actor: Actor, cookies: Mapping[str, str]) -> Cookie | None:
    """The second cookie, for a session that has lost it."""
    if actor.via != "session":
        return None
    session = cookies.get(SESSION_COOKIE, "")
    return cookie_for(session) if session and cookies.get(CSRF_COOKIE) != csrf_token(session) else None
