"""Frames: how one message crosses the socket between the server and a worker process. Used on both sides.

A frame is a small msgpack head with its large parts beside it. Parts of more than 1 MB together go through shared
memory whose descriptor travels with the frame, so 100 MB cost one copy and no time in the socket. The server never
runs anything it reads here: opaque values stay :class:`~workflow_kernel.worker.child_values.Pickled`.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import pickle
import socket
import struct
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

import msgspec

from workflow_kernel.worker.child_values import Pickled

PREFIX = struct.Struct("<QQ?")
"""Length of the head, length of the parts, whether those are in shared memory."""

SHARE_FROM = 1 << 20
LIMIT = 1 << 31
PART, PICKLED = 1, 2

_decode_list = msgspec.msgpack.Decoder(list[Any]).decode
_decode_head = msgspec.msgpack.Decoder(tuple[list[int], msgspec.Raw]).decode


class FrameError(Exception):
    """The other side broke the protocol: it is not to be talked to any more."""


class Channel:
    """Sends and receives frames over a connected Unix socket.

    Parameters
    ----------
    connection: the socket.
    opens: whether opaque values are opened on arrival; only a worker process may.
    trusts: whether they may be opened later.
    """

    __slots__ = ("_connection", "_opens", "_trusts")

    def __init__(self, connection: socket.socket, *, opens: bool, trusts: bool = True) -> None:
        self._connection = connection
        self._opens = opens
        self._trusts = trusts

    def fileno(self) -> int:
        """The socket's descriptor, for waiting on it."""
        return self._connection.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._connection.close()

    def send(self, message: dict[str, Any]) -> None:
        """Send one message. Raises ``OSError`` when the other side is gone."""
        head, parts = pack(message)
        size = sum(_padded(part.nbytes) for part in parts)
        if size <= SHARE_FROM:
            body = b"".join(piece for part in parts for piece in (part, _padding(part)))
            self._connection.sendall(PREFIX.pack(len(head), size, False) + head + body)
            return
        shared = _share(parts)
        try:
            prefix = PREFIX.pack(len(head), size, True)
            socket.send_fds(self._connection, [prefix], [shared])
            self._connection.sendall(head)
        finally:
            os.close(shared)

    def receive(self) -> Any:
        """The next message. Raises ``EOFError`` when the other side is gone, ``FrameError`` for nonsense."""
        prefix, descriptors, _, _ = socket.recv_fds(self._connection, PREFIX.size, 1)
        try:
            if not prefix:
                raise EOFError
            prefix += bytes(self._read(PREFIX.size - len(prefix)))
            head_size, size, is_shared = PREFIX.unpack(prefix)
            if head_size > LIMIT or is_shared != bool(descriptors) or (size > SHARE_FROM) != is_shared:
                raise FrameError("A frame has an impossible size.")
            head = self._read(head_size)
            body: Any = _map(descriptors[0], size) if is_shared else self._read(size)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        try:
            return unpack(head, body, opens=self._opens, trusts=self._trusts)
        except (msgspec.MsgspecError, ValueError, TypeError, IndexError) as error:
            if self._opens:
                raise  # an object that cannot be opened here, not nonsense
            raise FrameError(f"A frame cannot be read: {error}") from error

    def _read(self, size: int) -> bytearray:
        data = bytearray(size)
        view, filled = memoryview(data), 0
        while filled < size:
            count = self._connection.recv_into(view[filled:])
            if not count:
                raise EOFError
            filled += count
        return data


def pack(message: dict[str, Any]) -> tuple[bytes, list[memoryview]]:
    """A message as its head and its large parts. A ``pickle.PickleBuffer`` in it is sent beside the head."""
    parts: list[memoryview] = []

    def keep(part: Any) -> int:
        parts.append(part.raw() if isinstance(part, pickle.PickleBuffer) else memoryview(part).cast("B"))
        return len(parts) - 1

    def replace(value: Any) -> Any:
        if isinstance(value, pickle.PickleBuffer):
            return msgspec.msgpack.Ext(PART, msgspec.msgpack.encode([keep(value)]))
        pickled = value if isinstance(value, Pickled) else Pickled.of(value)
        fields = [keep(pickled.data), [keep(part) for part in pickled.buffers], pickled.kind, pickled.text]
        return msgspec.msgpack.Ext(PICKLED, msgspec.msgpack.encode([*fields, pickled.view]))

    try:
        content = msgspec.msgpack.encode(message, enc_hook=replace)
    except (OverflowError, ValueError, TypeError, RecursionError):
        # Integers beyond 64 bits, keys that are not texts and the like: pickle holds them.
        parts.clear()
        held = {key: value if _fits(value) else Pickled.of(value, described=True) for key, value in message.items()}
        content = msgspec.msgpack.encode(held, enc_hook=replace)
    sizes = [part.nbytes for part in parts]
    return msgspec.msgpack.encode([sizes, msgspec.Raw(content)]), parts


def unpack(head: Any, body: Any, *, opens: bool, trusts: bool = True) -> Any:
    """The message of a head and the bytes of its parts."""
    sizes, content = _decode_head(head)
    parts, view, at = [], memoryview(body), 0
    for size in sizes:
        parts.append(view[at : at + size])
        at += _padded(size)

    def restore(code: int, data: memoryview) -> Any:
        fields = _decode_list(data)
        if code == PART:
            return parts[fields[0]]
        if code != PICKLED:
            raise ValueError(f"there is no value of kind {code}")
        index, buffers, kind, text, shown = fields
        pickled = Pickled(parts[index], [parts[buffer] for buffer in buffers], kind, text, shown)
        pickled.is_trusted = trusts
        return pickled.load() if opens else pickled

    return msgspec.msgpack.decode(content, ext_hook=restore)


def _fits(value: Any) -> bool:
    try:
        msgspec.msgpack.encode(value, enc_hook=lambda _: None)
    except (OverflowError, ValueError, TypeError, RecursionError):
        return False
    return True


def _padded(size: int) -> int:
    """Parts begin at multiples of 64 bytes, as Arrow and NumPy like them."""
    return (size + 63) & ~63


def _padding(part: memoryview) -> bytes:
    return b"\0" * (_padded(part.nbytes) - part.nbytes)


def _share(parts: Sequence[memoryview]) -> int:
    """A descriptor of shared memory that holds the parts."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("workflow", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    else:
        descriptor, name = tempfile.mkstemp()
        os.unlink(name)  # noqa: PTH108 - a path object is not needed to drop a name
    for part in parts:
        for piece in (part, memoryview(_padding(part))):
            written = 0
            while written < piece.nbytes:
                written += os.write(descriptor, piece[written:])
    return descriptor


def _map(descriptor: int, size: int) -> mmap.mmap:
    """Shared memory as private, writable bytes. Its maker cannot change or shorten it any more."""
    if sys.platform == "linux":
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
        try:
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
        except OSError as error:
            raise FrameError("Shared memory is still being written.") from error
    if os.fstat(descriptor).st_size < size:
        raise FrameError("Shared memory is shorter than its frame says.")
    return mmap.mmap(descriptor, size, access=mmap.ACCESS_COPY)
