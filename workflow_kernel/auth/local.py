"""The token by which the command line of this machine is known to the service: who can read its keys is its owner."""

from __future__ import annotations

import hashlib
import hmac

PREFIX = "wfl_"


def local_token(signing_key: bytes) -> str:
    """The token that goes with a signing key. Whoever holds the key could sign anything, so this gives nothing away."""
    return PREFIX + hmac.new(signing_key, b"workflow local command line", hashlib.sha256).hexdigest()
