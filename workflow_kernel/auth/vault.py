"""The vault: encrypts the secrets of a credential, or of anything else that has a name, and opens them again.

Pure: it is handed what is kept and gives what to keep. ``services.credentials`` and ``services.data_keys`` keep it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from workflow_kernel.auth import envelope
from workflow_kernel.auth.envelope import MasterKeys, SealBrokenError

Secrets = dict[str, Any]


class Wrapped(msgspec.Struct, frozen=True):
    """A data key as it is kept: encrypted by the master key ``key_id``."""

    key_id: str
    data: bytes


class DataKey(msgspec.Struct, frozen=True):
    """A data key in memory, with the name of what it is for. Never kept, never shown."""

    name: str
    key: bytes

    def seal(self, content: bytes, purpose: str) -> bytes:
        """The content encrypted, bound to the name and the purpose."""
        return envelope.seal(self.key, content, _place(self.name, purpose))

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """The content. Raises ``SealBrokenError``."""
        try:
            return envelope.unseal(self.key, sealed, _place(self.name, purpose))
        except SealBrokenError as error:
            raise SealBrokenError(
                f"The {purpose} of {self.name} cannot be opened: {error.message}", mend=error.mend
            ) from None

    def seal_values(self, values: Mapping[str, Any], purpose: str) -> bytes:
        """Values of JSON, encrypted."""
        return self.seal(msgspec.json.encode(values), purpose)

    def unseal_values(self, sealed: bytes, purpose: str) -> Secrets:
        """The values. Raises ``SealBrokenError``."""
        return msgspec.json.decode(self.unseal(sealed, purpose), type=dict[str, Any])

    def __repr__(self) -> str:
        return f"DataKey({self.name!r})"


class Vault:
    """Makes and opens data keys.

    Parameters
    ----------
    keys: the master keys.
    """

    def __init__(self, keys: MasterKeys) -> None:
        self._keys = keys

    @property
    def current(self) -> str:
        """Id of the master key that wraps new data keys."""
        return self._keys.current

    async def make(self, name: str) -> tuple[DataKey, Wrapped]:
        """A new data key for something, and how it is kept. ``name`` never changes: it is part of what is sealed."""
        made = DataKey(name, envelope.new_key())
        return made, await self._wrap(made)

    async def open(self, name: str, wrapped: Wrapped) -> DataKey:
        """The data key of something.

        Raises ``SealBrokenError`` when what is kept was changed or moved, ``UnknownKeyError`` when its master key is
        not at hand.
        """
        try:
            return DataKey(name, await self._keys.unwrap(wrapped.key_id, wrapped.data, _place(name, "key")))
        except SealBrokenError as error:
            raise SealBrokenError(f"The key of {name} cannot be opened: {error.message}", mend=error.mend) from None

    async def rewrap(self, name: str, wrapped: Wrapped) -> Wrapped:
        """The same data key, wrapped by the current master key."""
        return await self._wrap(await self.open(name, wrapped))

    async def _wrap(self, data_key: DataKey) -> Wrapped:
        return Wrapped(*await self._keys.wrap(data_key.key, _place(data_key.name, "key")))


def _place(name: str, purpose: str) -> bytes:
    return b"\0".join((b"workflow", name.encode(), purpose.encode()))
