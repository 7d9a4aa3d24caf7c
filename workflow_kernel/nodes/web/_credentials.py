"""Credential types for calling web services: user and password, keys, tokens, signatures, client certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from workflow_kernel.sdk import Field, NodeError
from workflow_kernel.sdk.credentials import CredentialType, Trying, credential_type

if TYPE_CHECKING:
    import httpx

_URL = r"^https?://[^\s/]+"


class WebCredential(CredentialType):
    """Base of those the HTTP request node signs in with."""

    allowed_hosts: list[str] = Field(
        [], max_length=100, section="Limits",
        description="Hosts it may be sent to, e.g. api.example.com or *.example.com; any when empty.",
    )  # fmt: skip

    async def try_out(self, trying: Trying) -> str:
        """Get the URL; it works unless the service says that it does not know who asks."""
        return await _request(self.spec.type, self.for_nodes(None), trying)


@credential_type("http.basic", title="User and password", trial="url", imports=("httpBasicAuth",))
class Basic(WebCredential):
    """A user name and a password, sent with each request."""

    user: str = Field(min_length=1, max_length=1000, description="User name.")
    password: str = Field("", max_length=10_000, description="Password.", secret=True)


@credential_type("http.digest", title="User and password (digest)", trial="url", imports=("httpDigestAuth",))
class Digest(WebCredential):
    """A user name and a password that is never sent itself."""

    user: str = Field(min_length=1, max_length=1000, description="User name.")
    password: str = Field("", max_length=10_000, description="Password.", secret=True)


@credential_type("http.bearer", title="Bearer token", trial="url", imports=("httpBearerAuth",))
class Bearer(WebCredential):
    """A token, sent in the header Authorization."""

    token: str = Field(min_length=1, max_length=100_000, description="Token.", secret=True)


@credential_type("http.header", title="Header", trial="url", imports=("httpHeaderAuth",))
class Header(WebCredential):
    """A header that carries a key."""

    name: str = Field(min_length=1, max_length=200, pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", description="Header.")
    value: str = Field(min_length=1, max_length=100_000, description="What it says.", secret=True)


@credential_type("http.query", title="Query field", trial="url", imports=("httpQueryAuth",))
class Query(WebCredential):
    """A field of the URL's query that carries a key."""

    name: str = Field(min_length=1, max_length=200, description="Name of the field.")
    value: str = Field(min_length=1, max_length=100_000, description="What it says.", secret=True)


@credential_type("http.custom", title="Headers, query and body", trial="url", imports=("httpCustomAuth",))
class Custom(WebCredential):
    """Any headers, query fields and fields of a JSON or form body."""

    headers: dict[str, str] = Field({}, description="Headers.", widget="key-value", secret=True)
    query: dict[str, str] = Field({}, description="Query fields.", widget="key-value", secret=True)
    body: dict[str, str] = Field({}, description="Fields of the body.", widget="key-value", secret=True)


@credential_type("oauth1", title="OAuth 1", trial="url", imports=("oAuth1Api",))
class OAuth1(WebCredential):
    """A consumer's key and a user's token; each request is signed by HMAC-SHA1."""

    client_id: str = Field(min_length=1, max_length=1000, description="Consumer key.")
    client_secret: str = Field(min_length=1, max_length=10_000, description="Consumer secret.", secret=True)
    token: str = Field("", max_length=10_000, description="The user's token.", secret=True)
    token_secret: str = Field("", max_length=10_000, description="Secret of the user's token.", secret=True)


class OAuth2Client(WebCredential):
    """What both ways of OAuth 2 need."""

    client_id: str = Field(min_length=1, max_length=1000, description="Client id.")
    client_secret: str = Field(
        "", max_length=10_000, description="Client secret; none for public clients.", secret=True
    )
    token_url: str = Field(max_length=2000, pattern=_URL, description="Where tokens are fetched.")
    scope: str = Field("", max_length=5000, description="Scopes to ask for, separated by spaces.")
    audience: str = Field("", max_length=2000, description="Audience to ask a token for.")
    client_in: Literal["header", "body"] = Field("header", description="Where client id and secret are sent.")


@credential_type("oauth2.client_credentials", title="OAuth 2, for a program", trial="itself")
class ClientCredentials(OAuth2Client):
    """A program's id and secret, for which a server gives tokens."""

    async def try_out(self, trying: Trying) -> str:
        """Fetch a token, and get the URL with it where one is given."""
        from workflow_kernel.nodes.web import _auth
        from workflow_kernel.nodes.web._models import Auth

        auth = _auth.filled(Auth(), {**self.for_nodes(None), "type": self.spec.type})
        answer = await _auth.token_grant(auth).fetch(trying.http)
        if trying.url:
            values = {"token": str(answer["access_token"]), "allowed_hosts": self.allowed_hosts}
            return await _request("http.bearer", values, trying)
        return f"{self.token_url} gave a token."


@credential_type(
    "oauth2.authorization_code",
    title="OAuth 2, for a person",
    trial="itself",
    grant="authorization_code",
    imports=("oAuth2Api",),
)
class AuthorizationCode(OAuth2Client):
    """A person's consent: they sign in at the service once, and its tokens are renewed from then on."""

    authorization_url: str = Field(max_length=2000, pattern=_URL, description="Where people are asked for consent.")
    authorization_fields: dict[str, str] = Field(
        {}, description="Further fields of that request, e.g. access_type: offline.", widget="key-value"
    )
    pkce: bool = Field(True, description="Whether the code is bound to us by a proof key (PKCE).")

    def for_nodes(self, token: Mapping[str, Any] | None) -> dict[str, Any]:
        """The access token alone: what renews it stays in the vault."""
        if not token or not token.get("access_token"):
            raise NodeError("Nobody has signed in at the service yet.", mend="Open the credential and connect it.")
        return {"token": str(token["access_token"]), "allowed_hosts": self.allowed_hosts}

    async def try_out(self, trying: Trying) -> str:
        """Get the URL with the token, where one is given."""
        values = self.for_nodes(trying.token)
        return await _request("http.bearer", values, trying) if trying.url else "It is connected."


@credential_type("aws", title="AWS", trial="url", imports=("aws",))
class Aws(WebCredential):
    """An access key of AWS; each request is signed by signature version 4."""

    client_id: str = Field(min_length=1, max_length=200, title="Access key id", description="Id of the access key.")
    client_secret: str = Field(
        min_length=1, max_length=1000, title="Secret access key", description="The access key's secret.", secret=True
    )
    token: str = Field("", max_length=10_000, description="Session token of temporary keys.", secret=True)
    region: str = Field("us-east-1", max_length=50, description="Region of the service.")
    service: str = Field("", max_length=50, description="Name of the service; nodes may say another.")


@credential_type("tls.client", title="Client certificate", trial="url", imports=("httpSslAuth",))
class ClientCertificate(CredentialType):
    """A certificate that shows a server who calls, and the authority that vouches for the server."""

    certificate: str = Field("", max_length=100_000, description="Certificate, as PEM.", widget="multiline")
    key: str = Field("", max_length=100_000, description="Its key, as PEM.", widget="multiline", secret=True)
    passphrase: str = Field("", max_length=1000, description="Opens the key.", secret=True)
    authority: str = Field(
        "", max_length=1_000_000, description="Certificates of authorities, as PEM.", widget="multiline"
    )

    async def try_out(self, trying: Trying) -> str:
        """Get the URL over TLS with the certificate."""
        from workflow_kernel.nodes.web import _client

        client = _client.variant(trying.http, _client.tls_context(self.model_dump(), ignore=False), None)
        try:
            return await _get(client, trying, None)
        finally:
            if client is not trying.http:
                await client.aclose()


async def _request(kind: str, values: Mapping[str, Any], trying: Trying) -> str:
    from datetime import UTC, datetime

    from workflow_kernel.nodes.web import _auth
    from workflow_kernel.nodes.web._models import Auth

    auth = _auth.filled(Auth(), {**values, "type": kind})
    sign = _auth.sign_in_by(auth, lambda: datetime.fromtimestamp(trying.now, UTC), trying.http)
    return await _get(trying.http, trying, sign._replace(hosts=tuple(values.get("allowed_hosts") or ())))


async def _get(client: httpx.AsyncClient, trying: Trying, sign: Any) -> str:
    from workflow_kernel.nodes.web import _auth, _client
    from workflow_kernel.nodes.web._models import Redirects
    from workflow_kernel.nodes.web._values import shown

    if not trying.url:
        raise NodeError(
            "It takes an address to try this credential out.", mend="Give the URL of a request that needs it."
        )
    request = _client.make_request(client, "GET", trying.url, {"accept": "*/*"}, {})
    response = await _client.send(client, request, sign or _auth.SignIn(), Redirects(), trying.timeout)
    await response.aclose()
    told = f"GET {shown(trying.url)} answered {response.status_code} {response.reason_phrase}."
    if response.status_code in (401, 403, 407):
        raise NodeError(told, mend="Check the credential's values, and what it may do.")
    return told
