"""Files that only their owner may read: keys, passwords. Written whole or not at all, by whoever comes first."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """What the file holds; when it is not there it is made, once, however many processes ask at the same time."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    part = _written(path.parent, make())
    try:
        os.link(part, path)  # Unlike a rename, it fails when somebody else was first.
    except FileExistsError:
        pass
    finally:
        part.unlink()
    _keep_entry(path.parent)
    return path.read_bytes()


def write(path: Path, data: bytes) -> None:
    """Write a file anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _written(path.parent, data).replace(path)
    _keep_entry(path.parent)


def _written(folder: Path, data: bytes) -> Path:
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".part-")  # made with mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    return Path(name)


def _keep_entry(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
