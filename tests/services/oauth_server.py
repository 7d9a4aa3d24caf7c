"""An authorization server for tests: consent, codes bound by PKCE, refresh tokens that count once, a resource."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode

from tests.nodes.servers import Answer, Seen, WebServer, web_server

CLIENT, SECRET = "us", "client:secret/+"


class OAuthServer:
    """What it gave out, and to whom."""

    def __init__(self, server: WebServer) -> None:
        self.url = server.url
        self.codes: dict[str, dict[str, str]] = {}
        self.refresh: set[str] = set()
        self.access: set[str] = set()
        self.count = 0
        self.grants: list[str] = []
        self.seconds = 3600
        server.answers |= {"/authorize": self.authorize, "/token": self.token, "/me": self.me}

    def authorize(self, seen: Seen) -> Answer:
        """Consents at once."""
        asked = {name: values[0] for name, values in seen.query.items()}
        if asked.get("client_id") != CLIENT or asked.get("response_type") != "code":
            return Answer({"error": "invalid_request"}, 400)
        code = self._next("code")
        self.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return Answer(b"", 302, {"Location": f"{asked['redirect_uri']}?{back}"})

    def token(self, seen: Seen) -> Answer:
        given = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        if not self._knows(seen, given):
            return Answer({"error": "invalid_client"}, 401)
        self.grants.append(given["grant_type"])
        if given["grant_type"] == "authorization_code":
            asked = self.codes.pop(given.get("code", ""), None)
            if asked is None or asked["redirect_uri"] != given.get("redirect_uri") or not _proves(asked, given):
                return Answer({"error": "invalid_grant"}, 400)
        elif given["grant_type"] == "refresh_token":
            if given["refresh_token"] not in self.refresh:
                self.refresh.clear()
                return Answer({"error": "invalid_grant"}, 400)
            self.refresh.discard(given["refresh_token"])
        access, again = self._next("access"), self._next("refresh")
        self.access = {access}
        self.refresh.add(again)
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": self.seconds, "refresh_token": again}
        return Answer(answer)

    def me(self, seen: Seen) -> Answer:
        is_known = seen.headers.get("authorization", "").removeprefix("Bearer ") in self.access
        return Answer({"name": "Ann"}) if is_known else Answer({"error": "invalid_token"}, 401)

    def values(self, **more: Any) -> dict[str, Any]:
        """What a credential for this server says."""
        return {
            "client_id": CLIENT, "client_secret": SECRET, "token_url": f"{self.url}/token",
            "authorization_url": f"{self.url}/authorize", "scope": "read write",
            "authorization_fields": {"access_type": "offline"}, **more,
        }  # fmt: skip

    def _next(self, kind: str) -> str:
        self.count += 1
        return f"{kind}-token-{self.count}"

    def _knows(self, seen: Seen, given: dict[str, str]) -> bool:
        scheme, _, pair = seen.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            name, _, secret = base64.b64decode(pair).decode().partition(":")
            return (unquote_plus(name), unquote_plus(secret)) == (CLIENT, SECRET)
        return (given.get("client_id"), given.get("client_secret")) == (CLIENT, SECRET)


def _proves(asked: dict[str, str], given: dict[str, str]) -> bool:
    if "code_challenge" not in asked:
        return "code_verifier" not in given
    hashed = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
    is_hashed = asked["code_challenge_method"] == "S256"
    return is_hashed and base64.urlsafe_b64encode(hashed).decode().rstrip("=") == asked["code_challenge"]


@contextmanager
def oauth_server() -> Iterator[OAuthServer]:
    """A running server."""
    with web_server() as server:
        yield OAuthServer(server)
