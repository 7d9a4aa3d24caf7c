"""Envelopes: a text is encrypted by a data key of its own, the data key is wrapped by a master key.

AES-256-GCM for both. What is encrypted is bound to its place (associated data), so that a ciphertext moved to another
row or field does not open. Master keys are behind :class:`MasterKeys`, which has the shape of a key service: it wraps
and unwraps by key id and need not show the key. Used by ``vault``; nothing here knows what is encrypted or where it is
kept.
"""

from __future__ import annotations

import importlib
import secrets
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workflow_kernel.base.errors import UnavailableError, WorkflowError

KEY_BYTES = 32
NONCE_BYTES = 12


class SealBrokenError(WorkflowError):
    """What is encrypted was changed, was moved, or belongs to another key."""

    code = "WF732"


class UnknownKeyError(UnavailableError):
    """The master key that wraps a data key is not at hand."""

    code = "WF733"


@runtime_checkable
class MasterKeys(Protocol):
    """Wraps data keys. ``LocalKeys`` does it with keys at hand; a key service does it elsewhere."""

    @property
    def current(self) -> str:
        """Id of the key that wraps new data keys."""
        ...

    async def wrap(self, data_key: bytes, context: bytes) -> tuple[str, bytes]:
        """Id of the current key, and the data key wrapped by it and bound to the context."""
        ...

    async def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """The data key. Raises ``UnknownKeyError`` for a key that is not there, ``SealBrokenError`` for a bad one."""
        ...


class LocalKeys:
    """Master keys at hand, from the environment or a file.

    Parameters
    ----------
    keys: 32 bytes by key id, the current one first.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise UnknownKeyError(
                "There is no master key.", mend="Set WORKFLOW_MASTER_KEY, or WORKFLOW_MASTER_KEY_FILE."
            )
        for key_id, key in keys.items():
            if len(key) != KEY_BYTES:
                raise UnknownKeyError(
                    f"Master key '{key_id}' has {len(key)} bytes instead of {KEY_BYTES}.",
                    mend="Make one with: openssl rand -base64 32",
                )
        self._keys = dict(keys)

    @property
    def current(self) -> str:
        """See the contract."""
        return next(iter(self._keys))

    async def wrap(self, data_key: bytes, context: bytes) -> tuple[str, bytes]:
        """See the contract."""
        key_id = self.current
        return key_id, seal(self._keys[key_id], data_key, _bound(context, key_id))

    async def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """See the contract."""
        key = self._keys.get(key_id)
        if key is None:
            raise UnknownKeyError(
                f"It is encrypted by master key '{key_id}', which is not known here.",
                mend="Put that key into WORKFLOW_MASTER_KEYS_OLD.",
            )
        return unseal(key, wrapped, _bound(context, key_id))


def key_service(name: str) -> MasterKeys:
    """The master keys of a key service: what ``module:function``, called without arguments, gives.

    Raises ``UnknownKeyError`` when there is no such function or it gives something else.
    """
    module, _, function = name.partition(":")
    try:
        made = getattr(importlib.import_module(module), function)()
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise UnknownKeyError(
            f"The key service '{name}' cannot be used: {error}.", mend="Write WORKFLOW_KEY_SERVICE as module:function."
        ) from None
    if not isinstance(made, MasterKeys):
        raise UnknownKeyError(
            f"What '{name}' gives is no key service.", mend="It needs 'current', 'wrap' and 'unwrap'; see MasterKeys."
        )
    return made


def new_key() -> bytes:
    """A new data key."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, content: bytes, place: bytes) -> bytes:
    """The content encrypted and bound to its place: nonce, ciphertext, tag.

    Nonces are random: a data key encrypts few texts, and a master key fewer than 2^32 data keys.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, place)


def unseal(key: bytes, sealed: bytes, place: bytes) -> bytes:
    """The content. Raises ``SealBrokenError`` when a bit of it, its place or the key is another."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
    except (InvalidTag, ValueError):
        raise SealBrokenError(
            "What is encrypted was changed, or belongs to another place or key.",
            mend="Restore it from a backup, or enter the secrets anew.",
        ) from None


def _bound(context: bytes, key_id: str) -> bytes:
    return b"\0".join((b"workflow/data-key", key_id.encode(), context))
