"""Providers to sign in at, for tests: a real OpenID Connect server in a process of its own, and one that may lie."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.nodes.servers import Answer, Seen, WebServer
from tests.servers import free_port

CLIENT = "workflow"


@contextmanager
def openid_server(*people: Mapping[str, Any]) -> Iterator[str]:
    """A running provider that knows people by their claims; gives its issuer."""
    port = free_port()
    arguments = [part for person in people for part in ("--user-claims", json.dumps(person))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *arguments]
    issuer = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(500):
                try:
                    httpx.get(f"{issuer}/.well-known/openid-configuration")
                    break
                except httpx.TransportError:
                    time.sleep(0.02)
            yield issuer
        finally:
            process.terminate()


async def say_yes(address: str, subject: str) -> dict[str, str]:
    """What a browser does at the provider: choose who one is, agree. Gives the query it comes back with."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(address, data={"sub": subject})
    assert answer.status_code in (302, 303), answer.text
    return query_of(answer.headers["location"])


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


class LyingProvider:
    """A provider that checks PKCE, and whose ID token a test can change.

    Parameters
    ----------
    web: serves it. claims: more of the ID token, or others. sign: makes a token of claims.
    """

    def __init__(self, web: WebServer) -> None:
        self.web = web
        self.issuer = web.url
        self.claims: dict[str, Any] = {}
        self.key: Any = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.sign = self._signed
        self.query: dict[str, str] = {}
        web.answers |= {
            "/.well-known/openid-configuration": Answer({
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
            }),
            "/jwks": lambda _: Answer({"keys": [self._public()]}),
            "/token": self._token,
        }  # fmt: skip

    def come_back(self, address: str) -> dict[str, str]:
        """What the browser comes back with from the page at an address."""
        self.query = query_of(address)
        return {"state": self.query["state"], "code": "the-code"}

    def _signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})

    def _public(self) -> dict[str, Any]:
        made = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return made | {"kid": "one", "use": "sig", "alg": "RS256"}

    def _token(self, seen: Seen) -> Answer:
        body = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        digest = hashlib.sha256(body["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_right = challenge == self.query["code_challenge"] and body["redirect_uri"] == self.query["redirect_uri"]
        if not is_right or body["code"] != "the-code" or body["client_secret"] != "s3cret":
            return Answer({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "42", "iat": now, "exp": now + 60,
            "nonce": self.query["nonce"], "email": "ada@example.com", "email_verified": True, **self.claims,
        }  # fmt: skip
        token = self.sign(claims)
        return Answer({"access_token": "a", "token_type": "Bearer", "id_token": token})
