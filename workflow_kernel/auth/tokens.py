"""Tokens: signed access tokens (JWT), and random secrets of which only a hash is kept.

``services.admission`` makes them, ``services.identify`` reads them. Nothing here knows whether one was revoked.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
import uuid
from typing import Any
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from workflow_kernel.base.errors import NotSignedInError, WorkflowError

ISSUER = "workflow"
CLAIMS = ["sub", "email", "role", "permissions", "jti", "sid", "iat", "exp", "iss"]
KNOWN = 1000
"""Tokens whose signature need not be checked again, about: programs send the same one for an hour."""

LEEWAY = 5
"""Seconds by which clocks of several servers may differ."""


class Claims(msgspec.Struct, frozen=True):
    """What an access token says.

    Parameters
    ----------
    sub: id of the account. sid: id of its session. jti: id of the token. iat, exp: seconds since 1970.
    email, role, permissions: as they were when it was made; what counts is looked up.
    """

    sub: UUID
    email: str
    role: str
    permissions: tuple[str, ...]
    jti: str
    sid: UUID
    iat: int
    exp: int


class Signer:
    """Makes and reads access tokens.

    Parameters
    ----------
    algorithm: the only one that is taken. key: a secret of 32 bytes or more for HS*, else a private key as PEM.
    """

    def __init__(self, algorithm: str, key: bytes) -> None:
        self._algorithm = algorithm
        self._known: dict[str, Claims] = {}
        self._key: Any = key
        self._public: Any = key
        if algorithm.startswith("HS"):
            if len(key) < 32 or key.startswith(b"-----BEGIN"):
                raise _unusable("a secret of 32 bytes or more", algorithm)
            return
        try:
            self._key = serialization.load_pem_private_key(key, password=None)
        except (ValueError, TypeError):
            raise _unusable("a private key in PEM", algorithm) from None
        if not isinstance(self._key, rsa.RSAPrivateKey if algorithm.startswith("RS") else ec.EllipticCurvePrivateKey):
            raise _unusable(f"a private key for {algorithm}", algorithm)
        self._public = self._key.public_key()

    def sign(self, claims: Claims) -> str:
        """The token that says so."""
        body = msgspec.to_builtins(claims, str_keys=True) | {"iss": ISSUER}
        return jwt.encode(body, self._key, algorithm=self._algorithm, headers={"typ": "at+jwt"})

    def read(self, token: str) -> Claims:
        """What a token says. Raises ``NotSignedInError`` unless it is one of ours and still counts."""
        known = self._known.get(token)
        if known is not None and known.exp + LEEWAY > time.time():
            return known
        claims = self._verified(token)
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[token] = claims
        return claims

    def _verified(self, token: str) -> Claims:
        try:
            body = jwt.decode(
                token, self._public, algorithms=[self._algorithm], issuer=ISSUER, leeway=LEEWAY,
                options={"require": CLAIMS, "verify_aud": False},
            )  # fmt: skip
            return msgspec.convert(body, Claims, strict=False)
        except jwt.ExpiredSignatureError:
            raise NotSignedInError("The access token has expired.", code="WF711", mend="Refresh it.") from None
        except (jwt.InvalidTokenError, msgspec.ValidationError):
            raise unknown_token() from None


def unknown_token() -> NotSignedInError:
    """The one answer to every token that does not count."""
    return NotSignedInError("The access token does not count.", code="WF711", mend="Sign in again.")


def claims_for(
    user: UUID, email: str, role: str, permissions: frozenset[str], *, session: UUID, minutes: int
) -> Claims:
    """The claims of a new token."""
    now = int(time.time())
    return Claims(
        user, email, role, tuple(sorted(permissions)), uuid.uuid4().hex, session, now, now + minutes * 60
    )  # fmt: skip


def new_secret() -> str:
    """A text of 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a random secret: there is nothing to guess, so one round does."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_same(one: str, other: str) -> bool:
    """Compare without telling by the time it takes."""
    return hmac.compare_digest(one.encode(), other.encode())


class Handle(msgspec.Struct, frozen=True):
    """The two parts of a session cookie or a refresh token: which session, and the secret that proves it."""

    session: UUID
    secret: str

    def __str__(self) -> str:
        return f"{self.session.hex}.{self.secret}"

    def __repr__(self) -> str:
        return f"Handle({self.session})"


def read_handle(text: str) -> Handle | None:
    """The parts of a cookie or token; None for anything else."""
    name, _, secret = text.partition(".")
    if len(name) != 32 or not 20 <= len(secret) <= 100:
        return None
    try:
        return Handle(UUID(hex=name), secret)
    except ValueError:
        return None


def csrf_token(session_cookie: str) -> str:
    """The token that a page must send back in a header: only who can read the cookie's secret can know it."""
    return hmac.new(session_cookie.encode(), b"workflow csrf", hashlib.sha256).hexdigest()


def _unusable(wanted: str, algorithm: str) -> WorkflowError:
    return WorkflowError(
        f"The key for access tokens cannot be used with {algorithm}: it must be {wanted}.",
        code="WF719", mend="Correct WORKFLOW_JWT_KEY or WORKFLOW_JWT_ALGORITHM.",
    )  # fmt: skip
