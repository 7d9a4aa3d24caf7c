"""Reads values as JavaScript writes them: JSON, and also ``{a: 1}``, single quotes and commas at the end.

``convert`` and nodes with JSON fields call this. It reads literals only; nothing is ever evaluated.
"""

from __future__ import annotations

import json
import re
from typing import Any

_SPACE = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_DEEPEST = 200


def parse(text: str) -> Any:
    """The value a text stands for; ``ValueError`` tells where the text is wrong."""
    try:
        return json.loads(text)
    except ValueError:
        return _Reader(text).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def whole(self) -> Any:
        value = self.value()
        self.skip()
        if self.at < len(self.text):
            raise self.wrong()
        return value

    def wrong(self) -> ValueError:
        return ValueError(f"'{self.text[self.at : self.at + 20]}' at position {self.at} is not part of a JSON value.")

    def skip(self) -> str:
        """Go over space and comments; gives the next character."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def value(self) -> Any:
        character = self.skip()
        if character in ("{", "["):
            self.depth += 1
            if self.depth > _DEEPEST:
                raise ValueError(f"The value is nested more than {_DEEPEST} levels deep.")
            result = self.object() if character == "{" else self.array()
            self.depth -= 1
            return result
        if character and character in "'\"`":
            return self.string(character)
        if match := _NUMBER.match(self.text, self.at):
            self.at = match.end()
            return _number(match[0])
        match = _NAME.match(self.text, self.at)
        if match is None or match[0] not in _WORDS:
            raise self.wrong()
        self.at = match.end()
        return _WORDS[match[0]]

    def object(self) -> dict[str, Any]:
        result = {}
        self.at += 1
        while self.skip() != "}":
            key = self.key()
            if self.skip() != ":":
                raise self.wrong()
            self.at += 1
            result[key] = self.value()
            self.separator("}")
        self.at += 1
        return result

    def key(self) -> str:
        character = self.skip()
        if character and character in "'\"":
            return self.string(character)
        match = _NAME.match(self.text, self.at) or _NUMBER.match(self.text, self.at)
        if match is None:
            raise self.wrong()
        self.at = match.end()
        return match[0]

    def array(self) -> list[Any]:
        result = []
        self.at += 1
        while self.skip() != "]":
            result.append(self.value())
            self.separator("]")
        self.at += 1
        return result

    def separator(self, end: str) -> None:
        character = self.skip()
        if character == ",":
            self.at += 1
        elif character != end:
            raise self.wrong()

    def string(self, quote: str) -> str:
        self.at += 1
        parts = []
        while (character := self.text[self.at : self.at + 1]) != quote:
            if not character or (character == "\n" and quote != "`"):
                raise self.wrong()
            self.at += 1
            parts.append(self.escape() if character == "\\" else character)
        self.at += 1
        text = "".join(parts)
        # Two escapes may be the halves of one character.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def escape(self) -> str:
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        length = {"u": 4, "x": 2}.get(letter)
        if length is None:
            return _ESCAPES.get(letter, letter)
        digits = self.text[self.at : self.at + length]
        if not re.fullmatch(rf"[0-9A-Fa-f]{{{length}}}", digits):
            raise self.wrong()
        self.at += length
        return chr(int(digits, 16))


def _number(text: str) -> int | float:
    if "x" in text.lower():
        return int(text, 16)
    return float(text) if any(character in text for character in ".eE") else int(text)
