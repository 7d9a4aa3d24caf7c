"""Why an expression failed, in plain words, from the exception and the place it happened."""

from __future__ import annotations

import re
from typing import Any

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions.python_compile import FILE, Compiled, place_of

_OPERANDS = re.compile(r"unsupported operand type\(s\) for (\S+?):? '(\w+)' and '(\w+)'")
_ORDER = re.compile(r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'")
_UNARY = re.compile(r"bad operand type for unary (\S+): '(\w+)'")
_CONCATENATE = re.compile(r"can only concatenate (\w+) \(not \"(\w+)\"\) to \w+")
_HASH = re.compile(r"unhashable type: '(\w+)'")
_WORDS = {
    "NoneType": "None",
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "dict": "an object",
    "list": "a list",
}
_DEFAULT = "Give a value for items where it is missing: (value or 0), or $ifEmpty(value, 0)."


def reason(error: Exception, compiled: Compiled) -> ExpressionError:
    """The failure to show: our own errors as they are, Python's in plain words."""
    place = _place(error, compiled)
    if isinstance(error, ExpressionError):
        if place and f"`{place}" not in error.message and "`" not in error.message:
            return ExpressionError(f"{error.message} (in `{place}`)", mend=error.mend)
        return error
    message, mend = _explain(error)
    return ExpressionError(f"{message} (in `{place}`)" if place else message, mend=mend)


def _explain(error: Exception) -> tuple[str, str]:
    text = str(error)
    if isinstance(error, ZeroDivisionError):
        return "Division by zero.", "Check the divisor first: a / b if b else None."
    if isinstance(error, RecursionError):
        return "The data is nested too deeply.", ""
    if isinstance(error, MemoryError):
        return "The expression takes too much memory.", "Use a code node."
    if isinstance(error, OverflowError):
        return "The number is too large.", ""
    if isinstance(error, TypeError):
        return _explain_type(text)
    if isinstance(error, ValueError) and "unpack" in text:
        return "The loop names do not fit the elements: " + text + ".", "E.g. for key, value in $json.items()."
    return (text[:300] or type(error).__name__).rstrip(".") + ".", ""


def _explain_type(text: str) -> tuple[str, str]:
    for pattern in (_OPERANDS, _ORDER):
        found = pattern.search(text)
        if found:
            symbol, left, right = found.groups()
            mend = _DEFAULT if "NoneType" in (left, right) else _text_advice(symbol, left, right)
            return f"'{symbol}' does not work between {_word(left)} and {_word(right)}.", mend
    found = _CONCATENATE.search(text)
    if found:
        left, right = found.groups()
        mend = _DEFAULT if right == "NoneType" else _text_advice("+", left, right)
        return f"'+' does not work between {_word(left)} and {_word(right)}.", mend
    found = _UNARY.search(text)
    if found:
        return f"'{found[1]}' does not work on {_word(found[2])}.", _DEFAULT if found[2] == "NoneType" else ""
    found = _HASH.search(text)
    if found:
        return f"{_word(found[1]).capitalize()} cannot be a key, nor stand in a set.", ""
    text = re.sub(r"\b_(\w+)\(\)", r"\1()", text)
    return f"{text}.", ""


def _text_advice(symbol: str, left: str, right: str) -> str:
    if symbol == "+" and "str" in (left, right):
        return "Turn the other side into text with str(), or use an f-string."
    if "str" in (left, right):
        return "Turn the text into a number with int() or float()."
    return ""


def _word(name: str) -> str:
    return _WORDS.get(name, f"a {name}")


def _place(error: Exception, compiled: Compiled) -> str:
    """The part of the user's code that was at work."""
    trace = error.__traceback__
    found: Any = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            found = trace
        trace = trace.tb_next
    if found is None:
        return ""
    for number, positions in enumerate(found.tb_frame.f_code.co_positions()):
        if number == found.tb_lasti // 2:
            text = place_of(compiled, positions)
            return text if len(text) <= 80 else f"{text[:77]}..."
    return ""
