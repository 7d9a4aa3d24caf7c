"""The keys of the service: what signs access tokens, and the master keys that encrypt data keys.

They come from settings, else are made once and kept in ``keys`` of the data folder, readable by the owner alone.
``app`` hands them to ``auth``; nothing else asks for them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.base.settings import Settings
from workflow_kernel.storage import private_file

FOLDER = "keys"
_MASTER_KEY_BYTES = 32
_SIGNING_SECRET_BYTES = 64


class KeyFormatError(WorkflowError):
    """A key that settings or a file name cannot be used."""

    code = "WF797"


def signing_key(settings: Settings) -> bytes:
    """What signs access tokens: a secret for HS*, a private key as PEM for RS* and ES*."""
    if settings.jwt_key is not None:
        return settings.jwt_key.get_secret_value().encode()
    family = settings.jwt_algorithm[:2]
    return private_file.kept(_folder(settings) / f"signing-{family.lower()}.key", lambda: _new_signing_key(family))


def master_keys(settings: Settings) -> Mapping[str, bytes]:
    """The master keys by their ids: first the one that encrypts, then those that still decrypt."""
    old = [key.get_secret_value() for key in settings.master_keys_old]
    if settings.master_key is not None:
        found = _read([settings.master_key.get_secret_value()], "WORKFLOW_MASTER_KEY")
    elif settings.master_key_file is not None:
        found = _read(_lines(settings.master_key_file), f"the file {settings.master_key_file}")
    else:
        path = _kept_path(settings)
        private_file.kept(path, _new_master_key)
        found = _read(_lines(path), f"the file {path}")
    return found | {name: key for name, key in _read(old, "WORKFLOW_MASTER_KEYS_OLD").items() if name not in found}


def add_master_key(settings: Settings) -> str:
    """Make a new current master key and keep the earlier ones for decrypting; gives the new one's id.

    Raises ``KeyFormatError`` where settings name the key: then they name the new one too.
    """
    if settings.master_key is not None or settings.master_key_file is not None:
        raise KeyFormatError(
            "The master key comes from settings, so a new one must too.",
            mend="Set the new one as WORKFLOW_MASTER_KEY and add the old one to WORKFLOW_MASTER_KEYS_OLD.",
        )
    earlier = [base64.b64encode(key) for key in master_keys(settings).values()]
    private_file.write(_kept_path(settings), b"\n".join([_new_master_key(), *earlier]) + b"\n")
    return next(iter(master_keys(settings)))


def add_kept(settings: Settings, name: str, data: bytes) -> None:
    """Take in a key file of another data folder: master keys as earlier ones, others only where there is none."""
    path = _folder(settings) / name
    here = private_file.kept(path, lambda: data)
    if path == _kept_path(settings) and here != data:
        lines = dict.fromkeys(line for text in (here, data) for line in text.split())
        private_file.write(path, b"\n".join(lines) + b"\n")


def key_id(key: bytes) -> str:
    """What a master key is called."""
    return hashlib.sha256(key).hexdigest()[:8]


def _read(texts: Iterable[str], where: str) -> dict[str, bytes]:
    found = {}
    for text in texts:
        try:
            key = base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != _MASTER_KEY_BYTES:
            raise KeyFormatError(
                f"A master key in {where} is not the Base64 of {_MASTER_KEY_BYTES} bytes.",
                mend="Make one with: openssl rand -base64 32",
            )
        found[key_id(key)] = key
    return found


def _lines(path: Path) -> list[str]:
    try:
        found = [line for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFormatError(
            f"The master key file {path} cannot be read: {type(error).__name__}.",
            mend="Correct WORKFLOW_MASTER_KEY_FILE, or put the file back.",
        ) from None
    return found or [""]


def _new_master_key() -> bytes:
    return base64.b64encode(secrets.token_bytes(_MASTER_KEY_BYTES))


def _new_signing_key(family: str) -> bytes:
    if family == "HS":
        return base64.b64encode(secrets.token_bytes(_SIGNING_SECRET_BYTES))
    private = rsa.generate_private_key(65537, 2048) if family == "RS" else ec.generate_private_key(ec.SECP256R1())
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _kept_path(settings: Settings) -> Path:
    return _folder(settings) / "master.key"


def _folder(settings: Settings) -> Path:
    folder = settings.data_folder / FOLDER
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    return folder
