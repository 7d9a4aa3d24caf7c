"""Keys: taken from settings, else made once, kept for their owner alone, and never a wrong one."""

from __future__ import annotations

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from workflow_kernel.base.settings import Settings
from workflow_kernel.storage import keys, private_file

KEY = base64.b64encode(bytes(32)).decode()


def settings_for(folder: Path, **values: Any) -> Settings:
    return Settings(data_folder=folder / "data", **values)


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256"])
def test_a_signing_key_is_made_once_and_signs(tmp_path: Path, algorithm: str) -> None:
    settings = settings_for(tmp_path, jwt_algorithm=algorithm)
    key = keys.signing_key(settings)
    assert keys.signing_key(settings) == key
    token = jwt.encode({"sub": "a"}, key, algorithm=algorithm)
    check: Any = key if algorithm == "HS256" else load_pem_private_key(key, None).public_key()
    assert jwt.decode(token, check, algorithms=[algorithm]) == {"sub": "a"}


def test_a_key_of_settings_is_taken_and_nothing_kept(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, jwt_key="secret " * 10, master_key=KEY)
    assert keys.signing_key(settings) == ("secret " * 10).encode()
    assert keys.master_keys(settings) == {"66687aad": bytes(32)}
    assert not (tmp_path / "data").exists()


def test_kept_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    keys.signing_key(settings)
    keys.master_keys(settings)
    folder = tmp_path / "data" / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "master.key": 0o600,
        "signing-hs.key": 0o600,
    }


def test_many_who_ask_at_once_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    with ThreadPoolExecutor(16) as threads:
        found = set(threads.map(lambda _: private_file.kept(path, lambda: os.urandom(32)), range(64)))
    assert len(found) == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["key"]


def test_old_master_keys_come_after_the_current_one(tmp_path: Path) -> None:
    old = base64.b64encode(bytes([1]) * 32).decode()
    found = keys.master_keys(settings_for(tmp_path, master_key=KEY, master_keys_old=[old, KEY]))
    assert list(found.values()) == [bytes(32), bytes([1]) * 32]
    assert all(name == keys.key_id(key) for name, key in found.items())


def test_a_new_master_key_becomes_the_current_one(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    first = dict(keys.master_keys(settings))
    name = keys.add_master_key(settings)
    found = keys.master_keys(settings)
    assert list(found) == [name, *first]
    with pytest.raises(keys.KeyFormatError, match="comes from settings"):
        keys.add_master_key(settings_for(tmp_path, master_key=KEY))


@pytest.mark.parametrize("text", ["", "short", "c2hvcnQ=", KEY + "\nno"])
def test_a_wrong_master_key_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "master"
    path.write_text(text)
    with pytest.raises(keys.KeyFormatError, match="Base64 of 32 bytes") as caught:
        keys.master_keys(settings_for(tmp_path, master_key_file=path))
    assert not text or text not in str(caught.value)


def test_a_missing_master_key_file_is_not_made_up(tmp_path: Path) -> None:
    with pytest.raises(keys.KeyFormatError, match="cannot be read"):
        keys.master_keys(settings_for(tmp_path, master_key_file=tmp_path / "none"))
