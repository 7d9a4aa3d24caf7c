"""Signing in with an account elsewhere: OpenID Connect (Google, Microsoft, any issuer), and GitHub's OAuth 2.

The authorization code flow with PKCE, state and nonce. This module asks the provider; who that makes somebody here is
for ``services.sign_on`` to say.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import httpx
import jwt
import msgspec

from workflow_kernel.base.errors import NotSignedInError, WorkflowError
from workflow_kernel.base.settings import SignOnProvider

TIMEOUT = 10.0
_KEPT_FOR = 3600.0
_ASKED_AGAIN_AFTER = 30.0
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures with a public key alone: a provider's keys are public, so nothing may be signed with one as a secret."""

_ISSUERS = {"google": "https://accounts.google.com", "microsoft": "https://login.microsoftonline.com/common/v2.0"}
_TENANT = "{tenantid}"


class Identified(msgspec.Struct, frozen=True):
    """Who a provider says somebody is.

    Parameters
    ----------
    issuer, subject: name them for ever. email: ``is_verified`` when the provider vouches for it. name: for people.
    factors: what they showed there, as far as it tells (``mfa``).
    """

    issuer: str
    subject: str
    email: str = ""
    is_verified: bool = False
    name: str = ""
    factors: tuple[str, ...] = ()


class Proof(msgspec.Struct, frozen=True):
    """What one attempt to sign in keeps secret, from its start to its end."""

    state: str
    nonce: str
    verifier: str
    redirect: str


class Provider(Protocol):
    """A place to sign in."""

    async def address(self, proof: Proof) -> str:
        """Where to send the browser."""
        ...

    async def identify(self, code: str, proof: Proof) -> Identified:
        """Who came back with a code. Raises ``NotSignedInError`` when anything is not as it must be."""
        ...


def provider(settings: SignOnProvider, client: httpx.AsyncClient) -> Provider:
    """The provider that settings describe."""
    if settings.kind == "github":
        return GitHub(settings, client)
    return OpenId(settings, client)


class OpenId:
    """An OpenID Connect provider.

    Parameters
    ----------
    settings: which. client: asks it.
    """

    def __init__(self, settings: SignOnProvider, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._client = client
        self._issuer = (settings.issuer or _ISSUERS.get(settings.kind, "")).rstrip("/")
        check_address(self._issuer, settings.name)
        self._described: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, jwt.PyJWKSet] | None = None

    async def address(self, proof: Proof) -> str:
        """See the contract."""
        described = await self._describe()
        scopes = self._settings.scopes or ["openid", "email", "profile"]
        return authorization(described["authorization_endpoint"], self._settings, scopes, proof, nonce=proof.nonce)

    async def identify(self, code: str, proof: Proof) -> Identified:
        """See the contract."""
        described = await self._describe()
        found = await exchange(self._client, described["token_endpoint"], self._settings, code, proof)
        claims = await self._claims(str(found.get("id_token", "")), described, proof.nonce)
        if "email" not in claims and "userinfo_endpoint" in described:
            claims = claims | await self._more(described["userinfo_endpoint"], found, claims["sub"])
        methods = claims.get("amr")
        return Identified(
            issuer=str(claims["iss"]),
            subject=str(claims["sub"]),
            email=str(claims.get("email") or ""),
            is_verified=claims.get("email_verified") is True or claims.get("xms_edov") is True,
            name=str(claims.get("name") or "")[:200],
            factors=("mfa",) if isinstance(methods, list) and "mfa" in methods else (),
        )

    async def _describe(self) -> Mapping[str, Any]:
        if self._described is not None and self._described[0] > time.monotonic():
            return self._described[1]
        found: Mapping[str, Any] = await ask(self._client, "GET", f"{self._issuer}/.well-known/openid-configuration")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            check_address(str(found.get(name, "")), self._settings.name)
        if _TENANT not in str(found.get("issuer")) and str(found.get("issuer")).rstrip("/") != self._issuer:
            raise refused(f"'{self._settings.name}' says it is another issuer than the settings do")
        self._described = (time.monotonic() + _KEPT_FOR, found)
        return found

    async def _claims(self, token: str, described: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        try:
            key = await self._key(jwt.get_unverified_header(token), str(described["jwks_uri"]))
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=_ALGORITHMS, audience=self._settings.client_id, leeway=60,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )  # fmt: skip
        except jwt.PyJWTError as error:
            raise refused(f"its ID token does not count ({type(error).__name__})") from None
        issuer = str(described["issuer"]).replace(_TENANT, str(claims.get("tid", "")))
        if str(claims["iss"]).rstrip("/") != issuer.rstrip("/"):
            raise refused("its ID token is of another issuer")
        if claims.get("nonce") != nonce:
            raise refused("its ID token belongs to another attempt")
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != self._settings.client_id:
            raise refused("its ID token was made for somebody else")
        return claims

    async def _key(self, header: Mapping[str, Any], address: str) -> jwt.PyJWK:
        """The key that signed; keys are loaded anew when it is not known, but not too often."""
        now = time.monotonic()
        for _ in range(2):
            if self._keys is None or self._keys[0] + _KEPT_FOR < now:
                self._keys = (now, jwt.PyJWKSet.from_dict(await ask(self._client, "GET", address)))
            keys = [key for key in self._keys[1].keys if header.get("kid") in (None, key.key_id)]
            if len(keys) == 1:
                return keys[0]
            if self._keys[0] + _ASKED_AGAIN_AFTER > now:
                break
            self._keys = None
        raise refused("its ID token is signed with a key it does not publish")

    async def _more(self, address: str, found: Mapping[str, Any], subject: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {found.get('access_token', '')}"}
        more = await ask(self._client, "GET", address, headers=headers)
        if more.get("sub") != subject:
            raise refused("it told about somebody else")
        return {name: more[name] for name in ("email", "email_verified", "name") if name in more}


class GitHub:
    """GitHub, or a GitHub Enterprise Server (``issuer`` is its address).

    Parameters
    ----------
    settings: which. client: asks it.
    """

    def __init__(self, settings: SignOnProvider, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._client = client
        self._site = (settings.issuer or "https://github.com").rstrip("/")
        self._api = "https://api.github.com" if not settings.issuer else f"{self._site}/api/v3"
        check_address(self._site, settings.name)

    async def address(self, proof: Proof) -> str:
        """See the contract."""
        scopes = self._settings.scopes or ["read:user", "user:email"]
        return authorization(f"{self._site}/login/oauth/authorize", self._settings, scopes, proof)

    async def identify(self, code: str, proof: Proof) -> Identified:
        """See the contract."""
        found = await exchange(
            self._client, f"{self._site}/login/oauth/access_token", self._settings, code, proof
        )  # fmt: skip
        headers = {"Authorization": f"Bearer {found.get('access_token', '')}", "Accept": "application/vnd.github+json"}
        user = await ask(self._client, "GET", f"{self._api}/user", headers=headers)
        emails = await ask(self._client, "GET", f"{self._api}/user/emails", headers=headers)
        if not isinstance(user.get("id"), int) or not isinstance(emails, list):
            raise refused("it did not tell who it is")
        primary = next((one for one in emails if isinstance(one, dict) and one.get("primary")), {})
        return Identified(
            self._site, str(user["id"]), str(primary.get("email") or ""), primary.get("verified") is True,
            str(user.get("name") or user.get("login") or "")[:200],
        )  # fmt: skip


def authorization(address: str, settings: SignOnProvider, scopes: list[str], proof: Proof, **more: str) -> str:
    """The address of the page where somebody says yes."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(proof.verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code", "client_id": settings.client_id, "redirect_uri": proof.redirect,
        "scope": " ".join(scopes), "state": proof.state, "code_challenge": challenge, "code_challenge_method": "S256",
        **more,
    }  # fmt: skip
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


async def exchange(
    client: httpx.AsyncClient, address: str, settings: SignOnProvider, code: str, proof: Proof
) -> Mapping[str, Any]:
    """The tokens for a code."""
    body = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": proof.redirect,
        "client_id": settings.client_id, "code_verifier": proof.verifier,
    }  # fmt: skip
    if secret := settings.client_secret.get_secret_value():
        body["client_secret"] = secret
    found = await ask(client, "POST", address, data=body, headers={"Accept": "application/json"})
    if not isinstance(found, dict) or "error" in found:
        raise refused("it did not take the code")
    return found


async def ask(client: httpx.AsyncClient, method: str, address: str, **more: Any) -> Any:
    """JSON from a provider. Raises ``NotSignedInError`` without a word of what it answered: that may be secret."""
    try:
        answer = await client.request(method, address, timeout=TIMEOUT, **more)
        answer.raise_for_status()
        return answer.json()
    except httpx.HTTPStatusError as error:
        raise refused(f"it answered with status {error.response.status_code}") from None
    except (httpx.HTTPError, ValueError) as error:
        raise refused(f"it cannot be asked ({type(error).__name__})") from None


def refused(reason: str) -> NotSignedInError:
    """Signing in there did not work."""
    return NotSignedInError(
        f"Signing in there failed: {reason}.", code="WF723", mend="Try again; else ask an administrator."
    )


def check_address(address: str, name: str) -> None:
    """Raise ``WorkflowError`` unless an address is safe to send secrets to: HTTPS, or this machine."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")):
        return
    raise WorkflowError(
        f"The sign-on provider '{name}' has no usable address: '{address}'.", code="WF723",
        mend="Give the issuer as https://... in WORKFLOW_SIGN_ON.",
    )  # fmt: skip
