"""Reading what stands before the cursor in an expression, as far as completion needs it.

Works on unfinished code in both languages, so it reads backwards over names, dots and brackets
and gives up on the rest.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

_NODE = re.compile(r"(?:\$\(\s*|\$node\[\s*)(['\"`])((?:(?!\1)[^\\\n]|\\.)*)$")
_KEY = re.compile(r"\[\s*(['\"])((?:(?!\1)[^\\\n]|\\.)*)$")
_NAME = re.compile(r"[\w$]*$")
_MAX_BEFORE = 20_000


class Step(NamedTuple):
    """One step of a path: a name, a call of the name before (``argument`` as written), or a key in brackets."""

    kind: Literal["name", "call", "key"]
    text: str


class Place(NamedTuple):
    """Where the cursor stands.

    Parameters
    ----------
    kind: ``name`` at a free name, ``member`` after a dot, ``key`` in ``["``, ``node`` in ``$('``.
    typed: what is already written of the word.
    steps: the path before the dot or bracket; empty when it cannot be read.
    """

    kind: Literal["name", "member", "key", "node"]
    typed: str
    steps: tuple[Step, ...] = ()


def read_place(before: str) -> Place | None:
    """Where the cursor stands, or None outside code."""
    code = _code(before[-_MAX_BEFORE:] if len(before) > _MAX_BEFORE else before)
    if code is None:
        return None
    node = _NODE.search(code)
    if node:
        return Place("node", node[2])
    key = _KEY.search(code)
    if key:
        steps = _path(code[: key.start()])
        if steps:
            return Place("key", key[2], steps)
    typed = _NAME.search(code)
    assert typed is not None
    rest = code[: typed.start()]
    if rest.endswith("."):
        return Place("member", typed[0], _path(rest.removesuffix(".").removesuffix("?")))
    return None if _is_in_text(rest) else Place("name", typed[0])


def _code(before: str) -> str | None:
    """The code the cursor is in; text without braces that does not start with = is code as a whole."""
    opening, closing = before.rfind("{{"), before.rfind("}}")
    if opening > closing:
        return before[opening + 2 :]
    if opening >= 0 or closing >= 0 or before.startswith("="):
        return None
    return before


def _is_in_text(code: str) -> bool:
    """Whether the end of the code stands inside quotes."""
    quote = ""
    at = 0
    while at < len(code):
        letter = code[at]
        if letter == "\\":
            at += 1
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"`":
            quote = letter
        at += 1
    return bool(quote)


def _path(code: str) -> tuple[Step, ...]:
    """The steps of the path that ends here, e.g. ``$('A').item.json``; empty when there is none to read."""
    steps: list[Step] = []
    end = len(code)
    while end:
        if code[end - 1] in ")]":
            start = _opening(code, end - 1)
            if start is None:
                return ()
            steps.append(Step("call" if code[start] == "(" else "key", code[start + 1 : end - 1].strip()))
            end = start
            continue
        name = _NAME.search(code, 0, end)
        if name is None or not name[0]:
            return ()
        steps.append(Step("name", name[0]))
        end = name.start()
        if not code[:end].endswith("."):
            break
        end -= 2 if code[:end].endswith("?.") else 1
    return tuple(reversed(steps)) if steps and steps[-1].kind == "name" else ()


def _opening(code: str, end: int) -> int | None:
    """Where the bracket that closes at ``end`` was opened; texts in it are skipped."""
    depth = 0
    at = end
    while at >= 0:
        letter = code[at]
        if letter in "'\"`":
            at = code.rfind(letter, 0, at)
            if at < 0:
                return None
        elif letter in ")]}":
            depth += 1
        elif letter in "([{":
            depth -= 1
            if depth == 0:
                return at
        at -= 1
    return None
