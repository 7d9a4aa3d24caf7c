"""The vault: what is sealed opens in its place alone, by a key that is at hand."""

from __future__ import annotations

import pytest

from workflow_kernel.auth import envelope
from workflow_kernel.auth.envelope import LocalKeys, MasterKeys, SealBrokenError, UnknownKeyError
from workflow_kernel.auth.vault import Vault, Wrapped

OLD, NEW = b"o" * 32, b"n" * 32
SECRETS = {"password": "tiny but sécret", "headers": {"X-Key": "k"}}


@pytest.fixture
def vault() -> Vault:
    return Vault(LocalKeys({"new": NEW, "old": OLD}))


async def test_what_is_sealed_opens_again_and_does_not_show_itself(vault: Vault) -> None:
    key, wrapped = await vault.make("credential 1")
    sealed = key.seal_values(SECRETS, "secret")
    assert b"tiny" not in sealed and key.key not in wrapped.data
    assert key.key.hex() not in repr(key) and str(key.key) not in repr(key)
    assert (await vault.open("credential 1", wrapped)).unseal_values(sealed, "secret") == SECRETS
    assert sealed != key.seal_values(SECRETS, "secret"), "each seal has a nonce of its own"


async def test_each_thing_has_a_data_key_of_its_own(vault: Vault) -> None:
    (first, _), (second, _) = await vault.make("credential 1"), await vault.make("credential 2")
    assert first.key != second.key


async def test_any_changed_bit_is_noticed(vault: Vault) -> None:
    key, wrapped = await vault.make("credential 1")
    sealed = key.seal_values(SECRETS, "secret")
    for place in range(len(sealed)):
        with pytest.raises(SealBrokenError) as caught:
            key.unseal_values(_flipped(sealed, place), "secret")
    assert caught.value.code == "WF732" and "credential 1" in str(caught.value)
    assert "tiny" not in str(caught.value)
    for place in range(len(wrapped.data)):
        with pytest.raises(SealBrokenError):
            await vault.open("credential 1", Wrapped(wrapped.key_id, _flipped(wrapped.data, place)))
    for short in (b"", sealed[:5], sealed[:-1], sealed + b"x"):
        with pytest.raises(SealBrokenError):
            key.unseal_values(short, "secret")


async def test_what_is_moved_elsewhere_does_not_open(vault: Vault) -> None:
    key, wrapped = await vault.make("credential 1")
    other, _ = await vault.make("credential 2")
    sealed = key.seal_values(SECRETS, "secret")
    with pytest.raises(SealBrokenError):
        key.unseal_values(sealed, "token")
    with pytest.raises(SealBrokenError):
        other.unseal_values(sealed, "secret")
    with pytest.raises(SealBrokenError):
        await vault.open("credential 2", wrapped)
    with pytest.raises(SealBrokenError):
        await vault.open("credential 1", Wrapped("old", wrapped.data))


async def test_a_data_key_is_wrapped_anew_and_stays_the_same(vault: Vault) -> None:
    key, before = await Vault(LocalKeys({"old": OLD})).make("credential 1")
    sealed = key.seal_values(SECRETS, "secret")
    after = await vault.rewrap("credential 1", before)
    assert (before.key_id, after.key_id) == ("old", "new")
    only_new = Vault(LocalKeys({"new": NEW}))
    assert (await only_new.open("credential 1", after)).unseal_values(sealed, "secret") == SECRETS
    with pytest.raises(UnknownKeyError, match=r"'old'.*MASTER_KEYS_OLD"):
        await only_new.open("credential 1", before)


def test_master_keys_have_32_bytes() -> None:
    with pytest.raises(UnknownKeyError, match="'k' has 3 bytes"):
        LocalKeys({"k": b"abc"})
    with pytest.raises(UnknownKeyError, match="no master key"):
        LocalKeys({})


class Elsewhere:
    """A key service that never shows its key."""

    current = "hsm/7"

    async def wrap(self, data_key: bytes, context: bytes) -> tuple[str, bytes]:
        return self.current, envelope.seal(NEW, data_key, context)

    async def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        assert key_id == self.current
        return envelope.unseal(NEW, wrapped, context)


async def test_a_key_service_wraps_data_keys_elsewhere() -> None:
    keys: MasterKeys = envelope.key_service(f"{__name__}:Elsewhere")
    vault = Vault(keys)
    key, wrapped = await vault.make("credential 1")
    assert wrapped.key_id == "hsm/7"
    assert (await vault.open("credential 1", wrapped)).key == key.key


@pytest.mark.parametrize("name", ["nowhere:here", "json", "json:nothing", "json:JSONDecoder"])
def test_a_key_service_that_is_none_is_told(name: str) -> None:
    with pytest.raises(UnknownKeyError, match="key service"):
        envelope.key_service(name)


def _flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
