"""Keeps the code of users away from folders of the service: its keys, its servers, its mail. Linux alone.

A worker process asks the kernel (Landlock, https://docs.kernel.org/userspace-api/landlock.html) to give it, and all it
starts, everything but the files below hidden folders. Rules only ever allow, so each folder on the way to a hidden one
is taken apart: what stands beside it is allowed. The memory of processes outside cannot be read either; the variables
of their environment can, so secrets are better kept in files.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_NO_NEW_PRIVILEGES = 38
_BENEATH = 1
_ONLY_VERSION = 1

_READ_DIR = 1 << 3
_FILE = (1 << 0) | (1 << 1) | (1 << 2)
"""Execute, write, read: what may be said of a file."""

_FIRST = (1 << 13) - 1
"""All that the first version of Landlock knows."""

_SINCE = ((2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
"""Rights of later versions: linking across folders, truncating, device control."""


def is_possible() -> bool:
    """Whether this kernel can confine a process."""
    return sys.platform == "linux" and _version() >= 1


def hide(hidden: Iterable[str], shown: Iterable[str] = ()) -> bool:
    """Make the files below folders unreachable for this process and all it starts, for good.

    Parameters
    ----------
    hidden: folders or files, absolute. shown: folders below them that stay reachable.

    Returns
    -------
    False where the kernel cannot do it; nothing has changed then.
    """
    folders = [Path(folder).resolve() for folder in hidden]
    folders = [folder for folder in folders if folder.exists()]
    if not folders:
        return True
    if not is_possible():
        return False
    rights = _FIRST | sum(right for version, right in _SINCE if _version() >= version)
    kernel = ctypes.CDLL(None, use_errno=True)
    attributes = struct.pack("=Q", rights)
    rules = kernel.syscall(_CREATE, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        _allow(kernel, rules, Path("/"), _READ_DIR)
        for path in [*_beside(folders), *(Path(folder).resolve() for folder in shown)]:
            _allow(kernel, rules, path, rights if path.is_dir() else rights & (_FILE | (1 << 14) | (1 << 15)))
        if kernel.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
            return False
        return int(kernel.syscall(_RESTRICT, rules, 0)) == 0
    finally:
        os.close(rules)


def _beside(hidden: list[Path]) -> Iterator[Path]:
    """Everything that is not on the way to a hidden folder, as few paths as can be."""
    on_the_way = {parent for folder in hidden for parent in folder.parents}
    for folder in on_the_way:
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            path = Path(entry.path)
            if path not in on_the_way and path not in hidden and not entry.is_symlink():
                yield path


def _allow(kernel: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        kernel.syscall(_ADD, rules, _BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _version() -> int:
    try:
        return int(ctypes.CDLL(None, use_errno=True).syscall(_CREATE, None, 0, _ONLY_VERSION))
    except (OSError, AttributeError):
        return 0
