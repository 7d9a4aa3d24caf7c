"""Reading JSON strictly: every way a text can be bad JSON is one problem with its line and column.

Called by ``format``. Beyond what Python's reader refuses, this refuses keys that stand twice, numbers that are no
JSON (``NaN``, ``1e999``), broken characters and values nested too deeply. What the values mean does not belong here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from workflow_kernel.base.errors import InvalidWorkflowError, Problem
from workflow_kernel.graph.places import Path, find_places, line_and_column

MAX_BYTES = 50_000_000
MAX_DEPTH = 100
MAX_PROBLEMS = 200
"""Problems told of one file; a file with more is not read by anyone to its end."""

_LONG_NUMBER = re.compile(r"-?\d{4300,}")
_MAYBE_ODD = re.compile(r"NaN|Infinity|\d[eE]\+?\d\d|\d{300}|\\u[dD][89a-fA-F]")
"""Whether a text may hold values that JSON cannot; they are looked for only then."""
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_UTF8 = "Save it as UTF-8 without a byte order mark."


def decode(data: bytes) -> str:
    """The text of a file. Raises ``InvalidWorkflowError`` for one that is too large or not UTF-8."""
    if len(data) > MAX_BYTES:
        raise _one("WF131", f"The file has {len(data):,} bytes; {MAX_BYTES:,} are allowed.", _SMALLER)
    for mark, name in _MARKS:
        if data.startswith(mark):
            raise _one("WF132", f"The file is {name}, not UTF-8 (line 1, column 1).", _UTF8)
    if data.startswith(b"\xef\xbb\xbf"):
        raise _one("WF132", "The file begins with a byte order mark (line 1, column 1).", _UTF8)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        place = line_and_column(before, len(before))
        raise _one(
            "WF132", f"Byte 0x{data[error.start]:02x} is not UTF-8 ({place}).", "Save the file as UTF-8."
        ) from None


def parse(text: str) -> Any:
    """The value a JSON text holds. Raises ``InvalidWorkflowError`` naming line and column of what is wrong."""
    if len(text) > MAX_BYTES:
        raise _one("WF131", f"The text has {len(text):,} characters; {MAX_BYTES:,} are allowed.", _SMALLER)
    if text.startswith("\ufeff"):
        raise _one("WF132", "The text begins with a byte order mark (line 1, column 1).", _UTF8)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        place = line_and_column(text, error.start)
        raise _one("WF132", f"A character is half of a surrogate pair ({place}).", "Remove it.") from None
    value, is_odd = _load(text)
    if is_odd:
        raise InvalidWorkflowError(_odd_keys(text), "The file")
    if depth_exceeds(value, MAX_DEPTH):
        raise _too_deep(text)
    if _MAYBE_ODD.search(text):
        problems = list(_odd_values(text, value))
        if problems:
            raise InvalidWorkflowError(problems[:MAX_PROBLEMS], "The file")
    return value


def _load(text: str) -> tuple[Any, bool]:
    """The value, and whether a key stands twice."""
    has_duplicates = False

    def as_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal has_duplicates
        found = dict(pairs)
        has_duplicates = has_duplicates or len(found) != len(pairs)
        return found

    try:
        return json.loads(text, object_pairs_hook=as_dict), has_duplicates
    except json.JSONDecodeError as error:
        raise InvalidWorkflowError([_syntax(text, error)], "The file") from None
    except RecursionError:
        raise _too_deep(text) from None
    except ValueError:  # Python refuses to convert numbers of more than 4,300 digits
        found = _LONG_NUMBER.search(text)
        place = f" ({line_and_column(text, found.start())})" if found else ""
        raise _one("WF136", f"A number has more than 4,300 digits{place}.", "Write it as a text.") from None


def _syntax(text: str, error: json.JSONDecodeError) -> Problem:
    """What is wrong with a text that is no JSON, and what its author may have meant."""
    position = error.pos
    if not text.strip():
        return Problem("WF134", "The file is empty (line 1, column 1).", "Restore it from a backup or version control.")
    if not text[position:].strip() or error.msg.startswith("Unterminated string"):
        place = line_and_column(text, len(text.rstrip()) if not text[position:].strip() else position)
        what = "in the middle of a text" if error.msg.startswith("Unterminated") else "before it is complete"
        mend = "It may have been cut off: restore it from a backup or version control."
        return Problem("WF134", f"The file ends {what} ({place}).", mend)
    place = line_and_column(text, position)
    line = text[text.rfind("\n", 0, position) + 1 :][:7]
    if line in ("<<<<<<<", "=======", ">>>>>>>"):
        return Problem("WF133", f"The file holds a merge conflict ({place}).", "Resolve it and remove the marks.")
    expected, mend = _explain(text, error)
    found = repr(text[position]) if text[position].isprintable() else f"the character U+{ord(text[position]):04X}"
    return Problem("WF133", f"This is not JSON: {expected}, found {found} ({place}).", mend)


def _explain(text: str, error: json.JSONDecodeError) -> tuple[str, str]:
    """What JSON expects at the place of the error, and how to mend it."""
    character = text[error.pos]
    before = text[: error.pos].rstrip()[-1:]
    if error.msg.startswith("Extra data"):
        return "the file ends after its first value", "Remove what follows."
    if text.startswith(("//", "/*"), error.pos) or character == "#":
        return "comments are not allowed", "Remove the comment; use a node's 'notes' for remarks."
    if error.msg.startswith(("Invalid \\", "Invalid control")):
        return f"{error.msg[0].lower()}{error.msg[1:].split(':')[0]}", "Write it as an escape such as \\n or \\\\."
    if character == "'":
        return "texts stand in double quotes", "Replace ' by \"."
    if before == "," and character in "]}":
        return "a comma must be followed by a value", "Remove the comma before it."
    if "property name" in error.msg and before == ",":
        return "a name in double quotes", "Remove the comma before it, or quote the name."
    if error.msg.startswith("Expecting value") and text.startswith(("True", "False", "None", "undefined"), error.pos):
        return "a value", "Write true, false or null."
    return error.msg[0].lower() + error.msg[1:].replace("Expecting", "expecting"), "Correct the JSON at this place."


def _too_deep(text: str) -> InvalidWorkflowError:
    offset = find_places(text, max_depth=MAX_DEPTH).too_deep
    place = f" ({line_and_column(text, offset)})" if offset is not None else ""
    return _one(
        "WF137", f"Values are nested more than {MAX_DEPTH} deep{place}.", "Keep deep data in a file that a node reads."
    )


def depth_exceeds(value: Any, limit: int) -> bool:
    """Whether a JSON value is nested deeper than ``limit``."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        children: Iterable[Any] = (child for part in level for child in (part.values() if type(part) is dict else part))
        level = [child for child in children if type(child) is dict or type(child) is list]
        if not level:
            return False
    return True


def _odd_keys(text: str) -> list[Problem]:
    found = find_places(text, max_depth=MAX_DEPTH)
    problems = [
        Problem(
            "WF135",
            f"The key '{_short(str(path[-1]))}' stands twice in one object "
            f"({line_and_column(text, second)}; first at {line_and_column(text, first)}).",
            "Remove or rename one of the two.",
            field=".".join(str(part) for part in path),
        )
        for path, first, second in found.duplicates[:MAX_PROBLEMS]
    ]
    return problems or [Problem("WF135", "A key stands twice in one object.", "Remove or rename one of the two.")]


def odd_values(value: Any) -> Iterator[tuple[Path, str, str]]:
    """Values that JSON cannot hold: path, what is wrong, mend."""
    pending: list[tuple[Any, Path]] = [(value, ())]
    while pending:
        part, path = pending.pop()
        if isinstance(part, dict):
            for key, child in part.items():
                if _is_broken(key):
                    yield path, "A key holds half of a surrogate pair", "Remove the broken character."
                pending.append((child, (*path, key)))
        elif isinstance(part, list):
            pending.extend((child, (*path, index)) for index, child in enumerate(part))
        elif isinstance(part, float) and not math.isfinite(part):
            yield path, "The number is not finite, which JSON cannot hold", "Write a finite number, null or a text."
        elif isinstance(part, str) and _is_broken(part):
            yield path, "The text holds half of a surrogate pair", "Remove the broken character."


def _odd_values(text: str, value: Any) -> Iterator[Problem]:
    found = list(odd_values(value))
    if not found:
        return
    places = find_places(text, {path for path, _, _ in found}).offsets
    for path, message, mend in reversed(found):
        place = f" ({line_and_column(text, places[path])})" if path in places else ""
        code = "WF136" if "number" in message else "WF132"
        yield Problem(code, f"{message}{place}.", mend, field=".".join(str(part) for part in path))


def _is_broken(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


_SMALLER = "Move data out of the parameters and pins into files that a node reads."


def _one(code: str, message: str, mend: str) -> InvalidWorkflowError:
    return InvalidWorkflowError([Problem(code, message, mend)], "The file")
