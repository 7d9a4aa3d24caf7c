"""Groups of parameters the nodes of this family share: pairs, sign-in, body, response, pages."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.sdk import Credential, Field, Model

CREDENTIALS = (
    Credential("auth", ("http.basic", "http.bearer", "http.header", "http.query", "http.digest", "http.custom",
                        "oauth1", "oauth2.client_credentials", "oauth2.authorization_code", "aws")),
    Credential("tls", ("tls.client",)),
)  # fmt: skip
"""Slots for secrets."""

AuthKind = Literal["none", "basic", "bearer", "header", "query", "digest", "oauth1", "oauth2", "aws", "custom"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
ArrayFormat = Literal["brackets", "indices", "repeat"]


class Pair(Model):
    """A name and a value; a multipart body's pair may name an attachment instead of a value."""

    name: str = Field(description="Name of the field.")
    value: Any = Field("", description="Value of the field.")
    file: str | None = Field(None, description="Attachment of the item to send as a file, in a multipart body.")


Fields = dict[str, Any] | list[Pair] | str
"""Names and values: an object, a list of pairs (names may repeat), or the JSON text of an object."""


class Auth(Model):
    """How a request signs in. A credential in the slot ``auth`` fills or replaces these fields."""

    kind: AuthKind = Field("none", description="How the request signs in.")
    user: str = Field("", description="User name.", show={"kind": ["basic", "digest"]})
    password: str = Field("", description="Password.", secret=True, show={"kind": ["basic", "digest"]})
    token: str = Field("", description="Token to send.", secret=True, show={"kind": ["bearer", "oauth1", "aws"]})
    refresh_token: str = Field(
        "", description="Fetches another token when this one is no longer taken.", secret=True, show={"kind": "oauth2"}
    )
    token_secret: str = Field("", description="Secret of the token.", secret=True, show={"kind": "oauth1"})
    name: str = Field("", description="Name of the header or query field.", show={"kind": ["header", "query"]})
    value: str = Field("", description="Its value.", secret=True, show={"kind": ["header", "query"]})
    client_id: str = Field("", description="Client or access key id.", show={"kind": ["oauth1", "oauth2", "aws"]})
    client_secret: str = Field(
        "", description="Client or access key secret.", secret=True, show={"kind": ["oauth1", "oauth2", "aws"]}
    )
    token_url: str = Field("", description="Where access tokens are fetched.", show={"kind": "oauth2"})
    scope: str = Field("", description="Scopes to ask for, separated by spaces.", show={"kind": "oauth2"})
    audience: str = Field("", description="Audience to ask a token for.", show={"kind": "oauth2"})
    client_in: Literal["header", "body"] = Field(
        "header", description="Where the client's id and secret are sent when a token is fetched.",
        show={"kind": "oauth2"},
    )  # fmt: skip
    region: str = Field("", description="Region of the service.", placeholder="eu-central-1", show={"kind": "aws"})
    service: str = Field("", description="Name of the service.", placeholder="s3", show={"kind": "aws"})
    headers: dict[str, str] = Field({}, description="Headers to add.", secret=True, show={"kind": "custom"})
    query: dict[str, Any] = Field({}, description="Query fields to add.", secret=True, show={"kind": "custom"})
    body: dict[str, Any] = Field(
        {}, description="Fields to add to a JSON or form body.", secret=True, show={"kind": "custom"}
    )


class Body(Model):
    """What a request sends."""

    kind: Literal["none", "json", "form", "multipart", "text", "binary"] = Field(
        "none", description="What kind of body is sent."
    )
    fields: Fields = Field(
        {}, description="Fields of the body.", widget="key-value", show={"kind": ["json", "form", "multipart"]}
    )
    content: Any = Field(
        None, description="The whole body, in place of fields.", widget="json", show={"kind": ["json", "form", "text"]}
    )
    nested: bool = Field(
        False, description="Whether names such as a.b stand for fields inside fields.", show={"kind": "json"}
    )
    content_type: str = Field("", description="Content type to send.", show={"kind": ["text", "binary"]})
    attachment: str = Field("data", description="Attachment to send.", show={"kind": "binary"})


class Response(Model):
    """What becomes of the answer."""

    format: Literal["auto", "json", "text", "file"] = Field("auto", description="How the answer is read.")
    field: str = Field("data", description="Field or attachment that gets a text or a file.")
    full: bool = Field(False, description="Whether status and headers are given besides the body.")
    never_error: bool = Field(False, description="Whether an answer with an error status counts as success.")
    split: bool = Field(True, description="Whether a JSON list becomes one item per entry.")


class Redirects(Model):
    """Whether redirects are followed."""

    follow: Literal["always", "get", "never"] = Field(
        "always", description="When redirects are followed; 'get' leaves out requests that send something."
    )
    limit: int = Field(21, ge=0, description="How many redirects are followed at most.")
    send_credentials: bool = Field(False, description="Whether sign-in goes along to another host.")


class Batching(Model):
    """Requests in groups, to spare the other side."""

    size: int = Field(0, ge=0, description="Items sent before a pause; 0 for no pauses.")
    interval: float = Field(1.0, ge=0, description="Seconds to wait between groups.")


class PageParameter(Model):
    """A part of the request that changes from page to page."""

    place: Literal["query", "header", "body"] = Field("query", description="Where the parameter stands.")
    name: str = Field(description="Name of the parameter.")
    value: Any = Field(description="Its value, usually an expression with $pageCount or $response.")


class Pagination(Model):
    """How the next page is asked for. Expressions here see ``$response``, ``$request`` and ``$pageCount``."""

    mode: Literal["off", "next_url", "parameter"] = Field("off", description="How the next page is asked for.")
    next_url: str = Field("", description="URL of the next page.", show={"mode": "next_url"})
    parameters: list[PageParameter] = Field(
        [], description="Parts that change with each page.", show={"mode": "parameter"}
    )
    until: Literal["empty", "status", "expression"] = Field(
        "empty", description="When the last page was read.", show={"mode": ["next_url", "parameter"]}
    )
    status_codes: list[int] | str = Field(
        [404], description="Status codes that end it; a list or text with commas.", show={"until": "status"}
    )
    complete: Any = Field("", description="Expression that is true at the last page.", show={"until": "expression"})
    max_requests: int | str | None = Field(100, description="Most requests for one item; nothing for no limit.")
    interval: float | str = Field(0.0, description="Seconds to wait between requests.")
