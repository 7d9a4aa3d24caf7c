"""What a worker process tells of an exception that user code raised: one line for people, and where it happened."""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from workflow_kernel.base.errors import NodeError, WorkflowError

CODE = "<code>"
"""File name of code that a person typed into a node."""

OWN = str(Path(__file__).parent)
_SHELL = str(Path("IPython") / "core")
"""Where the frames are that run a notebook's cell, and say nothing of it."""
_CELLS = ("<cell ", "<ipython-input")
CUT = 10_000


def describe(error: BaseException, memory: int | None = None) -> dict[str, Any]:
    """The fields of the error the server raises.

    Parameters
    ----------
    error: what user code raised.
    memory: bytes the code was allowed, for an error about memory.
    """
    is_syntax = isinstance(error, SyntaxError) and error.filename == CODE
    frames = None if is_syntax else user_frames(error.__traceback__)
    told: dict[str, Any] = {"description": _traceback(error, frames)}
    if isinstance(error, WorkflowError):
        told |= {"message": error.message, "code": error.code, "mend": error.mend}
        if isinstance(error, NodeError):
            told |= {"description": error.description, "item": error.item, "data": error.data}
            told["retry_after"] = error.retry_after
        return told
    place = _place(error, frames)
    if isinstance(error, MemoryError) and memory:
        text = f"MemoryError: the code needs more than the {memory / (1 << 20):,.0f} MB of memory it may use"
        return told | {
            "message": f"{text} {place}".rstrip(),
            "mend": "Work on fewer items at a time, or raise the memory limit.",
            "code": "WF333",
        }
    text = _text(error)
    name = type(error).__name__
    return told | {"message": f"{name}: {text} {place}".rstrip() if text else f"{name} {place}".rstrip()}


_source = ""


def show_source(code: str) -> None:
    """Let tracebacks show the lines of typed code."""
    global _source
    if code != _source or CODE not in linecache.cache:
        _source = code
        linecache.cache[CODE] = (len(code), None, code.splitlines(keepends=True), CODE)


def user_frames(start: TracebackType | None) -> TracebackType | None:
    """The traceback from where user code begins; None when it never came to that."""
    at = start
    while at is not None and _is_ours(at.tb_frame.f_code.co_filename):
        at = at.tb_next
    return at


def _is_ours(name: str) -> bool:
    return name.startswith(OWN) or _SHELL in name


def _place(error: BaseException, frames: TracebackType | None) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return _shown(error.filename, error.lineno or 1)
    if frames is None:
        return ""
    name = frames.tb_frame.f_code.co_filename
    line, at = frames.tb_lineno, frames.tb_next
    while at is not None:
        if at.tb_frame.f_code.co_filename == name:
            line = at.tb_lineno
        at = at.tb_next
    return _shown(name, line)


def _shown(name: str, line: int) -> str:
    return f"(line {line})" if name == CODE or name.startswith(_CELLS) else f"({Path(name).name}, line {line})"


def _text(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    try:
        return str(error)
    except Exception as own:  # an exception whose own text fails
        return f"<no text: {own}>"


def _traceback(error: BaseException, frames: TracebackType | None) -> str:
    if frames is None and not isinstance(error, SyntaxError):
        return ""
    try:
        lines = traceback.format_exception(type(error), error, frames)
    except Exception:  # an exception whose own text fails
        lines = traceback.format_tb(frames)
    text = "".join(lines).strip()
    return text if len(text) <= CUT else f"{text[: CUT // 2]}\n...\n{text[-CUT // 2 :]}"
