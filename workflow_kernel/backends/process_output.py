"""What a worker process writes to its standard output and error, cut into lines for a node's log."""

from __future__ import annotations

import os
from collections.abc import Callable

from workflow_kernel.base.errors import NodeError

MOST_LINES = 10_000
LONGEST_LINE = 10_000
TAIL = 4_000
LAST = 500
CRASH = "Fatal Python error: "


class Output:
    """Reads a process's output through a descriptor without ever waiting for it.

    Parameters
    ----------
    descriptor: the reading end of its pipe.
    """

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self.tail = ""
        self.taken = 0
        """Bytes read so far."""
        self._rest = b""
        self._lines = 0
        self._log: Callable[[str], None] | None = None

    def begin(self, log: Callable[[str], None], *, drops: bool = True) -> None:
        """Drop what came between runs, where it may have, and send lines to ``log`` from now on."""
        self._log = None
        if drops:
            self.read()
        self._rest, self.tail, self._lines, self._log = b"", "", 0, log

    def finish(self) -> None:
        """Read what is left and send an unfinished last line."""
        self.read()
        if self._rest:
            self._send(self._rest)
        self._rest, self._log = b"", None

    def read(self) -> bool:
        """Read what there is now; False once the pipe is closed."""
        for _ in range(64):  # code that never stops printing must not keep us here
            try:
                data = os.read(self.descriptor, 1 << 16)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not data:
                return False
            self._take(data)
        return True

    def _take(self, data: bytes) -> None:
        self.taken += len(data)
        self.tail = (self.tail + data.decode("utf-8", "replace"))[-TAIL:]
        *lines, rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._send(line)
        if len(rest) > LONGEST_LINE:
            self._send(rest)
            rest = b""
        self._rest = rest

    def _send(self, line: bytes) -> None:
        if self._log is None:
            return
        self._lines += 1
        if self._lines <= MOST_LINES:
            self._log(line[:LONGEST_LINE].decode("utf-8", "replace").rstrip("\r"))
        elif self._lines == MOST_LINES + 1:
            self._log(f"... more than {MOST_LINES:,} lines; the rest is left out")


def last_output(text: str) -> str:
    """The end of what a process wrote before it ended, as a sentence that follows another one; empty for nothing."""
    crash = text.rfind(CRASH)
    # The traceback of a crash begins with what matters.
    end = text[-LAST:] if crash < 0 else text[crash:][:LAST].rpartition("\n")[0] or text[crash:][:LAST]
    return f" Its last output: {end.strip()}" if end.strip() else ""


def out_of_memory(text: str) -> NodeError | None:
    """The error of a process that ended as it got no more memory, which its last words tell; None for others."""
    if "memory allocation of" not in text[-TAIL:]:
        return None
    return NodeError(
        "The code needs more memory than it may use.",
        description=text[-TAIL:],
        code="WF333",
        mend="Work on fewer items at a time, or raise the memory limit.",
    )
