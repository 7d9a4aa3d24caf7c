"""Keeps what notebook cells gave, so that an equal run of one is not done again.

A result is found by the code, what came in, and what would go out. It counts as long as the files the cell read are as
they were. A cell that writes files, uses the network, starts programs or looks at the clock is never kept; what a
library does while it is imported, and what the worker does to run the cell, is not the cell's doing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import re
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from workflow_kernel.worker.child_items import Data
from workflow_kernel.worker.child_values import Pickled

_UNSTEADY = re.compile(
    r"\btime\.(?:time|perf_counter|monotonic|process_time|ctime|localtime|gmtime|strftime)|\bnow\b|today|uuid|random"
    r"|listdir|glob|iterdir|scandir|\bwalk\b|exists|getmtime|is_file|is_dir|isfile|isdir|\binput\(|environ|getenv"
    r"|getcwd|perf_counter|urandom|secrets|^\s*(?:!|%(?!matplotlib\b))",
    re.MULTILINE,
)
_EFFECTS = ("socket.connect", "subprocess.Popen", "os.system", "os.remove", "os.rename", "os.mkdir", "os.rmdir",
            "os.symlink", "os.link", "shutil.", "sqlite3.connect", "os.exec", "os.fork", "os.posix_spawn")  # fmt: skip
_LIBRARIES = tuple({sys.prefix, sys.base_prefix, sys.exec_prefix, "/usr", "/lib", "/proc", "/sys", "/dev", "/etc"})

_COMPARED = 64 << 20
"""Bytes of a file whose content is compared where it was written anew."""

Stamp = tuple[int, int]
"""When a file was changed, and its size."""

_watching: list[Kept] = []
_hooks: list[bool] = []


class Kept:
    """The result of one run of a cell, as it is kept.

    Parameters
    ----------
    folder: where; nothing is kept when empty. code, data: of the run. taken: the variables that came in.
    """

    def __init__(self, folder: str, code: str, data: Mapping[str, Any], taken: Mapping[str, Any]) -> None:
        self._read: dict[str, Stamp] = {}
        self._is_ours = False
        self._has_effects = not folder or bool(_UNSTEADY.search(code)) or _are_foreign(taken)
        self._path = Path(folder or ".") / ("" if self._has_effects else _key(code, data, taken))

    def find(self) -> dict[str, Any] | None:
        """What an equal run gave; None when there is none that counts."""
        if self._has_effects:
            return None
        try:
            files, answer, pickled = pickle.loads(self._path.read_bytes())  # noqa: S301 - written by ourselves
        except (OSError, pickle.UnpicklingError, EOFError, ValueError, AttributeError, ImportError):
            return None
        if not all(_is_same(path, *known) for path, known in files.items()):
            return None
        with contextlib.suppress(OSError):
            os.utime(self._path)
        found: dict[str, Any] = answer | {"given": pickled, "is_kept": True}
        return found

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Watch what the cell does besides computing."""
        if self._has_effects:
            yield
            return
        if not _hooks:
            _hooks.append(True)
            sys.addaudithook(_audit)
        _watching.append(self)
        try:
            yield
        finally:
            _watching.remove(self)

    @contextlib.contextmanager
    def ours(self) -> Iterator[None]:
        """What happens now is done to run the cell, and not by it."""
        self._is_ours = True
        try:
            yield
        finally:
            self._is_ours = False

    def keep(self, answer: Mapping[str, Any]) -> None:
        """Keep what the run gave, whole or not at all."""
        if self._has_effects or None in self._read.values():
            return
        part = self._path.with_name(f"{self._path.name}.{uuid.uuid4().hex[:8]}")
        given = {name: value for name, value in answer["given"].items() if isinstance(value, Pickled)}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            files = {path: (stamp, _content(path, stamp)) for path, stamp in self._read.items()}
            part.write_bytes(pickle.dumps((files, {**answer, "given": {}}, given), 5))
            part.replace(self._path)
        except (OSError, pickle.PicklingError, TypeError, ValueError):
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Something happened that a result may depend on."""
        if event.startswith(_EFFECTS):
            self._has_effects = self._has_effects or not (self._is_ours or _is_import())
        elif event == "open" and isinstance(arguments[0], str | os.PathLike | bytes):
            path = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100 - called for each file
            if path.startswith(_LIBRARIES) or path.endswith((".pyc", ".py")):
                return
            mode, flags = arguments[1], arguments[2]
            writes = any(sign in str(mode or "") for sign in "wax+") or bool(
                flags and flags & (os.O_WRONLY | os.O_RDWR)
            )
            if writes:
                self._has_effects = self._has_effects or not (self._is_ours or _is_import())
            else:
                self._read[path] = _stamp(path)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and (event == "open" or event.startswith(_EFFECTS)):
        _watching[-1].note(event, arguments)


def _are_foreign(taken: Mapping[str, Any]) -> bool:
    return any(isinstance(value, Data) for value in taken.values())


def _key(code: str, data: Mapping[str, Any], taken: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    head = [sys.version, code, list(data["gives"]), list(data["settings"]), data["may_fail"], os.getcwd()]  # noqa: PTH109
    digest.update(repr(head).encode())
    for name in sorted(taken):
        pickled, buffers = taken[name]
        digest.update(f"\0{name}\0".encode())
        for part in (pickled, *buffers):
            digest.update(memoryview(part).cast("B"))
    return digest.hexdigest()


def _is_import() -> bool:
    """Whether a library does it while it is imported."""
    frame: FrameType | None = sys._getframe(3)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return True
        if not name.startswith((*_LIBRARIES, "<frozen")):
            return False
        frame = frame.f_back
    return False


def _is_same(path: str, stamp: Stamp, content: str) -> bool:
    """Whether a file is as it was: not touched, or written anew with what it held."""
    now = _stamp(path)
    return now == stamp or (bool(content) and now[1] == stamp[1] and _content(path, now) == content)


def _content(path: str, stamp: Stamp) -> str:
    """The digest of a file; empty where it is too large, gone, or not as it was when it was read."""
    if not 0 <= stamp[1] <= _COMPARED:
        return ""
    try:
        data = Path(path).read_bytes()
    except OSError:
        return ""
    return hashlib.sha256(data).hexdigest() if _stamp(path) == stamp else ""


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)  # noqa: PTH116 - called for each file
    except OSError:
        return (-1, -1)
    return (found.st_mtime_ns, found.st_size)
