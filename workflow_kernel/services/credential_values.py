"""The values of a credential on their way in and out of its row: checked, split into public and secret, sealed.

Used by the services of credentials; nothing here touches the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm.attributes import flag_modified

from workflow_kernel.auth.vault import DataKey, Vault, Wrapped
from workflow_kernel.sdk.credentials import CredentialType, check
from workflow_kernel.storage.tables import Credential

SECRET, TOKEN = "secret", "token"


class Values(msgspec.Struct, frozen=True):
    """Checked values: what may be shown, and what may not."""

    public: dict[str, Any]
    secret: dict[str, Any]

    @property
    def all(self) -> dict[str, Any]:
        """Both together."""
        return {**self.public, **self.secret}


def checked(kind: type[CredentialType], given: Mapping[str, Any], earlier: Values | None = None) -> Values:
    """Values as people gave them, over earlier ones: what is absent stays, null takes a value away.

    Raises ``InvalidRequestError`` WF731 with every problem.
    """
    merged = {**(earlier.all if earlier else {}), **given}
    dumped = check(kind, {name: value for name, value in merged.items() if value is not None}).model_dump(mode="json")
    secret = kind.secret_fields()
    return Values(
        {name: value for name, value in dumped.items() if name not in secret},
        {name: value for name, value in dumped.items() if name in secret and value not in ("", {}, [], None)},
    )


def client_fields(public: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tokens of an authorization server belong to: with another server or client they are worth nothing there."""
    return tuple(public.get(name) for name in ("client_id", "token_url", "authorization_url"))


def vault_name(credential: UUID) -> str:
    """What the vault calls a credential; part of what is sealed, so it never changes."""
    return f"credential {credential}"


async def data_key(vault: Vault, row: Credential) -> DataKey:
    """The data key of a row. Raises ``SealBrokenError`` or ``UnknownKeyError``."""
    return await vault.open(vault_name(row.id), Wrapped(row.key_id, row.wrapped_key))


def opened(key: DataKey, row: Credential) -> Values:
    """The values of a row. Raises ``SealBrokenError``."""
    return Values(dict(row.public), key.unseal_values(row.secret, SECRET))


async def seal_new(vault: Vault, row: Credential, values: Values) -> None:
    """Put values into a row by a new data key."""
    key, wrapped = await vault.make(vault_name(row.id))
    row.key_id, row.wrapped_key = wrapped.key_id, wrapped.data
    seal_into(key, row, values)


def seal_into(key: DataKey, row: Credential, values: Values) -> None:
    """Put values into a row by its data key."""
    row.public, row.secrets = values.public, sorted(values.secret)
    row.secret = key.seal_values(values.secret, SECRET)


def touch_nothing(row: Credential) -> None:
    """Leave the moment of the last change as it is: no person changed the row."""
    flag_modified(row, "updated_at")
