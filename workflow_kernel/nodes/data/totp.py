"""TOTP: one-time passwords that change with time, as authenticator apps show them."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any, Literal

from workflow_kernel.sdk import Context, Credential, Field, Imported, ImportedNode, Item, NodeError, NodeType, node


def _from_n8n(source: ImportedNode) -> Imported:
    options: dict[str, Any] = source.get("options") or source.get("additionalOptions", default={})
    names = {"algorithm": "algorithm", "digits": "digits", "period": "period"}
    parameters = {ours: options[theirs] for theirs, ours in names.items() if theirs in options}
    return Imported(parameters, credentials=_credentials(source))


def _credentials(source: ImportedNode) -> dict[str, Any] | None:
    found = source.credentials.get("totpApi")
    return {"totp": found} if found else None


@node(
    "data.totp",
    title="TOTP",
    imports={"n8n-nodes-base.totp": _from_n8n},
    credentials=(Credential("totp", ("totp",), required=True),),
    icon="timer-reset",
    keywords=("one-time password", "2fa", "authenticator", "otp"),
)
class Totp(NodeType):
    """Gives the current one-time password of a shared secret, and how long it lasts."""

    algorithm: Literal[
        "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512"
    ] = Field("SHA1", section="Options", description="The hash function.")  # fmt: skip
    digits: int = Field(6, ge=1, le=10, section="Options", description="Digits of the password.")
    period: int = Field(30, ge=1, section="Options", description="Seconds a password lasts.")

    def run(self, item: Item, ctx: Context) -> dict[str, Any]:
        """Give ``token`` and ``secondsRemaining``."""
        secret: Mapping[str, Any] = ctx.credential("totp") or {}
        if not secret.get("secret"):
            raise NodeError("The TOTP secret is missing.", mend="Choose a credential that holds the secret.")
        moment = ctx.now().timestamp()
        try:
            token = self._token(str(secret["secret"]), int(moment) // self.period)
        except (binascii.Error, ValueError) as error:
            raise NodeError(f"The TOTP secret cannot be used: {error}", mend="It must be base32 text.") from error
        return {"token": token, "secondsRemaining": int(self.period - moment % self.period)}

    def _token(self, secret: str, counter: int) -> str:
        """The password of RFC 4226 for one count; written out, as libraries refuse the short secrets still in use."""
        text = secret.replace(" ", "").replace("-", "").rstrip("=").upper()
        key = base64.b32decode(text + "=" * (-len(text) % 8))
        name = self.algorithm.lower().replace("-", "_")
        digest = hmac.new(key, counter.to_bytes(8, "big"), name).digest()
        offset = digest[-1] & 0x0F
        number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
        return str(number % 10**self.digits).zfill(self.digits)
