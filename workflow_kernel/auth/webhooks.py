"""Whether a request may call a webhook: its address, who sent it, when, and whether it came before.

Pure but for what ``Outside`` is asked. Everything that is missing or odd is refused; callers learn no more than that,
the reason is for the log. ``services.webhooks`` calls this.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from workflow_kernel.auth import addresses, links, webhook_signature, webhook_times, webhook_token
from workflow_kernel.sdk.webhooks import Auth, ClientCertificate, Guard

UNAUTHORISED = 401
FORBIDDEN = 403
_BOTS = ("bot", "crawler", "spider", "facebookexternalhit", "whatsapp", "telegram", "slack-imgproxy", "skypeuripreview",
         "slurp", "lighthouse", "headlesschrome")  # fmt: skip


class RefusedError(Exception):
    """A request that may not call.

    Parameters
    ----------
    status: 401 or 403. reason: for the log, without any secret. challenge: value of ``WWW-Authenticate``.
    """

    def __init__(self, status: int, reason: str, challenge: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.challenge = challenge


class Call(msgspec.Struct, frozen=True):
    """A request as it came.

    Parameters
    ----------
    path: below the mount, as it was sent. headers: found whatever their case. query: values by name, in order.
    body: its raw bytes. address: where from, behind trusted proxies. is_proxied: whether a trusted proxy sent it.
    now: seconds since the epoch.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes
    address: str
    is_proxied: bool
    now: float


class Admitted(msgspec.Struct, frozen=True):
    """A request that may call.

    Parameters
    ----------
    headers, query: lower-case names of those that held the secret: nobody needs to see them any more.
    claims: what a token says.
    """

    headers: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()
    claims: Mapping[str, Any] | None = None


class Outside(Protocol):
    """What checking asks of the outside."""

    async def key_set(self, url: str, *, fresh: bool) -> Mapping[str, Any]:
        """The JSON web key set at an address; ``fresh`` for one newer than a kept one, as far as that is sensible."""
        ...

    async def is_new(self, value: str, seconds: float) -> bool:
        """Whether a value was not seen before; it is known for so long from now on. Raises when it cannot be told."""
        ...

    def link_key(self) -> bytes:
        """The key of signed URLs."""
        ...


def check_guard(call: Call, guard: Guard) -> None:
    """Raise ``RefusedError`` for a request from elsewhere, of a crawler, or not of now. Costs nothing else."""
    if guard.addresses and not addresses.holds(tuple(guard.addresses), call.address):
        raise RefusedError(FORBIDDEN, f"the address {call.address} is not on the list")
    if guard.ignore_bots:
        agent = call.headers.get("User-Agent", "").lower()
        if any(bot in agent for bot in _BOTS):
            raise RefusedError(FORBIDDEN, "a crawler or link preview")
    if guard.timestamp.header:
        sent = call.headers.get(guard.timestamp.header, "")
        if not webhook_times.is_near(sent, call.now, guard.timestamp.tolerance):
            raise RefusedError(UNAUTHORISED, f"the header {guard.timestamp.header} is missing or not of now")


async def check(call: Call, auth: Auth, secret: Mapping[str, Any] | None, outside: Outside, scope: str) -> Admitted:
    """Whether a request shows that it may call. Raises ``RefusedError`` unless it does.

    Parameters
    ----------
    auth: how it is to show it. secret: the credential in the slot ``auth``. scope: names the webhook, for what may
    count only once.
    """
    if auth.kind == "none":
        return Admitted()
    if auth.secret_type and (secret is None or not _fits(auth.secret_type, secret)):
        raise RefusedError(FORBIDDEN, "the credential that callers must know is missing or of another type")
    known = secret or {}
    match auth.kind:
        case "basic":
            return _basic(call, known)
        case "header":
            return _header(call, known)
        case "query":
            return _query(call, known)
        case "bearer":
            return _bearer(call, known)
        case "jwt":
            return await _token(call, auth, known, outside)
        case "signature":
            return await _signature(call, auth, known, outside, scope)
        case "signed_url":
            return _signed_url(call, outside)
        case "client_certificate":
            return _certificate(call, auth.certificate)


def _basic(call: Call, secret: Mapping[str, Any]) -> Admitted:
    challenge = 'Basic realm="webhook", charset="UTF-8"'
    scheme, _, sent = call.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise RefusedError(UNAUTHORISED, "no user and password were sent", challenge)
    try:
        given = base64.b64decode(sent.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise RefusedError(UNAUTHORISED, "user and password cannot be read", challenge) from None
    wanted = f"{secret['user']}:{secret['password']}".encode()
    if not hmac.compare_digest(given, wanted):
        raise RefusedError(UNAUTHORISED, "user or password are wrong", challenge)
    return Admitted(headers=frozenset({"authorization"}))


def _header(call: Call, secret: Mapping[str, Any]) -> Admitted:
    name = str(secret["name"])
    given = call.headers.get(name)
    if given is None or not _is_same(given, str(secret["value"])):
        raise RefusedError(UNAUTHORISED, f"the header {name} is {'missing' if given is None else 'wrong'}")
    return Admitted(headers=frozenset({name.lower()}))


def _query(call: Call, secret: Mapping[str, Any]) -> Admitted:
    name = str(secret["name"])
    given = call.query.get(name, ())
    if len(given) != 1 or not _is_same(given[0], str(secret["value"])):
        raise RefusedError(UNAUTHORISED, f"the query field {name} is {'wrong' if given else 'missing'}")
    return Admitted(query=frozenset({name.lower()}))


def _bearer(call: Call, secret: Mapping[str, Any]) -> Admitted:
    given = bearer_token(call, "Authorization")
    if not _is_same(given, str(secret["token"])):
        raise RefusedError(UNAUTHORISED, "the token is wrong", "Bearer")
    return Admitted(headers=frozenset({"authorization"}))


async def _token(call: Call, auth: Auth, secret: Mapping[str, Any], outside: Outside) -> Admitted:
    rules = auth.token
    given = bearer_token(call, rules.header)
    try:
        if rules.jwks_url:
            claims = await webhook_token.read_by_key_set(given, rules, call.now, outside.key_set)
        else:
            claims = webhook_token.read_by_secret(given, rules, call.now, secret)
    except webhook_token.UnusableTokenError as error:
        raise RefusedError(UNAUTHORISED, str(error), "Bearer") from None
    return Admitted(headers=frozenset({rules.header.lower()}), claims=claims)


async def _signature(
    call: Call, auth: Auth, secret: Mapping[str, Any], outside: Outside, scope: str
) -> Admitted:  # fmt: skip
    rules = auth.signature
    try:
        proof = webhook_signature.verify(call.headers, call.body, rules, str(secret["secret"]), call.now)
    except webhook_signature.WrongSignatureError as error:
        raise RefusedError(UNAUTHORISED, str(error)) from None
    if (rules.once or rules.nonce_header) and not await outside.is_new(f"{scope}|{proof}", rules.tolerance * 2):
        raise RefusedError(UNAUTHORISED, "the signed request came before")
    return Admitted()


def _signed_url(call: Call, outside: Outside) -> Admitted:
    expires, signature = call.query.get("expires", ()), call.query.get("signature", ())
    if len(expires) != 1 or len(signature) != 1:
        raise RefusedError(FORBIDDEN, "the URL is not signed")
    if not links.is_webhook_signed(outside.link_key(), call.path, expires[0], signature[0], call.now):
        raise RefusedError(FORBIDDEN, "the URL's signature is wrong, or it has expired")
    return Admitted(query=frozenset({"expires", "signature"}))


def _certificate(call: Call, rules: ClientCertificate) -> Admitted:
    if not call.is_proxied:
        raise RefusedError(FORBIDDEN, "no trusted proxy sent it, so what it says of a certificate does not count")
    if not _is_same(call.headers.get(rules.header, ""), rules.expected):
        raise RefusedError(FORBIDDEN, "the proxy has not verified a client certificate")
    subject = call.headers.get(rules.subject_header, "")
    if rules.subjects and subject not in rules.subjects:
        raise RefusedError(FORBIDDEN, "the certificate's subject is not on the list")
    return Admitted()


def bearer_token(call: Call, header: str) -> str:
    """The token in a header, with or without the word Bearer; in ``Authorization`` the word must be there."""
    given = call.headers.get(header, "").strip()
    scheme, _, token = given.partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    if header.lower() == "authorization" or not given:
        raise RefusedError(UNAUTHORISED, f"the header {header} holds no token", "Bearer")
    return given


def _is_same(given: str, wanted: str) -> bool:
    """Compare without telling by the time it takes; nothing is never the same as nothing."""
    return bool(wanted) and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


def _fits(wanted: str, secret: Mapping[str, Any]) -> bool:
    return str(secret.get("type", wanted)) == wanted
