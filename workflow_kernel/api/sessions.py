"""Sessions over HTTP: one's own, and everybody's for administrators."""

from __future__ import annotations

from uuid import UUID

from workflow_kernel.api.people_views import SessionsShown, sessions_shown
from workflow_kernel.api.routing import Request, route
from workflow_kernel.api.sign_in import Ended

TAG = "Sessions"


@route("GET", "/sessions", tag=TAG, errors=(503,))
async def list_sessions(request: Request) -> SessionsShown:
    """List where one is signed in."""
    return sessions_shown(await request.service.sessions.mine(request.actor), request.actor.session)


@route("DELETE", "/sessions/{session_id}", tag=TAG, errors=(404, 503))
async def end_session(request: Request, session_id: UUID) -> None:
    """Sign out somewhere."""
    await request.service.sessions.end_mine(request.actor, session_id)


@route("GET", "/users/{user_id}/sessions", tag=TAG, errors=(503,))
async def list_sessions_of_user(request: Request, user_id: UUID) -> SessionsShown:
    """List where somebody is signed in."""
    return sessions_shown(await request.service.sessions.of(request.actor, user_id), request.actor.session)


@route("DELETE", "/users/{user_id}/sessions", tag=TAG, errors=(503,))
async def end_sessions_of_user(request: Request, user_id: UUID) -> Ended:
    """Sign somebody out everywhere."""
    return Ended(count=await request.service.sessions.end_all(request.actor, user_id))


@route("DELETE", "/users/{user_id}/sessions/{session_id}", tag=TAG, errors=(404, 503))
async def end_session_of_user(request: Request, user_id: UUID, session_id: UUID) -> None:
    """Sign somebody out somewhere."""
    await request.service.sessions.end(request.actor, user_id, session_id)


ROUTES = (list_sessions, end_session, list_sessions_of_user, end_sessions_of_user, end_session_of_user)
