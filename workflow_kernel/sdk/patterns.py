"""JavaScript's regular expressions, run by Python: translated once, guarded by a time limit.

``conditions`` and the text nodes call this. Running JavaScript itself does not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

TIME_LIMIT = 1.0
"""Seconds one match may take before the pattern counts as too slow."""

_LITERAL = re.compile(r"^/(.*?)/([dgimsuvy]*)$")
_SPACES = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_LINE_ENDS = r"\n\r\u2028\u2029"
_WORD = "A-Za-z0-9_"
_CLASSES = {"d": "0-9", "w": _WORD, "s": _SPACES}
_OPPOSITES = {"D": r"\x00-/:-\U0010ffff", "W": r"\x00-/:-@\[-\^`{-\U0010ffff", "S": r"\S"}
_EDGE = f"(?:(?<![{_WORD}])(?=[{_WORD}])|(?<=[{_WORD}])(?![{_WORD}]))"
_NO_EDGE = f"(?:(?<![{_WORD}])(?![{_WORD}])|(?<=[{_WORD}])(?=[{_WORD}]))"
_QUANTIFIER = re.compile(r"\{\d+(?:,\d*)?\}")
_HEX = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}")
_PROPERTY = re.compile(r"[pP]\{[^}]*\}")
_GROUP = re.compile(r"[1-9]\d*", re.ASCII)
_NAME = re.compile(r"k<([^>]+)>")


class PatternError(ValueError):
    """A regular expression cannot be read, or takes too long."""


def split_literal(text: str) -> tuple[str, str]:
    """Source and flags of ``/source/flags``; text without slashes is a source without flags."""
    match = _LITERAL.match(text)
    return (match[1], match[2]) if match else (text, "")


def compile_pattern(text: str, *, ignore_case: bool = False) -> Any:
    """A compiled pattern of the ``regex`` package, for a JavaScript regular expression.

    Parameters
    ----------
    text: ``/pattern/flags`` or the pattern alone.
    ignore_case: as if the flag ``i`` was given.

    Raises
    ------
    PatternError: the text is no regular expression.
    """
    import regex  # noqa: PLC0415 - 50 ms, needed only by conditions that match a pattern

    source, letters = split_literal(text)
    flags = regex.VERSION0
    if ignore_case or "i" in letters:
        flags |= regex.IGNORECASE
    if "m" in letters:
        flags |= regex.MULTILINE
    try:
        return regex.compile(_Translation(source, letters).translate(), flags)
    except (regex.error, ValueError, OverflowError) as error:
        raise PatternError(f"'{text}' is not a regular expression: {error}.") from error


def finder(text: str, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """A function that tells whether a JavaScript regular expression is found in a text.

    The function raises :class:`PatternError` when a match takes longer than ``TIME_LIMIT``; from then on it raises at
    once, so that a bad pattern costs a batch one second and not one for each item.
    """
    pattern = compile_pattern(text, ignore_case=ignore_case)
    find = pattern.match if "y" in split_literal(text)[1] else pattern.search
    is_too_slow = False

    def is_found(value: str) -> bool:
        nonlocal is_too_slow
        if not is_too_slow:
            try:
                return find(value, timeout=TIME_LIMIT) is not None
            except TimeoutError:
                is_too_slow = True
        raise PatternError(f"The regular expression '{text}' takes too long. Avoid nested repetition as in '(a+)+'.")

    return is_found


class _Translation:
    """Rewrites a JavaScript pattern, piece by piece, into one that ``regex`` reads the same way."""

    def __init__(self, source: str, letters: str) -> None:
        self.source = source
        self.is_unicode = "u" in letters or "v" in letters
        self.any_character = "[\\s\\S]" if "s" in letters else f"[^{_LINE_ENDS}]"
        multiline = "m" in letters
        self.start = f"(?:^|(?<=[{_LINE_ENDS}]))" if multiline else r"\A"
        self.end = f"(?=[{_LINE_ENDS}]|\\Z)" if multiline else r"\Z"

    def translate(self) -> str:
        source, at, out = self.source, 0, []
        plain = {".": self.any_character, "^": self.start, "$": self.end, "]": r"\]", "}": r"\}", "#": r"\#"}
        while at < len(source):
            character = source[at]
            if character == "\\":
                piece, at = self._escape(at + 1, in_class=False)
            elif character == "[":
                piece, at = self._character_class(at + 1)
            elif character == "{":
                # An opening brace that repeats nothing is itself in JavaScript, but has a meaning of its own in regex.
                match = _QUANTIFIER.match(source, at)
                piece, at = (match[0], match.end()) if match else (r"\{", at + 1)
            else:
                piece, at = plain.get(character, character), at + 1
            out.append(piece)
        return "".join(out)

    def _escape(self, at: int, *, in_class: bool) -> tuple[str, int]:
        source = self.source
        if at >= len(source):
            raise PatternError("it ends with a single backslash")
        letter = source[at]
        if letter.lower() in _CLASSES:
            inside = _CLASSES[letter.lower()]
            if letter.islower():
                return (inside if in_class else f"[{inside}]"), at + 1
            return (_OPPOSITES[letter] if in_class else f"[^{inside}]"), at + 1
        if match := _HEX.match(source, at):
            return re.escape(chr(int(match[1] or match[2] or match[3], 16))), match.end()
        if letter in "pP" and self.is_unicode and (match := _PROPERTY.match(source, at)):
            return f"\\{match[0].replace('Script=', '').replace('General_Category=', '')}", match.end()
        if not in_class and (match := _NAME.match(source, at)):
            return _backreference(match[1]), match.end()
        if letter in "bB":
            return (r"\x08" if in_class else _EDGE if letter == "b" else _NO_EDGE), at + 1
        if letter == "c" and at + 1 < len(source) and source[at + 1].isascii() and source[at + 1].isalpha():
            return re.escape(chr(ord(source[at + 1]) % 32)), at + 2
        if not in_class and (match := _GROUP.match(source, at)):
            return _backreference(match[0]), match.end()
        if letter in "fnrtv":
            return f"\\{letter}", at + 1
        return (r"\x00" if letter == "0" else re.escape(letter)), at + 1

    def _character_class(self, at: int) -> tuple[str, int]:
        source, out = self.source, ["["]
        if source.startswith("^", at):
            out.append("^")
            at += 1
        if source.startswith("]", at):
            return (r"[\s\S]" if len(out) == 2 else "(?!)"), at + 1
        while at < len(source) and source[at] != "]":
            if source[at] == "\\":
                piece, at = self._escape(at + 1, in_class=True)
            else:
                piece, at = (f"\\{source[at]}" if source[at] in "[&|~^" else source[at]), at + 1
            out.append(piece)
        if at >= len(source):
            raise PatternError("a '[' is not closed")
        return "".join([*out, "]"]), at + 1


def _backreference(group: str) -> str:
    """In JavaScript a group that took no part in the match matches as empty text; in Python it fails."""
    return f"(?({group})\\g<{group}>)"
