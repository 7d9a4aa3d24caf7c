"""What a webhook asks of its callers and answers them with, as parameters a node type may have.

``auth.webhooks`` checks requests against these; ``services.webhooks`` answers by them. Trigger node types of other
packages use the same groups, so that every webhook is kept the same way.
"""

from __future__ import annotations

import re
from typing import Literal

from workflow_kernel.sdk.node import Credential
from workflow_kernel.sdk.parameters import Field, Model

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
AuthKind = Literal[
    "none", "basic", "header", "query", "bearer", "jwt", "signature", "signed_url", "client_certificate"
]  # fmt: skip
Respond = Literal["at_once", "last_node", "respond_node", "stream"]
JwtAlgorithm = Literal[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"
]  # fmt: skip

CREDENTIALS = (Credential("auth", ("http.basic", "http.header", "http.query", "http.bearer", "jwt", "webhook.secret")),)
"""The slot of the secret that callers must know."""

SECRETS: dict[AuthKind, str] = {
    "basic": "http.basic", "header": "http.header", "query": "http.query", "bearer": "http.bearer", "jwt": "jwt",
    "signature": "webhook.secret",
}  # fmt: skip
"""The type of credential that a kind of authentication needs."""

_PART = re.compile(r":[A-Za-z_][A-Za-z0-9_]{0,63}|[^\s:/?#{}%\x00-\x1f]{1,200}")
_MOST_PARTS = 20


class Signature(Model):
    """A signature over the raw body."""

    scheme: Literal["github", "slack", "stripe", "shopify", "standard_webhooks", "custom"] = Field(
        "custom", description="Whose way of signing it is."
    )
    algorithm: Literal["sha1", "sha256", "sha512"] = Field(
        "sha256", description="The hash of the HMAC.", show={"scheme": "custom"}
    )
    encoding: Literal["hex", "base64"] = Field("hex", description="How it is written.", show={"scheme": "custom"})
    header: str = Field(
        "X-Signature", description="The header it stands in.", min_length=1, max_length=200, show={"scheme": "custom"}
    )
    prefix: str = Field("", description="What stands before it.", placeholder="sha256=", show={"scheme": "custom"})
    timestamp_header: str = Field(
        "", description="The header with the time of signing, if there is one.", show={"scheme": "custom"}
    )
    template: str = Field(
        "{body}", description="What is signed: {body}, {timestamp}, {nonce} and text.", show={"scheme": "custom"},
        placeholder="{timestamp}.{body}",
    )  # fmt: skip
    nonce_header: str = Field(
        "", description="The header with a value that is never sent twice, if there is one.", show={"scheme": "custom"}
    )
    tolerance: float = Field(300, gt=0, le=86_400, description="Seconds a signed request counts.")
    once: bool = Field(False, description="Whether the same signed request counts only once.")


class Token(Model):
    """A JSON web token. The credential says how it is signed; with the address of a key set none is needed."""

    jwks_url: str = Field("", description="Where the issuer's keys are.", pattern=r"^(https?://\S+)?$", max_length=2000)
    algorithms: list[JwtAlgorithm] = Field(
        ["RS256", "ES256"], description="How tokens may be signed, with a key set.", min_length=1
    )
    issuer: str = Field("", description="Who must have made it.")
    audience: str = Field("", description="Whom it must be for.")
    header: str = Field("Authorization", description="The header it stands in.", min_length=1, max_length=200)
    leeway: float = Field(10, ge=0, le=600, description="Seconds by which clocks may differ.")


class ClientCertificate(Model):
    """A client certificate that a trusted proxy has checked."""

    header: str = Field("X-SSL-Client-Verify", description="The proxy's header that says so.", max_length=200)
    expected: str = Field("SUCCESS", description="What it says then.", min_length=1, max_length=200)
    subject_header: str = Field("X-SSL-Client-S-DN", description="The header with its subject.", max_length=200)
    subjects: list[str] = Field([], description="Subjects that may call; all when empty.", widget="list")


class Auth(Model):
    """How callers show that they may call. The secret is a credential in the slot ``auth``."""

    kind: AuthKind = Field("none", description="How callers show that they may call.")
    signature: Signature = Field(Signature(), description="The signature.", show={"kind": "signature"})
    token: Token = Field(Token(), description="The token.", show={"kind": "jwt"})
    certificate: ClientCertificate = Field(
        ClientCertificate(), description="The certificate.", show={"kind": "client_certificate"}
    )

    @property
    def secret_type(self) -> str:
        """The type of credential it needs; empty for none."""
        if self.kind == "jwt" and self.token.jwks_url:
            return ""
        return SECRETS.get(self.kind, "")


class Timestamp(Model):
    """A header with the time a request was sent."""

    header: str = Field("", description="The header; nothing is checked when empty.", max_length=200)
    tolerance: float = Field(300, gt=0, le=86_400, description="Seconds it may differ from the clock here.")


class RateLimit(Model):
    """How often it may be called."""

    calls: int = Field(0, ge=0, le=1_000_000, description="Calls in that time; 0 for no limit.")
    seconds: float = Field(60, gt=0, le=86_400, description="The time.")
    per: Literal["address", "webhook"] = Field("address", description="Whose calls are counted together.")


class Once(Model):
    """Calls that carry a key: one with a known key starts nothing and gets the same answer."""

    header: str = Field(
        "", description="The header with the key; calls are not looked at when empty.", placeholder="Idempotency-Key",
        max_length=200,
    )  # fmt: skip
    hours: float = Field(24, gt=0, le=24 * 31, description="How long a key is known.")
    required: bool = Field(False, description="Whether calls without a key are refused.")


class Guard(Model):
    """What else a call must fulfil."""

    addresses: list[str] = Field(
        [], description="Addresses and networks that may call; all when empty.", placeholder="203.0.113.0/24",
        widget="list",
    )  # fmt: skip
    ignore_bots: bool = Field(False, description="Whether crawlers and link previews are refused.")
    timestamp: Timestamp = Field(Timestamp(), description="A header with the time it was sent.")
    rate: RateLimit = Field(RateLimit(), description="How often it may be called.")
    once: Once = Field(Once(), description="A key that makes a repeated call count once.")


class Reply(Model):
    """What callers are answered."""

    data: Literal["first_item", "all_items", "first_file", "nothing"] = Field(
        "first_item", description="What is sent of the last node's output."
    )
    field: str = Field("", description="Only this field of the item, by its dotted path.", show={"data": "first_item"})
    file: str = Field("data", description="The attachment to send.", show={"data": "first_file"})
    text: str = Field("", description="What callers are told that are answered at once.")
    status: int = Field(200, ge=200, le=599, description="The status.")
    headers: dict[str, str] = Field({}, description="Headers to send.", widget="key-value")
    content_type: str = Field("", description="The content type, where it is not told by the data.", max_length=200)


class Intake(Model):
    """How a request is read."""

    raw: bool = Field(False, description="Whether the body is kept as it came, as an attachment.")
    file: str = Field("data", description="Name of the attachment for bodies that are files.", min_length=1)
    most_bytes: int = Field(16 << 20, ge=0, le=1 << 30, description="Bytes a body may have.")


def path_problem(path: str) -> str:
    """What is wrong with a path, in a sentence; empty when nothing is."""
    parts = path.strip("/").split("/")
    if not path.strip("/"):
        return "The path is empty. Write one such as 'orders' or 'orders/:id'."
    if len(parts) > _MOST_PARTS:
        return f"The path has more than {_MOST_PARTS} parts. Make it shorter."
    for part in parts:
        if not _PART.fullmatch(part) or part in (".", ".."):
            return f"'{part}' cannot be part of a path. Use letters, digits, '-', '_', '.', or ':name' for a parameter."
    names = [part for part in parts if part.startswith(":")]
    double = next((name for name in names if names.count(name) > 1), None)
    return f"The path names the parameter '{double}' twice. Give one another name." if double else ""
