"""Reads parameter texts: which part is text and which is code, and which nodes the code names.

Used by both languages, by the engine to know what a node depends on, and by renaming. A text that starts with ``=`` is
an expression; ``{{ }}`` in it holds code, and ``\\{{`` stands for two plain braces. Nothing is evaluated here, and the
code is only scanned (strings, comments and regular expressions are stepped over), never parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeGuard

OPENING = {"(": ")", "[": "]", "{": "}"}
REGEX_BEFORE = frozenset("(,=:[!&|?{};+-*%<>~^")
REGEX_KEYWORDS = frozenset(("return", "typeof", "case", "in", "of", "delete", "void", "instanceof", "new"))

_WORD = re.compile(r"[\w$]+\s*$")
_NODE_CALL = re.compile(r"(?<![\w$.])(?P<function>\$|\$items)\s*\(\s*")
_NODE_MEMBER = re.compile(r"(?<![\w$.])\$node\s*(?:\?\.)?\s*(?P<link>\[\s*|\.\s*)")
_NAME = re.compile(r"[^\W\d][\w$]*|\$[\w$]*")


class Part(NamedTuple):
    """A piece of a parameter text: plain text as it reads, or the code between ``{{`` and ``}}``."""

    text: str
    is_code: bool
    start: int
    """Where the piece begins in the parameter text."""


class References(NamedTuple):
    """The nodes a text names.

    ``names`` are those written out, in order of appearance and once each; ``is_computed`` tells that the text also
    reaches nodes whose names only show when it runs.
    """

    names: tuple[str, ...]
    is_computed: bool


class Reference(NamedTuple):
    """A node name written out in code: its place in the parameter text and how it is written there."""

    name: str
    start: int
    end: int
    quote: str
    """The quote around it; empty when it stands as ``$node.Name``."""


def is_expression(text: object) -> TypeGuard[str]:
    """Whether a parameter value is an expression."""
    return isinstance(text, str) and text.startswith("=")


@lru_cache(maxsize=4096)
def split(text: str) -> tuple[Part, ...]:
    """The pieces of a parameter text; a text that is no expression is one piece of plain text."""
    if not text.startswith("="):
        return (Part(text, False, 0),) if text else ()
    parts: list[Part] = []
    plain: list[str] = []
    plain_start = position = 1
    while position < len(text):
        opening = text.find("{{", position)
        if opening < 0:
            break
        if text[opening - 1] == "\\" and opening > position:
            plain.append(text[position : opening - 1] + "{{")
            position = opening + 2
            continue
        closing = _closing(text, opening + 2)
        if closing is None:
            break
        plain.append(text[position:opening])
        if any(plain):
            parts.append(Part("".join(plain), False, plain_start))
        parts.append(Part(text[opening + 2 : closing], True, opening + 2))
        plain, plain_start = [], closing + 2
        position = plain_start
    plain.append(text[position:])
    if any(plain):
        parts.append(Part("".join(plain), False, plain_start))
    return tuple(parts)


def lone_code(text: str) -> str | None:
    """The code of a text that is a single ``{{ }}``, whose value keeps its type; None for any other text."""
    parts = split(text)
    return parts[0].text if len(parts) == 1 and parts[0].is_code else None


@lru_cache(maxsize=4096)
def references(text: str) -> References:
    """The nodes an expression names; none when it is plain text."""
    names: dict[str, None] = {}
    is_computed = False
    for part in split(text):
        if not part.is_code:
            continue
        for found in _find_references(part.text):
            if found is None:
                is_computed = True
            else:
                names[found.name] = None
    return References(tuple(names), is_computed)


def code_references(code: str) -> References:
    """The nodes that the code of a code node names."""
    found = list(_find_references(code))
    names = dict.fromkeys(reference.name for reference in found if reference is not None)
    return References(tuple(names), any(reference is None for reference in found))


def rename_node(text: str, old: str, new: str) -> str:
    """The text with every written-out reference to node ``old`` made one to ``new``."""
    return _rename(text, [(part.start, part.text) for part in split(text) if part.is_code], old, new)


def rename_node_in_code(code: str, old: str, new: str) -> str:
    """The code of a code node with every written-out reference to node ``old`` made one to ``new``."""
    return _rename(code, [(0, code)], old, new)


def _rename(text: str, codes: list[tuple[int, str]], old: str, new: str) -> str:
    result: list[str] = []
    position = 0
    for offset, code in codes:
        for reference in _find_references(code):
            if reference is None or reference.name != old:
                continue
            start, end = offset + reference.start, offset + reference.end
            result.append(text[position:start])
            if reference.quote:
                result.append(_quoted(new, reference.quote))
            elif _NAME.fullmatch(new):
                result.append(new)
            else:
                result[-1] = result[-1].rstrip().removesuffix(".").removesuffix("?")
                quoted = _quoted(new, '"')
                result.append(f"[{quoted}]")
            position = end
    return "".join(result) + text[position:]


def _quoted(name: str, quote: str) -> str:
    escaped = name.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\n", "\\n")
    if quote == "`":
        escaped = escaped.replace("${", "\\${")
    return f"{quote}{escaped}{quote}"


def _find_references(code: str) -> Iterator[Reference | None]:
    """Written-out node names in order; None for each place where a name is computed."""
    hidden = _without_strings(code)
    starts = [(match.start(), match) for match in _NODE_CALL.finditer(hidden)]
    starts += [(match.start(), match) for match in _NODE_MEMBER.finditer(hidden)]
    for _, match in sorted(starts, key=lambda pair: pair[0]):
        end = match.end()
        if match.groupdict().get("link", "").startswith("."):
            name = _NAME.match(code, end)
            if name is not None:
                yield Reference(name.group(), name.start(), name.end(), "")
            continue
        if code[end : end + 1] == ")":
            continue
        yield _literal(code, end)


def _literal(code: str, start: int) -> Reference | None:
    """The string literal at ``start`` when it is the whole argument; None when the name is computed."""
    quote = code[start : start + 1]
    if quote not in ("'", '"', "`"):
        return None
    end = _skip_string(code, start) if quote != "`" else _skip_template(code, start)
    if end is None:
        return None
    after = code[end:].lstrip()
    inner = code[start + 1 : end - 1]
    if after[:1] not in (")", "]", ",") or (quote == "`" and "${" in inner):
        return None
    return Reference(_unescaped(inner), start, end, quote)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    plain = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}

    def one(match: re.Match[str]) -> str:
        digits = match.group(1) or match.group(2) or match.group(3)
        return chr(int(digits, 16)) if digits else plain.get(match.group(4), match.group(4))

    return re.sub(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))", one, text)


def _without_strings(code: str) -> str:
    """The code with the insides of strings, comments and regular expressions blanked, at the same positions."""
    result = list(code)
    position = 0
    while position < len(code):
        end = _skip_opaque(code, position)
        if end is None:
            position += 1
            continue
        is_template = code[position] == "`"
        keep = _template_code(code, position, end) if is_template else ()
        for i in range(position + 1, end - 1):
            if not any(start <= i < stop for start, stop in keep):
                result[i] = " "
        position = end
    return "".join(result)


def _template_code(code: str, start: int, end: int) -> list[tuple[int, int]]:
    """The ranges of a template literal that are code: what stands in its ``${ }``."""
    ranges: list[tuple[int, int]] = []
    position = start + 1
    while position < end - 1:
        if code[position] == "\\":
            position += 2
        elif code.startswith("${", position):
            close = _match(code, position + 2, lambda at: code[at] == "}")
            stop = end - 1 if close is None else close
            ranges.append((position + 2, stop))
            position = stop + 1
        else:
            position += 1
    return ranges


def _closing(text: str, start: int) -> int | None:
    """Where the ``}}`` stands that closes the code beginning at ``start``."""
    found = _match(text, start, lambda at: text.startswith("}}", at))
    if found is not None:
        return found
    naive = text.find("}}", start)
    return None if naive < 0 else naive


def _match(code: str, start: int, is_end: Callable[[int], bool]) -> int | None:
    """The first position outside brackets, strings and comments where ``is_end`` holds."""
    open_brackets: list[str] = []
    position = start
    while position < len(code):
        character = code[position]
        if not open_brackets and is_end(position):
            return position
        skipped = _skip_opaque(code, position, start)
        if skipped is not None:
            position = skipped
            continue
        if character in OPENING:
            open_brackets.append(OPENING[character])
        elif character in ")]}" and (not open_brackets or open_brackets.pop() != character):
            return None
        position += 1
    return None


def _skip_line_comment(code: str, position: int) -> int:
    """The end of a line comment: the end of the line, or the braces that close the code."""
    ends = [end for end in (code.find("\n", position), code.find("}}", position)) if end >= 0]
    return min(ends, default=len(code))


def _skip_opaque(code: str, position: int, start: int = 0) -> int | None:
    """The end of the string, comment or regular expression that begins at ``position``; None when none does."""
    character = code[position]
    if character in "'\"":
        return _skip_string(code, position)
    if character == "`":
        return _skip_template(code, position)
    if character != "/":
        return None
    if code.startswith("//", position):
        return _skip_line_comment(code, position)
    if code.startswith("/*", position):
        end = code.find("*/", position + 2)
        return None if end < 0 else end + 2
    return _skip_regex(code, position) if _is_regex_place(code, start, position) else None


def _skip_string(code: str, position: int) -> int | None:
    quote = code[position]
    position += 1
    while position < len(code) and code[position] != "\n":
        if code[position] == "\\":
            position += 2
        elif code[position] == quote:
            return position + 1
        else:
            position += 1
    return None


def _skip_template(code: str, position: int) -> int | None:
    position += 1
    while position < len(code):
        if code[position] == "\\":
            position += 2
        elif code[position] == "`":
            return position + 1
        elif code.startswith("${", position):
            close = _match(code, position + 2, lambda at: code[at] == "}")
            if close is None:
                return None
            position = close + 1
        else:
            position += 1
    return None


def _skip_regex(code: str, position: int) -> int | None:
    is_in_class = False
    position += 1
    while position < len(code) and code[position] != "\n":
        character = code[position]
        if character == "\\":
            position += 2
            continue
        if character == "/" and not is_in_class:
            return position + 1
        is_in_class = (is_in_class or character == "[") and character != "]"
        position += 1
    return None


def _is_regex_place(code: str, start: int, position: int) -> bool:
    """Whether a slash at ``position`` begins a regular expression rather than divides."""
    before = code[start:position].rstrip()
    if not before:
        return True
    word = _WORD.search(before)
    if word is not None:
        return word.group().strip() in REGEX_KEYWORDS
    return before[-1] in REGEX_BEFORE
