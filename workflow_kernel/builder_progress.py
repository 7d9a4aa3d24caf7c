"""Progress bars in notebooks and terminals: of a run, of a sweep, of an execution of a service that is waited for.

A bar comes when something takes longer than a second. In a notebook it ends as a line that says how long it took, and
on a terminal it goes. Where nobody looks, in a script that is piped, there is none.
"""

from __future__ import annotations

import sys
import time
from html import escape
from types import TracebackType
from typing import Any, Protocol

from rich.console import Console
from rich.progress import Progress

from workflow_kernel.runs import show

AFTER = 1.0
"""Seconds after which a bar comes."""
_PAUSE = 0.1
"""Seconds between two pictures of it, at least."""


class _Face(Protocol):
    """How a bar shows itself."""

    def draw(self, done: int, total: int | None, words: str) -> None: ...
    def end(self, words: str) -> None: ...


class Bar:
    """A bar of something that runs. Use it as a context manager.

    Parameters
    ----------
    title: of what runs. total: how much there is to do; None where nobody knows.
    thing: what is counted, in the singular. is_wanted: whether it may come at all.
    """

    def __init__(self, title: str, total: int | None, thing: str, *, is_wanted: bool = True) -> None:
        self.done = 0
        self._title, self._total, self._thing = title, total, thing
        self.is_wanted = is_wanted and _is_seen()
        self._face: _Face | None = None
        self._began = self._drawn = 0.0

    def __enter__(self) -> Bar:
        self._began = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_wanted = False
        if self._face is not None:
            self._face.end(f"{self._told() or 'over'} in {show.duration(time.monotonic() - self._began)}")

    def advance(self, by: int = 1) -> None:
        """So much more was done."""
        self.done += by
        self.draw()

    def draw(self, words: str = "") -> None:
        """Show where it stands, if it is time to.

        Parameters
        ----------
        words: in place of the count.
        """
        now = time.monotonic()
        if not self.is_wanted or now - self._began < AFTER or now - self._drawn < _PAUSE:
            return
        self._drawn = now
        if self._face is None:
            self._face = _InNotebook(self._title) if _is_notebook() else _OnTerminal(self._title)
        self._face.draw(self.done, self._total, words or self._told())

    def _told(self) -> str:
        if self._total is None:
            return ""
        return f"{self.done:,} of {show.counted(self._total, self._thing)}"


class _InNotebook:
    """A bar below the cell."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._shown: Any = None

    def draw(self, done: int, total: int | None, words: str) -> None:
        part = f'value="{done}" max="{max(total, 1)}"' if total is not None else ""
        self._show(f'<progress {part} style="vertical-align:middle;width:200px"></progress> {escape(words)}', words)

    def end(self, words: str) -> None:
        self._show(f'<span style="opacity:.75">{escape(words)}</span>', words)

    def _show(self, shown: str, words: str) -> None:
        from IPython.display import display  # noqa: PLC0415 - an extra

        data = {"text/html": f"<div>{escape(self._title)} {shown}</div>", "text/plain": f"{self._title}: {words}"}
        if self._shown is None:
            self._shown = display(data, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._shown.update(data, raw=True)


class _OnTerminal:
    """A bar in the last line of a terminal."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._line = self._progress.add_task(title, total=None)
        self._progress.start()

    def draw(self, done: int, total: int | None, words: str) -> None:
        told = f"{self._title}: {words}" if total is None else self._title
        self._progress.update(self._line, description=told, total=total, completed=done)

    def end(self, words: str) -> None:
        self._progress.stop()


def _is_seen() -> bool:
    """Whether somebody looks."""
    return _is_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def _is_notebook() -> bool:
    return "ipykernel.zmqshell" in sys.modules
