"""JWT: signs, verifies and decodes JSON web tokens."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Literal

from workflow_kernel.nodes.data import _keys
from workflow_kernel.sdk import (
    Context,
    Credential,
    Field,
    Imported,
    ImportedNode,
    Item,
    Model,
    NodeError,
    NodeType,
    node,
)

Algorithm = Literal[
    "", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
    "none",
]  # fmt: skip
_REGISTERED = {"audience": "aud", "issuer": "iss", "jwtid": "jti", "subject": "sub"}
_N8N_CLAIMS = {
    "audience": "audience", "expiresIn": "expires_in", "issuer": "issuer", "jwtid": "jwt_id", "notBefore": "not_before",
    "subject": "subject",
}  # fmt: skip
_N8N_OPTIONS = {
    "algorithm": "algorithm", "complete": "complete", "ignoreExpiration": "ignore_expiration",
    "ignoreNotBefore": "ignore_not_before", "clockTolerance": "clock_tolerance", "kid": "key_id",
}  # fmt: skip
_THEIRS = {"private_key": "privateKey", "public_key": "publicKey"}
"""Names another program gives the same keys."""
_EXAMPLE = '{\n  "my_field_1": "value 1",\n  "my_field_2": "value 2"\n}'


def _from_n8n(source: ImportedNode) -> Imported:
    operation = source.get("operation", default="sign")
    options: dict[str, Any] = source.get("options", default={})
    parameters: dict[str, Any] = {"operation": operation}
    parameters |= {ours: options[theirs] for theirs, ours in _N8N_OPTIONS.items() if options.get(theirs) is not None}
    if operation != "sign":
        parameters["token"] = source.get("token", default="")
    elif source.get("useJson"):
        parameters |= {"payload": "json", "claims_json": source.get("claimsJson", default=_EXAMPLE)}
    else:
        claims: dict[str, Any] = source.get("claims", default={})
        parameters["claims"] = {ours: claims[theirs] for theirs, ours in _N8N_CLAIMS.items() if theirs in claims}
        parameters["claim_names"] = "long"
    found = source.credentials.get("jwtAuth")
    return Imported(parameters, credentials={"jwt": found} if found else None)


class Claims(Model):
    """The registered claims of a token."""

    audience: str | None = Field(None, description="Whom the token is for.")
    expires_in: float | None = Field(None, description="Seconds from now until it expires.")
    issuer: str | None = Field(None, description="Who issued it.")
    jwt_id: str | None = Field(None, description="Identifier of the token.")
    not_before: float | None = Field(None, description="Seconds from now until it may be used.")
    subject: str | None = Field(None, description="Whom it is about.")


@node(
    "data.jwt",
    title="JWT",
    imports={"n8n-nodes-base.jwt": _from_n8n},
    credentials=(Credential("jwt", ("jwt",)),),
    icon="key-square",
    keywords=("json web token", "sign", "verify", "decode", "claims"),
)
class Jwt(NodeType):
    """Signs a JSON web token, verifies one, or reads one without checking it."""

    operation: Literal["sign", "verify", "decode"] = Field("sign", description="What to do.")
    payload: Literal["claims", "json"] = Field(
        "claims", description="Where the payload comes from.", show={"operation": "sign"}
    )
    claims: Claims = Field(default_factory=Claims, description="The claims.", show={"payload": "claims"})
    claims_json: Any = Field(
        "{}", description="The payload, as JSON.", show={"payload": "json"}, widget="json", language="json"
    )
    claim_names: Literal["registered", "long"] = Field(
        "registered", section="Options", show={"operation": "sign"},
        description="Write claims by their registered names (aud, iss) or spelled out (audience, issuer).",
    )  # fmt: skip
    token: str = Field("", description="The token to read.", show={"operation": ["verify", "decode"]})
    algorithm: Algorithm = Field("", section="Options", description="The algorithm; empty takes the credential's.")
    key_id: str = Field(
        "", section="Options", description="Identifier of the key, put into the header.", show={"operation": "sign"}
    )
    complete: bool = Field(
        False, section="Options", description="Give header and signature besides the payload.",
        show={"operation": ["verify", "decode"]},
    )  # fmt: skip
    ignore_expiration: bool = Field(
        False, section="Options", description="Accept expired tokens.", show={"operation": "verify"}
    )
    ignore_not_before: bool = Field(
        False, section="Options", description="Accept tokens before their time.", show={"operation": "verify"}
    )
    clock_tolerance: float = Field(
        0, section="Options", description="Seconds clocks may differ.", show={"operation": "verify"}
    )

    def run(self, item: Item, ctx: Context) -> dict[str, Any]:
        """Give ``token``, or ``payload`` (with ``header`` and ``signature`` when asked for)."""
        if self.operation == "sign":
            return {"token": self._sign(ctx)}
        parts = _decode(self.token)
        if self.operation == "verify":
            self._verify(parts, ctx)
        if parts is None:
            return {"payload": None}
        header, payload, signature = parts
        if self.complete:
            return {"header": header, "payload": payload, "signature": signature}
        return {"payload": payload}

    def _sign(self, ctx: Context) -> str:
        secret = self._credential(ctx)
        name = self._algorithm(secret)
        header = {"alg": name, "typ": "JWT"} | ({"kid": self.key_id} if self.key_id else {})
        payload = self._payload(int(ctx.now().timestamp()))
        signed = f"{_pack(header)}.{_pack(payload)}"
        algorithm, key = self._prepared(name, secret, private=True)
        return f"{signed}.{_text64(algorithm.sign(signed.encode(), key))}"

    def _payload(self, now: int) -> dict[str, Any]:
        if self.payload == "json":
            payload = self.claims_json
            if isinstance(payload, str):
                try:
                    payload = json.loads(payload)
                except (ValueError, RecursionError) as error:
                    raise NodeError(f"The payload is not valid JSON: {error}", mend="Correct 'claims_json'.") from error
            if not isinstance(payload, dict):
                raise NodeError("The payload must be a JSON object.", mend="Correct 'claims_json'.")
            payload = dict(payload)
        else:
            given = self.claims
            values = {
                "audience": given.audience, "issuer": given.issuer, "jwtid": given.jwt_id, "subject": given.subject
            }  # fmt: skip
            payload = {
                _REGISTERED[name] if self.claim_names == "registered" else name: value
                for name, value in values.items()
                if value is not None
            }
            if given.expires_in:
                payload["exp"] = now + int(given.expires_in)
            if given.not_before:
                payload["nbf"] = now + int(given.not_before)
        payload.setdefault("iat", now)
        return payload

    def _verify(self, parts: tuple[Any, Any, str] | None, ctx: Context) -> None:
        secret = self._credential(ctx)
        if not self.token:
            raise NodeError("jwt must be provided", mend="Set 'token'.")
        if parts is None:
            raise NodeError("jwt malformed", mend="A token has three parts with dots between them.")
        header, payload, signature = parts
        name = self._algorithm(secret)
        if header.get("alg") != name:
            raise NodeError("invalid algorithm", description=f"The token uses {header.get('alg')}, expected is {name}.")
        algorithm, key = self._prepared(name, secret, private=False)
        signed = self.token.strip().rpartition(".")[0]
        if not algorithm.verify(signed.encode(), key, _bytes64(signature)):
            raise NodeError("invalid signature", mend="Check the secret or the public key of the credential.")
        if isinstance(payload, dict):
            self._check_times(payload, ctx.now().timestamp())

    def _check_times(self, payload: Mapping[str, Any], now: float) -> None:
        limits = (("nbf", self.ignore_not_before), ("exp", self.ignore_expiration))
        for claim, ignored in limits:
            value = payload.get(claim)
            if value is None or ignored:
                continue
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise NodeError(f"invalid {claim} value")
            if claim == "nbf" and value > int(now) + self.clock_tolerance:
                raise NodeError("jwt not active")
            if claim == "exp" and int(now) >= value + self.clock_tolerance:
                raise NodeError("jwt expired")

    def _credential(self, ctx: Context) -> Mapping[str, Any]:
        secret = ctx.credential("jwt")
        if secret is None:
            raise NodeError("The credential of the token is missing.", mend="Choose one that holds a secret or keys.")
        return secret

    def _algorithm(self, secret: Mapping[str, Any]) -> str:
        return str(self.algorithm or secret.get("algorithm") or "HS256")

    def _prepared(self, name: str, secret: Mapping[str, Any], private: bool) -> tuple[Any, Any]:
        from jwt.algorithms import get_default_algorithms
        from jwt.exceptions import InvalidKeyError

        algorithm = get_default_algorithms().get(name)
        if algorithm is None:
            raise NodeError(f"'{name}' is no algorithm for tokens.", mend="Use one such as HS256 or RS256.")
        uses_pem = secret.get("keyType", "passphrase") == "pemKey"
        if secret.get("type") == "jwt":
            uses_pem = not name.startswith("HS")
        slot = ("private_key" if private else "public_key") if uses_pem else "secret"
        text = str(secret.get(slot) or secret.get(_THEIRS.get(slot, slot)) or "")
        if name != "none" and not text:
            raise NodeError(f"The credential has no '{slot}'.", mend=f"{name} needs it.")
        try:
            return algorithm, algorithm.prepare_key(None if name == "none" else _keys.pem(text) if uses_pem else text)
        except (InvalidKeyError, ValueError, TypeError) as error:
            raise NodeError(f"The key does not fit {name}: {error}", mend="Check the credential.") from error


def _pack(value: Any) -> str:
    return _text64(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def _text64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _decode(token: str) -> tuple[Any, Any, str] | None:
    """Header, payload and signature of a token; None when it is none."""
    parts = token.strip().split(".")
    if len(parts) != 3:
        return None
    try:
        header = json.loads(_bytes64(parts[0]))
        data = _bytes64(parts[1]).decode()
    except (ValueError, binascii.Error):
        return None
    if not isinstance(header, dict):
        return None
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError):
        payload = data
    return header, payload, parts[2]
