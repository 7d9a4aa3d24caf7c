"""Signed links: URLs whose signature is the permission. HMAC-SHA256 over what they are for, by a key of the service."""

from __future__ import annotations

import base64
import hmac
from uuid import UUID

_BYTES = 24
"""Of a signature: 192 bits."""


def resume_token(key: bytes, execution: UUID, node: str, run_index: int) -> str:
    """The token of the link that ends a wait: of one run of a node in one execution."""
    return _sign(key, "resume", execution.hex, node, str(run_index))


def is_resume_token(key: bytes, token: str, execution: UUID, node: str, run_index: int) -> bool:
    """Whether a token is that of the run."""
    return _is_same(token, resume_token(key, execution, node, run_index))


def webhook_signature(key: bytes, path: str, expires: int) -> str:
    """The signature of a webhook's URL that counts until a time, in seconds since the epoch."""
    return _sign(key, "webhook", path, str(expires))


def is_webhook_signed(key: bytes, path: str, expires: str, signature: str, now: float) -> bool:
    """Whether the signature is that of the path and its time has not come."""
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
        return False
    return _is_same(signature, webhook_signature(key, path, int(expires))) and now < int(expires)


def form_token(key: bytes, path: str, nonce: str) -> str:
    """The token that a form's page sends back beside the nonce in its cookie."""
    return _sign(key, "form", path, nonce)


def is_form_token(key: bytes, token: str, path: str, nonce: str) -> bool:
    """Whether a page of ours made the token for this nonce."""
    return bool(nonce) and _is_same(token, form_token(key, path, nonce))


def _sign(key: bytes, *parts: str) -> str:
    # Each part with its length: no two lists of parts are the same text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    digest = hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(digest[:_BYTES]).decode()


def _is_same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
