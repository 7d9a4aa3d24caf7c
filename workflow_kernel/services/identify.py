"""From what a request carries to the ``Actor`` who sends it: an access token, an API key, a session cookie.

Knows nothing of a web server: it takes mappings. A request costs one round trip to Redis; Postgres is asked
when the cache is empty.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from uuid import UUID

from workflow_kernel.auth import api_keys
from workflow_kernel.auth.tokens import Signer, digest, is_same, read_handle, unknown_token
from workflow_kernel.base.errors import NotSignedInError
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.admission import ENROLLING
from workflow_kernel.storage.identities import AccountState, Identities
from workflow_kernel.storage.sessions import Seen, SessionStore

SESSION_COOKIE = "workflow_session"
KEY_HEADER = "X-Api-Key"
_SCHEME = "bearer "


class Identify:
    """Tells who sends a request.

    Parameters
    ----------
    sessions, identities: what is known. signer: reads access tokens.
    """

    def __init__(self, sessions: SessionStore, identities: Identities, signer: Signer) -> None:
        self._sessions = sessions
        self._identities = identities
        self._signer = signer

    async def __call__(
        self, headers: Mapping[str, str], cookies: Mapping[str, str], *, address: str = "", request: str = ""
    ) -> Actor:
        """Who sends a request.

        A token or key that does not count raises ``NotSignedInError``; a cookie that does not is a stranger's.

        Parameters
        ----------
        headers: in whatever case of their names, or as Tornado's. cookies: by name.
        address: where the request comes from. request: its id.
        """
        text = _header(headers, "Authorization")
        is_bearer = text[: len(_SCHEME)].lower() == _SCHEME
        text = text[len(_SCHEME) :].strip() if is_bearer else _header(headers, KEY_HEADER)
        if text.startswith(api_keys.PREFIX):
            return await self._by_key(text, address, request)
        if text:
            return await self._by_token(text, address, request)
        cookie = cookies.get(SESSION_COOKIE)
        if cookie:
            found = await self._by_cookie(cookie, address, request)
            if found is not None:
                return found
        return Actor(address=address, request=request)

    async def by_token(self, token: str, *, address: str = "", request: str = "") -> Actor:
        """Who has an access token or API key, where it does not come in a header, e.g. of a websocket."""
        if token.startswith(api_keys.PREFIX):
            return await self._by_key(token, address, request)
        return await self._by_token(token, address, request)

    async def _by_token(self, token: str, address: str, request: str) -> Actor:
        claims = self._signer.read(token)
        seen = await self._sessions.look(claims.sid, claims.jti)
        if seen is None or seen.is_revoked or seen.session.user != claims.sub or seen.session.kind != "token":
            raise unknown_token()
        account = await self._of_session(seen)
        if account is None:
            raise unknown_token()
        return Actor(
            account.id, account.email, account.role, await self._allowed(seen, account), "token",
            session=claims.sid, token=claims.jti, address=address, request=request,
        )  # fmt: skip

    async def _by_cookie(self, cookie: str, address: str, request: str) -> Actor | None:
        handle = read_handle(cookie)
        seen = None if handle is None else await self._sessions.look(handle.session)
        if handle is None or seen is None or seen.session.kind != "session":
            return None
        if not is_same(seen.secret, digest(handle.secret)):
            return None
        account = await self._of_session(seen)
        if account is None:
            return None
        return Actor(
            account.id, account.email, account.role, await self._allowed(seen, account), "session",
            session=handle.session, address=address, request=request,
        )  # fmt: skip

    async def _by_key(self, key: str, address: str, request: str) -> Actor:
        found = await self._identities.api_key(digest(key))
        if found is None or found[0].is_revoked:
            raise NotSignedInError("The API key does not count.", code="WF711", mend="Make a new one.")
        state, cached = found
        if state.expires_at is not None and state.expires_at <= time.time():
            raise NotSignedInError("The API key has expired.", code="WF711", mend="Make a new one.")
        account = await self._active(state.user, cached)
        if account is None:
            raise NotSignedInError("The API key does not count.", code="WF711", mend="Make a new one.")
        await self._identities.note_use(state.id)
        allowed = api_keys.allowed(await self._identities.permissions(account.role), state.scopes)
        return Actor(
            account.id, account.email, account.role, allowed, "api_key",
            api_key=state.id, address=address, request=request,
        )  # fmt: skip

    async def _of_session(self, seen: Seen) -> AccountState | None:
        account = await self._active(seen.session.user, seen.account)
        return None if account is None or seen.session.created_at < account.signed_out_at else account

    async def _active(self, id: UUID, cached: bytes | None = None) -> AccountState | None:
        account = await self._identities.account(id, cached)
        return account if account is not None and account.is_active else None

    async def _allowed(self, seen: Seen, account: AccountState) -> frozenset[str]:
        return ENROLLING if seen.session.is_enrolling else await self._identities.permissions(account.role)


def _header(headers: Mapping[str, str], name: str) -> str:
    found = headers.get(name)
    if found is None:
        found = headers.get(name.lower())
    return (found or "").strip()
