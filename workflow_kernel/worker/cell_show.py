"""What a notebook cell shows while it runs: text, values, plots and errors, in the form notebooks keep it in.

Plain code runs without IPython, which takes a third of a second to load; what needs it gets its shell.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import linecache
import re
import sys
import traceback
import zlib
from collections.abc import Iterator
from typing import Any

_NEEDS_SHELL = re.compile(
    r"get_ipython|display|IPython|matplotlib|pyplot|seaborn|plotly|altair|bokeh|ipywidgets|tqdm|await|\bplt\b|;\s*$"
)
_SIMPLE = (int, float, complex, str, bytes, bool)
_shells: list[Any] = []


class Shown:
    """What a cell showed, in order, as a notebook keeps it."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []

    def text(self, name: str, text: str) -> None:
        """Something was written to a stream; what is written in pieces is kept as one."""
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        elif text:
            self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def data(self, kind: str, data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Something was displayed, or is the cell's value (``execute_result``)."""
        entry = {"output_type": kind, "data": _as_json(data), "metadata": _as_json(metadata or {})}
        if kind == "execute_result":
            entry["execution_count"] = None
        self.outputs.append(entry)

    def error(self, error: BaseException, lines: list[str]) -> None:
        """An exception ended the cell."""
        self.outputs.append(
            {"output_type": "error", "ename": type(error).__name__, "evalue": str(error), "traceback": lines}
        )

    def clear(self) -> None:
        """Forget what was shown, as ``clear_output`` asks."""
        self.outputs.clear()


class _Stream(io.TextIOBase):
    """A stream of the program that is kept, and passed on to the real one."""

    def __init__(self, name: str, shown: Shown, real: Any) -> None:
        self._name = name
        self._shown = shown
        self._real = real

    def write(self, text: str) -> int:
        """Keep a text."""
        self._shown.text(self._name, text)
        self._real.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what is held."""
        self._real.flush()

    def writable(self) -> bool:
        """It is."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the real stream."""
        return str(self._real.encoding)

    def fileno(self) -> int:
        """Of the real stream."""
        return int(self._real.fileno())


@contextlib.contextmanager
def _caught(shown: Shown) -> Iterator[None]:
    """Keep what is written meanwhile."""
    streams = (sys.stdout, sys.stderr)
    sys.stdout, sys.stderr = _Stream("stdout", shown, sys.stdout), _Stream("stderr", shown, sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams


def is_plain(code: str) -> bool:
    """Whether code is Python alone, and shows nothing but text."""
    if _NEEDS_SHELL.search(code) or "matplotlib" in sys.modules:
        return False
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def run_plain(code: str, namespace: dict[str, Any], shown: Shown) -> BaseException | None:
    """Run plain code; gives the exception that ended it."""
    name = f"<cell {zlib.crc32(code.encode()):x}>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    tree = ast.parse(code, name)
    last = tree.body[-1] if tree.body else None
    value = last.value if isinstance(last, ast.Expr) else None
    if value is not None:
        tree.body.pop()
    try:
        with _caught(shown):
            exec(compile(tree, name, "exec"), namespace)  # noqa: S102 - this is what a cell is for
            if value is not None:
                expression = ast.Expression(value)
                _show_value(eval(compile(expression, name, "eval"), namespace), shown)  # noqa: S307
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the boundary between a user's code and the worker
        shown.error(error, _traceback(error, name))
        return error
    return None


def _traceback(error: BaseException, name: str) -> list[str]:
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != name:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames)).rstrip().split("\n")


def _show_value(value: Any, shown: Shown) -> None:
    if value is None:
        return
    if type(value) in _SIMPLE:
        shown.data("execute_result", {"text/plain": repr(value)})
        return
    data, metadata = shell(shown).display_formatter.format(value)
    if data:
        shown.data("execute_result", data, metadata)


def run_shell(code: str, module: Any, shown: Shown) -> BaseException | None:
    """Run code in IPython's shell; gives the exception that ended it."""
    found = shell(shown)
    found.user_module = module
    found.user_ns = module.__dict__
    found.init_user_ns()
    with _caught(shown):
        result = found.run_cell(code, store_history=False)
        if "matplotlib_inline.backend_inline" in sys.modules:
            sys.modules["matplotlib_inline.backend_inline"].flush_figures()
    error: BaseException | None = result.error_before_exec or result.error_in_exec
    if isinstance(error, KeyboardInterrupt):
        raise error
    return error


def shell(shown: Shown) -> Any:
    """IPython's shell, which tells ``shown`` what it displays."""
    if not _shells:
        _shells.append(_make_shell())
    found = _shells[0]
    found.display_pub.shown = shown
    found.display_trap.hook = lambda value=None: _show_hook(value, shown, found)
    found._showtraceback = lambda kind, value, lines: shown.error(value, [str(line) for line in lines])
    return found


def _show_hook(value: Any, shown: Shown, found: Any) -> None:
    if value is None or found.displayhook.quiet():
        return
    data, metadata = found.display_formatter.format(value)
    if data:
        shown.data("execute_result", data, metadata)


def _make_shell() -> Any:
    from traitlets.config import Config  # noqa: PLC0415 - most cells do without

    parts: Any = importlib.import_module("IPython.core.interactiveshell")
    publishers: Any = importlib.import_module("IPython.core.displaypub")

    def publish(self: Any, data: Any, metadata: Any = None, **others: Any) -> None:
        if not others.get("update"):
            self.shown.data("display_data", data, metadata)

    def clear_output(self: Any, wait: bool = False) -> None:
        self.shown.clear()

    methods = {"publish": publish, "clear_output": clear_output, "shown": Shown()}
    publisher: Any = type("Publisher", (publishers.DisplayPublisher,), methods)
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.autocall = 0
    config.InteractiveShell.colors = "nocolor"
    made = parts.InteractiveShell.instance(config=config)
    made.display_pub = publisher(parent=made, shell=made)
    made.enable_gui = lambda gui=None: None  # there is no window to wait for
    return made


def _as_json(value: Any) -> Any:
    """What JSON can hold: pictures as base64, as notebooks have them."""
    if isinstance(value, dict):
        return {str(key): _as_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(part) for part in value]
    if isinstance(value, bytes):
        import base64  # noqa: PLC0415 - only with pictures

        return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
