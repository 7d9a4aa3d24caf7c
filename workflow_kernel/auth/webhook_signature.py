"""Signatures over the raw body of a webhook: HMACs as services make them, or as a webhook's settings say."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from workflow_kernel.auth import webhook_times
from workflow_kernel.sdk.webhooks import Signature

_PLACE = re.compile(r"(\{body\}|\{timestamp\}|\{nonce\})")


class WrongSignatureError(Exception):
    """A request without a signature that counts; says why, for the log."""


class Form(msgspec.Struct, frozen=True):
    """How a signature is made and where it stands.

    Parameters
    ----------
    header: it stands in. prefix: of each signature in it. between: what separates several; empty for one alone.
    timestamp_header: with the time; ``timestamp_prefix``: of the part of ``header`` with the time.
    nonce_header: with a value that is never sent twice. template: what is signed.
    secret_prefix: of secrets whose rest is Base64.
    """

    header: str
    algorithm: str = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    between: str = ""
    timestamp_header: str = ""
    timestamp_prefix: str = ""
    nonce_header: str = ""
    template: str = "{body}"
    secret_prefix: str = ""

    @property
    def is_timed(self) -> bool:
        """Whether it carries the time of signing."""
        return bool(self.timestamp_header or self.timestamp_prefix)


SCHEMES: Mapping[str, Form] = {
    "github": Form("X-Hub-Signature-256", prefix="sha256="),
    "shopify": Form("X-Shopify-Hmac-Sha256", encoding="base64"),
    "slack": Form(
        "X-Slack-Signature", prefix="v0=", timestamp_header="X-Slack-Request-Timestamp",
        template="v0:{timestamp}:{body}",
    ),
    "stripe": Form(
        "Stripe-Signature", prefix="v1=", between=",", timestamp_prefix="t=", template="{timestamp}.{body}"
    ),
    "standard_webhooks": Form(
        "webhook-signature", encoding="base64", prefix="v1,", between=" ", timestamp_header="webhook-timestamp",
        nonce_header="webhook-id", template="{nonce}.{timestamp}.{body}", secret_prefix="whsec_",  # noqa: S106
    ),
}  # fmt: skip
"""How well-known services sign."""


def form_of(rules: Signature) -> Form:
    """How a webhook's callers sign."""
    return SCHEMES.get(rules.scheme) or Form(
        rules.header, rules.algorithm, rules.encoding, rules.prefix, "", rules.timestamp_header, "",
        rules.nonce_header, rules.template,
    )  # fmt: skip


def verify(headers: Mapping[str, str], body: bytes, rules: Signature, secret: str, now: float) -> str:
    """What makes the signed request recognisable when it comes again. Raises ``WrongSignatureError``."""
    form = form_of(rules)
    sent = headers.get(form.header, "").strip()
    if not sent:
        raise WrongSignatureError(f"the header {form.header} is missing")
    parts = [part.strip() for part in sent.split(form.between)] if form.between else [sent]
    timestamp = _timestamp(headers, parts, form)
    nonce = headers.get(form.nonce_header, "").strip() if form.nonce_header else ""
    if form.nonce_header and not nonce:
        raise WrongSignatureError(f"the header {form.nonce_header} is missing")
    signed = b"".join(_signed(form.template, body, timestamp, nonce))
    wanted = hmac.digest(_key(secret, form), signed, form.algorithm)
    given = [found for part in parts if (found := _digest(part, form)) is not None]
    matches = [hmac.compare_digest(digest, wanted) for digest in given]
    if not any(matches):
        raise WrongSignatureError("the signature is wrong" if given else "the signature cannot be read")
    if form.is_timed and not webhook_times.is_near(timestamp, now, rules.tolerance):
        raise WrongSignatureError("the signature is not of now")
    # The nonce itself only where settings name it: of a well-known scheme another try may carry the same one.
    return nonce if rules.nonce_header and rules.scheme == "custom" else wanted.hex()


def sign(body: bytes, rules: Signature, secret: str, *, timestamp: str = "", nonce: str = "") -> dict[str, str]:
    """The headers of a request that is signed so."""
    form = form_of(rules)
    signed = b"".join(_signed(form.template, body, timestamp, nonce))
    digest = hmac.digest(_key(secret, form), signed, form.algorithm)
    text = form.prefix + (digest.hex() if form.encoding == "hex" else base64.b64encode(digest).decode())
    made = {form.header: f"{form.timestamp_prefix}{timestamp},{text}" if form.timestamp_prefix else text}
    if form.timestamp_header:
        made[form.timestamp_header] = timestamp
    if form.nonce_header:
        made[form.nonce_header] = nonce
    return made


def _timestamp(headers: Mapping[str, str], parts: list[str], form: Form) -> str:
    if form.timestamp_header:
        found = headers.get(form.timestamp_header, "").strip()
    elif form.timestamp_prefix:
        prefix = form.timestamp_prefix
        found = next((part.removeprefix(prefix) for part in parts if part.startswith(prefix)), "")
    else:
        return ""
    if not found:
        raise WrongSignatureError("the time of signing is missing")
    return found


def _signed(template: str, body: bytes, timestamp: str, nonce: str) -> Iterator[bytes]:
    values = {"{body}": body, "{timestamp}": timestamp.encode(), "{nonce}": nonce.encode()}
    for part in _PLACE.split(template):
        yield values.get(part) if part in values else part.encode()  # type: ignore[misc]  # one of the values


def _key(secret: str, form: Form) -> bytes:
    if form.secret_prefix:
        try:
            return base64.b64decode(secret.removeprefix(form.secret_prefix), validate=True)
        except (binascii.Error, ValueError):
            return secret.encode()
    return secret.encode()


def _digest(part: str, form: Form) -> bytes | None:
    if not part.startswith(form.prefix):
        return None
    text = part.removeprefix(form.prefix)
    try:
        return bytes.fromhex(text) if form.encoding == "hex" else base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
