"""Encrypts small secrets that are kept in rows: AES-256-GCM under a key of their own, derived from the master key."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from workflow_kernel.base.errors import UnavailableError

_NONCE = 12


class Seal:
    """Seals and opens.

    Parameters
    ----------
    keys: master keys; the first seals, the others are earlier ones. purpose: keeps different uses apart.
    """

    def __init__(self, keys: Sequence[bytes], purpose: str) -> None:
        self._ciphers = [AESGCM(HKDF(SHA256(), 32, None, purpose.encode()).derive(key)) for key in keys]

    def close(self, secret: bytes, bound_to: str) -> bytes:
        """The sealed secret; it opens only for what it is bound to, e.g. the id of its row."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._ciphers[0].encrypt(nonce, secret, bound_to.encode())

    def open(self, sealed: bytes, bound_to: str) -> bytes:
        """The secret. Raises ``UnavailableError`` when no key opens it."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())
            except InvalidTag:
                continue
        raise UnavailableError(
            "A secret of this account was encrypted with a master key that is not known any more.",
            code="WF718", mend="Name the earlier key in WORKFLOW_MASTER_KEYS_OLD, or reset the second factor.",
        )  # fmt: skip

    def is_outdated(self, sealed: bytes, bound_to: str) -> bool:
        """Whether an earlier key sealed it."""
        try:
            self._ciphers[0].decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())
        except InvalidTag:
            return True
        return False
