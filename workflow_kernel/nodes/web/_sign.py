"""Signing requests: OAuth 1, AWS signature version 4, and OAuth 2 tokens. Used by ``_auth``."""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import secrets
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

from workflow_kernel.nodes.web._models import Auth
from workflow_kernel.sdk import NodeError

Clock = Callable[[], datetime]

_tokens: weakref.WeakKeyDictionary[httpx.AsyncClient, dict[tuple[str, ...], tuple[str, float]]] = (
    weakref.WeakKeyDictionary()
)
"""Access tokens and when they end, as long as the client they were fetched with lives."""


def _quote(text: str) -> str:
    return quote(text, safe="-._~")


class OAuth1(httpx.Auth):
    """Signs a request by OAuth 1.0a with HMAC-SHA1.

    Parameters
    ----------
    client_id, client_secret: the consumer's. token, token_secret: the user's. now: the clock.
    """

    requires_request_body = True

    def __init__(self, client_id: str, client_secret: str, token: str, token_secret: str, now: datetime) -> None:
        self._client_id, self._client_secret = client_id, client_secret
        self._token, self._token_secret = token, token_secret
        self._now = now

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the Authorization header."""
        values = {
            "oauth_consumer_key": self._client_id,
            "oauth_nonce": secrets.token_hex(16),
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": str(int(self._now.timestamp())),
            "oauth_version": "1.0",
        }
        if self._token:
            values["oauth_token"] = self._token
        values["oauth_signature"] = self.signature(request, values)
        text = ", ".join(f'{_quote(key)}="{_quote(value)}"' for key, value in sorted(values.items()))
        request.headers["authorization"] = f"OAuth {text}"
        yield request

    def signature(self, request: httpx.Request, values: dict[str, str]) -> str:
        """The signature over method, URL and all fields."""
        parts = urlsplit(str(request.url))
        fields = parse_qsl(parts.query, keep_blank_values=True) + list(values.items())
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            fields += parse_qsl(request.content.decode(), keep_blank_values=True)
        encoded = "&".join(f"{k}={v}" for k, v in sorted((_quote(k), _quote(v)) for k, v in fields))
        address = f"{parts.scheme}://{parts.netloc.lower()}{parts.path or '/'}"
        base = "&".join((request.method.upper(), _quote(address), _quote(encoded)))
        key = f"{_quote(self._client_secret)}&{_quote(self._token_secret)}"
        return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


class AwsSignature(httpx.Auth):
    """Signs a request by AWS signature version 4.

    Parameters
    ----------
    auth: id and secret of the account's key, a token for temporary ones, region and service as in the host name.
    now: the clock.
    """

    requires_request_body = True

    def __init__(self, auth: Auth, now: datetime) -> None:
        self._key_id, self._secret, self._token = auth.client_id, auth.client_secret, auth.token
        self._region, self._service = auth.region, auth.service
        self._now = now.astimezone(UTC)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the headers of the signature."""
        stamp = self._now.strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(request.content).hexdigest()
        request.headers["x-amz-date"] = stamp
        if self._service == "s3":
            request.headers["x-amz-content-sha256"] = digest
        if self._token:
            request.headers["x-amz-security-token"] = self._token
        signed = sorted(
            name for name in request.headers if name in ("host", "content-type") or name.startswith("x-amz-")
        )
        headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in signed)
        path = request.url.raw_path.split(b"?")[0].decode()
        if self._service != "s3":
            path = quote(path, safe="/-._~")
        fields = parse_qsl(request.url.query.decode(), keep_blank_values=True)
        query = "&".join(f"{key}={value}" for key, value in sorted((_quote(k), _quote(v)) for k, v in fields))
        names = ";".join(signed)
        canonical = "\n".join((request.method, path or "/", query, headers, names, digest))
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}"
        key = f"AWS4{self._secret}".encode()
        for part in (*scope.split("/"),):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        request.headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        yield request


class FetchedToken(httpx.Auth):
    """Sends an access token by OAuth 2: a given one until the service no longer takes it, then fetched ones.

    Parameters
    ----------
    client: fetches the token. grant: the token request's URL, client and fields. now: the clock. given: a token
    to begin with; empty fetches one at once.
    """

    def __init__(self, client: httpx.AsyncClient, grant: TokenGrant, now: Clock, given: str = "") -> None:
        self._client, self._grant, self._now, self._given = client, grant, now, given

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the token; fetch a new one when the service no longer takes it."""
        token, was_kept = await self._token()
        request.headers["authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401 and was_kept:
            newer, _ = self._kept()
            # Another item's request may have fetched one meanwhile.
            token = newer if newer != token else await self._fetch()
            request.headers["authorization"] = f"Bearer {token}"
            yield request

    def _kept(self) -> tuple[str, float]:
        return _tokens.get(self._client, {}).get(self._grant.key, (self._given, math.inf))

    async def _token(self) -> tuple[str, bool]:
        token, end = self._kept()
        if token and end > self._now().timestamp():
            return token, True
        return await self._fetch(), False

    async def _fetch(self) -> str:
        answer = await self._grant.fetch(self._client)
        token = str(answer["access_token"])
        end = self._now().timestamp() + float(answer.get("expires_in") or 300) - 30
        _tokens.setdefault(self._client, {})[self._grant.key] = (token, end)
        return token


class RenewedToken(httpx.Auth):
    """Sends an access token that somebody else renews when the service no longer takes it.

    Parameters
    ----------
    token: to begin with. newer: gives one newer than the one used, or the same again.
    """

    def __init__(self, token: str, newer: Callable[[str], Awaitable[str]]) -> None:
        self._token, self._newer = token, newer

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the token; ask for a newer one when the service no longer takes it."""
        used = self._token
        request.headers["authorization"] = f"Bearer {used}"
        response = yield request
        if response.status_code == 401:
            self._token = await self._newer(used)
            if self._token != used:
                request.headers["authorization"] = f"Bearer {self._token}"
                yield request


class TokenGrant:
    """A request for an access token.

    Parameters
    ----------
    url: of the token endpoint. client_id, client_secret: who asks. fields: scope, audience, or another grant's.
    in_body: where the client's id and secret go.
    """

    def __init__(self, url: str, client_id: str, client_secret: str, fields: dict[str, str], in_body: bool) -> None:
        self.url, self.client_id, self.client_secret = url, client_id, client_secret
        self.fields = {"grant_type": "client_credentials", **{k: v for k, v in fields.items() if v}}
        self.in_body = in_body

    @property
    def key(self) -> tuple[str, ...]:
        """What tokens are kept under."""
        return (self.url, self.client_id, self.client_secret, *self.fields.values())

    async def fetch(self, client: httpx.AsyncClient) -> dict[str, Any]:
        """The token endpoint's answer. Raises ``NodeError`` when it gives none."""
        fields = dict(self.fields)
        auth: httpx.Auth = httpx.BasicAuth(self.client_id, self.client_secret)
        if self.in_body:
            fields |= {"client_id": self.client_id, "client_secret": self.client_secret}
            auth = httpx.Auth()
        try:
            response = await client.post(self.url, data=fields, auth=auth, headers={"accept": "application/json"})
            answer = response.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise NodeError(
                f"No access token could be fetched from {self.url}: {type(error).__name__}.",
                mend="Check the token URL of the credential.",
            ) from None
        if response.status_code >= 400 or not isinstance(answer, dict) or not answer.get("access_token"):
            reason = answer.get("error_description") or answer.get("error") if isinstance(answer, dict) else ""
            raise NodeError(
                f"{self.url} gave no access token ({response.status_code}{f': {reason}' if reason else ''}).",
                mend="Check client id, client secret and scope of the credential.",
            )
        return answer
