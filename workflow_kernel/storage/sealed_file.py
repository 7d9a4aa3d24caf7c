"""A file that only who knows the key can read, and in which any change is noticed: AES-256-GCM in chunks.

A first line of JSON says how the key is found. Each chunk is bound to its place, to that line, and to whether it is the
last one, so that chunks can be neither changed nor swapped nor left out.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Iterator
from typing import IO, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from workflow_kernel.base.errors import WorkflowError

CHUNK = 1 << 20
_TAG = 16
_MAGIC = "workflow-backup/1"
_LONGEST_HEAD = 10_000
_SCRYPT = {"n": 1 << 16, "r": 8, "p": 1, "maxmem": 1 << 27}


class SealedFileError(WorkflowError):
    """The file cannot be read: another key, or it is not what was written."""

    code = "WF796"


class Head(msgspec.Struct, frozen=True, tag_field="format", tag=_MAGIC):
    """The first line.

    Parameters
    ----------
    key: from what the key is made. salt: of this file, in hex. key_id: of the master key.
    version: of the program that wrote it. made_at: seconds since 1970.
    """

    key: Literal["passphrase", "master"]
    salt: str
    key_id: str = ""
    version: str = ""
    made_at: float = 0.0


def new_salt() -> str:
    """A salt for a new file."""
    return secrets.token_hex(32)


def key_from_passphrase(passphrase: str, head: Head) -> bytes:
    """The key of a file, from what a person remembers: slow on purpose."""
    return hashlib.scrypt(passphrase.encode(), salt=bytes.fromhex(head.salt), dklen=32, **_SCRYPT)


def key_from_master(master: bytes, head: Head) -> bytes:
    """The key of a file, from a master key."""
    return HKDF(hashes.SHA256(), 32, bytes.fromhex(head.salt), b"workflow backup").derive(master)


def read_head(file: IO[bytes]) -> Head:
    """The first line of a file."""
    line = file.readline(_LONGEST_HEAD)
    try:
        return msgspec.json.decode(line, type=Head)
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise SealedFileError("This is not a backup of a service.", mend="Choose a file 'db backup' wrote.") from None


class SealedWriter(io.RawIOBase):
    """Writes a sealed file. Only one that is closed with ``finish`` can be read.

    Parameters
    ----------
    file: to write to. head: its first line. key: for this file alone.
    """

    def __init__(self, file: IO[bytes], head: Head, key: bytes) -> None:
        line = msgspec.json.encode(head) + b"\n"
        file.write(line)
        self._file = file
        self._chunks = _Chunks(line, key)
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._waiting += data
        while len(self._waiting) > CHUNK:
            self._file.write(self._chunks.seal(bytes(self._waiting[:CHUNK]), is_last=False))
            del self._waiting[:CHUNK]
        return len(data)

    def finish(self) -> None:
        """Write what is left, as the end."""
        self._file.write(self._chunks.seal(bytes(self._waiting), is_last=True))
        self._waiting.clear()


def unsealed(file: IO[bytes], head: Head, key: bytes) -> Iterator[bytes]:
    """What a file holds, after its head was read. Raises ``SealedFileError`` where it was changed or cut off."""
    chunks = _Chunks(msgspec.json.encode(head) + b"\n", key)
    sealed = file.read(CHUNK + _TAG)
    while True:
        following = file.read(CHUNK + _TAG)
        yield chunks.unseal(sealed, is_last=not following)
        if not following:
            return
        sealed = following


class SealedReader(io.RawIOBase):
    """The same as a readable file."""

    def __init__(self, file: IO[bytes], head: Head, key: bytes) -> None:
        self._parts = unsealed(file, head, key)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._left = part
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


class _Chunks:
    """Seals and opens chunks in order."""

    def __init__(self, line: bytes, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._head = hashlib.sha256(line).digest()
        self._count = 0

    def seal(self, data: bytes, *, is_last: bool) -> bytes:
        return self._cipher.encrypt(self._place(is_last), data, self._head)

    def unseal(self, data: bytes, *, is_last: bool) -> bytes:
        number = self._count
        try:
            return self._cipher.decrypt(self._place(is_last), data, self._head)
        except (InvalidTag, ValueError):
            if number == 0:
                raise SealedFileError("The key is not the one of this file, or the file was changed.") from None
            raise SealedFileError(f"The file is damaged or cut off, at byte {number * CHUNK} or after.") from None

    def _place(self, is_last: bool) -> bytes:
        """The nonce of the next chunk: used once, for the key is of this file alone."""
        self._count += 1
        return self._count.to_bytes(11, "big") + bytes([is_last])
