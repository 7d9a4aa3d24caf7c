"""Tokens as forgers make them, which no library would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any


def forged(body: dict[str, Any], key: bytes | None = None) -> str:
    """A token signed with HS256 and whatever key; by nobody (``alg`` none) without one."""
    header = {"alg": "none" if key is None else "HS256", "typ": "JWT", "kid": "one"}
    said = f"{_text(json.dumps(header).encode())}.{_text(json.dumps(body).encode())}"
    return f"{said}.{'' if key is None else _text(hmac.digest(key, said.encode(), hashlib.sha256))}"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
