"""What IPython adds to Python: lines that begin with ``%`` or ``!``, cells that begin with ``%%``, ``name?``.

Plain Python passes untouched. Of the rest, what runs Python (``%time f(x)``) is made Python; what touches files or the
process becomes an event, and a magic nobody knows becomes a mark.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

import msgspec

from workflow_kernel.cells.events import Bind, Change, Doubt, Load, Mark, World
from workflow_kernel.cells.knowledge import words

RUNS_PYTHON = frozenset(["time", "prun", "capture", "timeit", "python", "memit", "mprun", "lprun", "debug"])
FORGETS = frozenset(["timeit", "memit"])
"""Of those, the ones that run code as a function: names it binds are gone."""

SAFE = words(
    "matplotlib config load_ext autoreload precision pip conda mamba uv pdb xmode colors env set_env cd pwd ls "
    "who_ls lsmagic magic doctest_mode logstart logstop alias system sx html javascript js latex markdown svg bash sh "
    "writefile perl ruby script cmd ! pinfo pinfo2 pdoc psource pfile quickref gui page pprint unalias"
)
"""Magics that touch no variable but those in ``$name`` or ``{name}``."""

WRITES_FILES = words("writefile bash sh script perl ruby system sx cmd ! pip")
SETTINGS = words("matplotlib config load_ext autoreload precision env set_env cd pdb xmode colors alias")

_LINE = re.compile(r"^(\s*)(?:([\w, ]+?)\s*=\s*)?(%|!!?)\s*(\S*)[ \t]*(.*)$")
_HELP = re.compile(r"^\s*(?:\?{1,2}\s*([\w.*]+)|%?([\w.*]+)\?{1,2})\s*;?\s*$")
_EXPANDED = re.compile(r"\{([^{}]+)\}|\$(\w+)")


class Cell(msgspec.Struct, frozen=True):
    """A cell taken apart: its plain Python, and the events of what is none."""

    source: str
    events: tuple[Any, ...] = ()


def split(source: str) -> Cell:
    """Take a cell apart. Lines keep their numbers."""
    text = source.replace("\r\n", "\n")
    stripped = text.lstrip("\n ")
    if stripped.startswith("%%"):
        return _cell_magic(stripped)
    if not any(sign in text for sign in "%!?") or is_python(text):
        return Cell(text)
    events: list[Any] = []
    lines = text.split("\n")
    kept = [_line(line, number, events) for number, line in enumerate(lines, 1)]
    return Cell("\n".join(kept), tuple(events))


def is_python(text: str) -> bool:
    """Whether a text is Python as it stands."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _line(line: str, number: int, events: list[Any]) -> str:
    """A line as Python; what it did besides goes to the events."""
    help_ = _HELP.match(line)
    if help_ and not line.strip().startswith("%"):
        return line[: len(line) - len(line.lstrip())] + "pass"
    found = _LINE.match(line)
    if found is None:
        return line
    indent, targets, sign, name, rest = found.groups()
    if sign != "%":
        name, rest = "!", f"{name} {rest}"
    code, own = _magic(name, rest, number)
    if not targets:
        events.extend(own)
        return indent + (code or "pass")
    events.extend(own)
    return f"{indent}{targets} = {code or None}"


def _magic(name: str, rest: str, line: int) -> tuple[str, list[Any]]:
    """A line magic: Python that stands for it, and events."""
    if name in RUNS_PYTHON:
        code = _without_options(rest)
        if not is_python(code):
            return "", []
        return (f"(lambda: ({code}))()" if name in FORGETS and _is_expression(code) else code), []
    events = expanded(rest)
    if name in WRITES_FILES:
        events.append(World("files", changes=True))
    if name in SETTINGS:
        events.append(Change((), (), ("%",), line, f"%{name} {rest}".rstrip()))
    elif name not in SAFE:
        events.append(Doubt(Mark("magic", f"%{name}", line)))
    return "", events


def expanded(text: str) -> list[Any]:
    """The variables that ``{name}`` and ``$name`` put into a command."""
    events: list[Any] = []
    for code, name in _EXPANDED.findall(text):
        if name:
            events.append(Load(name))
        elif is_python(code):
            events.extend(Load(part.id) for part in ast.walk(ast.parse(code)) if isinstance(part, ast.Name))
    return events


def _cell_magic(text: str) -> Cell:
    head, _, body = text.partition("\n")
    name, _, rest = head[2:].strip().partition(" ")
    if name in RUNS_PYTHON:
        return _python_cell(name, rest, body)
    events = expanded(rest)
    if name in ("bash", "sh", "script", "perl", "ruby", "sx", "system", "!", "cmd"):
        out = re.findall(r"--(?:out|err|proc)\s+(\w+)", rest)
        events += [*expanded(body), World("files", changes=True), *(Bind(target, ()) for target in out)]
    elif name == "writefile":
        events.append(World("files", changes=True))
    elif name not in SAFE:
        events.append(Doubt(Mark("magic", f"%%{name}", 1)))
    return Cell("", tuple(events))


def _python_cell(name: str, rest: str, body: str) -> Cell:
    """A cell magic that runs its body as Python."""
    inner = split(body)
    source = "\n" + inner.source
    events = list(inner.events)
    if name == "capture":
        names = [part for part in rest.split() if not part.startswith("-")]
        events += [Bind(target, ()) for target in names[:1]]
    elif name in FORGETS:
        setup = _without_options(rest)
        lines = [f"    {line}" for line in [setup, *inner.source.split("\n")]]
        source = "\n".join(["def _timed():", "    pass", *lines, "_timed()", "del _timed"])
        source = source if is_python(source) else "\n" + inner.source
    return Cell(source, tuple(events))


def _without_options(text: str) -> str:
    return re.sub(r"^(?:\s*-\w+(?:\s*\d+)?)+\s*", "", text).strip()


def _is_expression(code: str) -> bool:
    try:
        ast.parse(code, mode="eval")
    except SyntaxError:
        return False
    return True
