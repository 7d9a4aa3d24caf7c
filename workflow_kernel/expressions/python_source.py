"""Reading Python expressions as text: splitting ``={{ }}`` templates and turning ``$name`` into legal names.

Called by ``python_compile``. One scanner knows Python's strings, f-strings, comments and brackets, so that ``}}``
inside ``{{ {"a": {"b": 1}} }}`` or inside a text does not end the code. ``parse`` knows JavaScript's comments and
texts, where ``//`` is no division and ``#`` no comment, which is why this stands apart. Depth is limited here, before
Python's own parser runs, as that one can overflow the C stack. Nothing here judges code; that is ``python_compile``.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from workflow_kernel.base.errors import ExpressionError

MARK = "\u01c2"
"""Stands for ``$`` in parsed code: a letter NFKC leaves alone, one character long so that columns stay right."""

MAX_DEPTH = 60
MAX_SOURCE = 10_000
MAX_CHAIN = 200
"""Operators that may hang on one another, over all open brackets: each may cost the parser a level of recursion."""

_LINKS = frozenset("+-*/%|&^~@.")
_LINK_WORDS = frozenset({"not", "else", "lambda", "await"})

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_FORMAT_PREFIXES = frozenset({"f", "fr", "rf"})
_PLAIN_PREFIXES = frozenset({"r", "u", "b", "br", "rb"})

_WARNINGS = threading.Lock()


@contextmanager
def without_warnings() -> Iterator[None]:
    """Hear no warnings on users' code; one thread at a time, as the filters belong to the process."""
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class Piece(NamedTuple):
    """Part of a template: text as it is, or code with ``$`` already turned into ``MARK``."""

    is_code: bool
    text: str
    original: str
    offset: int


class SourceError(ExpressionError):
    """The text is not a well-formed expression; ``offset`` is the place in the whole text."""

    def __init__(self, message: str, offset: int, mend: str = "") -> None:
        super().__init__(message, mend=mend)
        self.offset = offset


def split(text: str) -> list[Piece]:
    """The pieces of a parameter text that starts with ``=``."""
    if len(text) > MAX_SOURCE and "{{" in text:
        raise SourceError(
            f"The expression is {len(text):,} characters long; at most {MAX_SOURCE:,} are allowed.",
            0,
            "Move the work to a code node.",
        )
    pieces: list[Piece] = []
    at = 1 if text.startswith("=") else 0
    while at < len(text):
        start = _opening(text, at)
        if start > at:
            shown = text[at:start].replace("\\{{", "{{")
            pieces.append(Piece(False, shown, shown, at))
        if start == len(text):
            break
        scanner = _Scanner(text, start + 2)
        end = scanner.find_end()
        pieces.append(Piece(True, scanner.marked(start + 2, end), text[start + 2 : end], start + 2))
        at = end + 2
    return pieces


def _opening(text: str, at: int) -> int:
    """Where the next code begins; braces after a backslash are plain text."""
    start = text.find("{{", at)
    while start > at and text[start - 1] == "\\":
        start = text.find("{{", start + 2)
    return len(text) if start < 0 else start


class _Scanner:
    """Walks over Python code, noting each ``$`` outside texts."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.start = at
        self.dollars: list[int] = []
        self.fields = 0
        self.chains = [0]

    def marked(self, start: int, end: int) -> str:
        """The code between two places with every noted ``$`` turned into ``MARK``."""
        letters = list(self.text[start:end])
        for place in self.dollars:
            letters[place - start] = MARK
        return "".join(letters)

    def find_end(self) -> int:
        """The place of the ``}}`` that closes the code."""
        open_brackets: list[str] = []
        while self.at < len(self.text):
            if not open_brackets and self.text.startswith("}}", self.at):
                return self.at
            self.step(open_brackets)
        raise SourceError("'{{' is never closed.", self.start - 2, "Write }} where the code ends.")

    def step(self, open_brackets: list[str]) -> None:
        """Go over one token."""
        letter = self.text[self.at]
        if letter == "#":
            self.skip_comment()
        elif letter in "\"'":
            self.string("")
        elif letter == "$":
            self.dollar()
        elif letter == MARK:
            raise SourceError(f"The character '{MARK}' cannot be used in a name.", self.at)
        elif letter in "([{":
            open_brackets.append(letter)
            self.chains.append(0)
            if len(self.chains) > MAX_DEPTH:
                raise SourceError(
                    f"Brackets are nested deeper than {MAX_DEPTH}.", self.at, "Move the work to a code node."
                )
            self.at += 1
        elif letter in ")]}":
            self.close(letter, open_brackets)
        elif letter in _LINKS:
            self.link()
            self.at += 1
        elif letter == ",":
            self.chains[-1] = 0
            self.at += 1
        elif letter.isalnum() or letter == "_":
            self.word()
        else:
            self.at += 1

    def close(self, letter: str, open_brackets: list[str]) -> None:
        if not open_brackets:
            raise SourceError(f"'{letter}' closes a bracket that was never opened.", self.at, f"Remove the '{letter}'.")
        opened = open_brackets.pop()
        if _CLOSING[opened] != letter and self.text.startswith("}}", self.at):
            raise SourceError(f"'{opened}' is never closed.", self.at, f"Write '{_CLOSING[opened]}' before the }}}}.")
        if _CLOSING[opened] != letter:
            raise SourceError(f"'{opened}' is closed by '{letter}'.", self.at, f"Write '{_CLOSING[opened]}'.")
        self.chains.pop()
        self.link()
        self.at += 1

    def link(self) -> None:
        """Count one more operator, or thing called or subscripted, in the chain at hand."""
        self.chains[-1] += 1
        if sum(self.chains) > MAX_CHAIN:
            raise SourceError(
                f"More than {MAX_CHAIN} operators hang together.", self.at, "Use ''.join([...]) or a code node."
            )

    def skip_comment(self) -> None:
        """A comment ends at the end of its line, or where the code ends."""
        while self.at < len(self.text) and self.text[self.at] != "\n" and not self.text.startswith("}}", self.at):
            self.at += 1

    def dollar(self) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if not (following == "(" or following.isidentifier()):
            raise SourceError("'$' must be followed by a name.", self.at, "Write e.g. $json or $('Node name').")
        self.dollars.append(self.at)
        self.at += 1

    def word(self) -> None:
        start = self.at
        text = self.text
        while self.at < len(text) and (text[self.at].isalnum() or text[self.at] == "_"):
            self.at += 1
        if text[start : self.at] in _LINK_WORDS:
            self.link()
        if text[self.at : self.at + 1] in ("'", '"'):
            prefix = text[start : self.at].lower()
            if prefix in _FORMAT_PREFIXES or prefix in _PLAIN_PREFIXES:
                self.string(prefix)

    def string(self, prefix: str) -> None:
        """Go over a text; the fields of an f-string are code."""
        text = self.text
        start = self.at
        quote = text[start]
        closing = quote * 3 if text.startswith(quote * 3, start) else quote
        self.at += len(closing)
        is_format = prefix in _FORMAT_PREFIXES
        while self.at < len(text):
            if text.startswith(closing, self.at):
                self.at += len(closing)
                return
            letter = text[self.at]
            if letter == "\n" and len(closing) == 1:
                break
            if letter == "\\" or (is_format and letter in "{}" and text.startswith(letter * 2, self.at)):
                self.at += 2
            elif is_format and letter == "{":
                self.field()
            else:
                self.at += 1
        raise SourceError(f"The text that starts with {quote} is never closed.", start, f"Write {closing} at its end.")

    def field(self) -> None:
        """Go over ``{code!r:spec}`` in an f-string."""
        start = self.at
        self.fields += 1
        if self.fields > 500:
            raise SourceError("The f-string has more than 500 fields.", start)
        self.at += 1
        self.chains.append(0)
        open_brackets: list[str] = []
        while self.at < len(self.text):
            letter = self.text[self.at]
            if not open_brackets and letter == "}":
                self.at += 1
                self.chains.pop()
                return
            if not open_brackets and letter == ":":
                self.spec()
                continue
            self.step(open_brackets)
        raise SourceError("A { in the f-string is never closed.", start, "Write }, or {{ for a brace itself.")

    def spec(self) -> None:
        """Go over the format after the colon, up to the closing brace."""
        while self.at < len(self.text) and self.text[self.at] != "}":
            if self.text[self.at] == "{":
                self.field()
            elif self.text[self.at] in "\"'\n":
                return
            else:
                self.at += 1
