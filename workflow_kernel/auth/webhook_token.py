"""JSON web tokens that callers of a webhook send: by a shared secret, a public key, or an issuer's key set.

Algorithms are pinned: those the credential or the settings name, and none that a token's own header asks for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import jwt

from workflow_kernel.sdk.webhooks import Token

_MOST_BYTES = 16_384


class UnusableTokenError(Exception):
    """A token that does not count; says why, for the log."""


class KeySets(Protocol):
    """Gives key sets by their address."""

    def __call__(self, url: str, *, fresh: bool) -> Awaitable[Mapping[str, Any]]: ...


def read_by_secret(token: str, rules: Token, now: float, secret: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a token says that the credential's secret or key signs."""
    algorithm = str(secret.get("algorithm", ""))
    if algorithm.startswith("HS"):
        key = str(secret.get("secret", ""))
        # A public key as the secret of an HMAC would let everybody sign who knows it.
        if key.lstrip().startswith(("-----BEGIN", "ssh-")):
            raise UnusableTokenError("the credential's secret is a public key")
    else:
        key = str(secret.get("public_key") or "")
    if not key:
        raise UnusableTokenError("the credential has no key that tokens are verified with")
    return _read(token, key, [algorithm], rules, now)


async def read_by_key_set(token: str, rules: Token, now: float, key_sets: KeySets) -> Mapping[str, Any]:
    """What a token says that a key of the issuer's set signs; the set is fetched anew for a key not known."""
    algorithms = [str(name) for name in rules.algorithms if not name.startswith("HS")]
    name = _key_name(token, algorithms)
    found = _find(await key_sets(rules.jwks_url, fresh=False), name)
    if found is None:
        found = _find(await key_sets(rules.jwks_url, fresh=True), name)
    if found is None:
        raise UnusableTokenError("the issuer's key set has no such key")
    return _read(token, found.key, algorithms, rules, now)


def _key_name(token: str, algorithms: list[str]) -> str | None:
    if len(token) > _MOST_BYTES:
        raise UnusableTokenError("the token is too long")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise UnusableTokenError(f"the token cannot be read: {type(error).__name__}") from None
    if header.get("alg") not in algorithms:
        raise UnusableTokenError("the token is signed in another way than it may be")
    name = header.get("kid")
    return name if isinstance(name, str) else None


def _find(key_set: Mapping[str, Any], name: str | None) -> jwt.PyJWK | None:
    """The key of a name; where tokens name none, the only one there is."""
    keys = [key for key in key_set.get("keys", ()) if isinstance(key, Mapping) and key.get("use", "sig") == "sig"]
    fitting = [key for key in keys if key.get("kid") == name] if name is not None else keys
    if len(fitting) != 1 or fitting[0].get("kty") == "oct":
        return None
    try:
        return jwt.PyJWK(dict(fitting[0]))
    except (jwt.PyJWTError, ValueError, TypeError):
        return None


def _read(token: str, key: Any, algorithms: list[str], rules: Token, now: float) -> Mapping[str, Any]:
    if len(token) > _MOST_BYTES:
        raise UnusableTokenError("the token is too long")
    checks: Any = {
        "require": ["exp"], "verify_exp": False, "verify_nbf": False, "verify_iat": False,
        "verify_aud": bool(rules.audience), "verify_iss": bool(rules.issuer),
    }  # fmt: skip
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            issuer=rules.issuer or None,
            audience=rules.audience or None,
            options=checks,
        )
    except (jwt.InvalidTokenError, jwt.InvalidKeyError, ValueError, TypeError) as error:
        raise UnusableTokenError(f"the token does not count: {type(error).__name__}") from None
    _check_times(claims, now, rules.leeway)
    return claims


def _check_times(claims: Mapping[str, Any], now: float, leeway: float) -> None:
    """By the time of the call, not the clock: the same call gives the same answer."""
    checks: list[tuple[str, Callable[[float], bool], str]] = [
        ("exp", lambda at: now < at + leeway, "the token has expired"),
        ("nbf", lambda at: now >= at - leeway, "the token does not count yet"),
        ("iat", lambda at: now >= at - leeway, "the token is from the future"),
    ]
    for name, is_fine, message in checks:
        at = claims.get(name)
        if at is None:
            continue
        if isinstance(at, bool) or not isinstance(at, int | float):
            raise UnusableTokenError(f"the token's {name} is no number")
        if not is_fine(at):
            raise UnusableTokenError(message)
