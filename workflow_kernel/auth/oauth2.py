"""OAuth 2 from the client's side, without sending anything: where to ask for consent, what to ask a server, its answer.

``services.oauth_credentials`` and ``services.token_renewal`` send and keep.
"""

from __future__ import annotations

import base64
import hashlib
import math
import secrets
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote_plus, urlencode, urlsplit, urlunsplit

import msgspec

from workflow_kernel.base.errors import WorkflowError


class GrantRefusedError(WorkflowError):
    """The authorization server gives no token. ``is_final``: asking again gives none either."""

    code = "WF737"

    def __init__(self, message: str, *, is_final: bool, mend: str) -> None:
        super().__init__(message, mend=mend)
        self.is_final = is_final


class Client(msgspec.Struct, frozen=True):
    """Who asks: a client known to the server, and where its tokens are."""

    token_url: str
    client_id: str
    client_secret: str = ""
    client_in: Literal["header", "body"] = "header"


class TokenRequest(msgspec.Struct, frozen=True):
    """What to post to a token endpoint."""

    url: str
    fields: dict[str, str]
    headers: dict[str, str]


class Token(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a server gave. ``expires_at`` is in seconds since the epoch, None where it did not say."""

    access_token: str
    refresh_token: str = ""
    expires_at: float | None = None
    scope: str = ""

    def ends_before(self, moment: float) -> bool:
        """Whether it is known to end before a moment."""
        return self.expires_at is not None and self.expires_at < moment


def new_verifier() -> str:
    """A new proof key (RFC 7636)."""
    return secrets.token_urlsafe(48)


def authorization_url(base: str, fields: Mapping[str, str], verifier: str | None) -> str:
    """Where a person is sent to consent. ``verifier`` is the proof key; only its hash is sent."""
    given = {"response_type": "code", **{name: value for name, value in fields.items() if value}}
    if verifier is not None:
        hashed = hashlib.sha256(verifier.encode("ascii")).digest()
        given["code_challenge"] = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")
        given["code_challenge_method"] = "S256"
    parts = urlsplit(base)
    query = urlencode(given)
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query, fragment=""))


def token_request(client: Client, fields: Mapping[str, str]) -> TokenRequest:
    """The request for a token by some grant."""
    given = {name: value for name, value in fields.items() if value}
    headers = {"accept": "application/json"}
    if client.client_secret and client.client_in == "header":
        # Both are form-encoded first (RFC 6749, 2.3.1).
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        given["client_id"] = client.client_id
        if client.client_secret:
            given["client_secret"] = client.client_secret
    return TokenRequest(client.token_url, given, headers)


def read_token(url: str, status: int, body: bytes, now: float, earlier: Token | None = None) -> Token:
    """The token in a server's answer; what it does not say stays as in the earlier one.

    Raises ``GrantRefusedError`` where there is none, without anything of the answer but its error code.
    """
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        answer = None
    given = answer if isinstance(answer, dict) else {}
    if status >= 400 or not isinstance(given.get("access_token"), str):
        error = given.get("error")
        reason = f": {error[:100]}" if isinstance(error, str) and error.isprintable() else ""
        is_final = 400 <= status < 500 and status not in (408, 425, 429)
        mend = "Connect the credential again." if is_final else "Try again later."
        raise GrantRefusedError(
            f"{_without_query(url)} gave no token ({status}{reason}).", is_final=is_final, mend=mend
        )
    kept = earlier or Token("")
    return Token(
        access_token=given["access_token"],
        refresh_token=str(given.get("refresh_token") or kept.refresh_token),
        expires_at=_end(given.get("expires_in"), now),
        scope=str(given.get("scope") or kept.scope),
    )


def _end(seconds: Any, now: float) -> float | None:
    try:
        found = float(seconds)
    except (TypeError, ValueError):
        return None
    return now + found if math.isfinite(found) else None


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
