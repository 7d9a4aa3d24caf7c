"""Bounds of what a request may bring: bytes of the body, depth of its JSON, its content type."""

from __future__ import annotations

import re
from collections.abc import Mapping

from workflow_kernel.api.problem import HttpError
from workflow_kernel.base.errors import InvalidRequestError

JSON_TYPES = ("application/json",)

DRAINED = 32 << 20
"""Bytes of a refused body that are read and thrown away; with more to come the connection is closed."""

# Possessive and with an optional end: no text makes it look at a byte twice.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_ALL_BUT_BRACKETS = bytes(code for code in range(256) if code not in b"[]{}")
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NO_NUMBER = re.compile(rb"NaN|Infinity")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def is_worth_reading(headers: Mapping[str, str]) -> bool:
    """Whether the rest of a refused request is read before it is answered: an earlier answer ends the connection."""
    declared = headers.get("Content-Length", "0")
    return "Expect" not in headers and declared.isdigit() and int(declared) <= DRAINED


def check_json(body: bytes, depth: int) -> None:
    """Raise for JSON nested deeper than ``depth``, before anything parses it, and for text no database can hold."""
    if (b"NaN" in body or b"Infinity" in body) and _NO_NUMBER.search(_STRING.sub(b"", body)):
        raise InvalidRequestError("The JSON has NaN or Infinity in it.", code="WF780", mend="Send null.")
    if b"\\u0000" in body and _NUL.search(body):
        raise InvalidRequestError("The JSON has a NUL character in a text.", code="WF780", mend="Leave it out.")
    if body.count(b"[") + body.count(b"{") <= depth:
        return
    # Every round takes the innermost level away.
    brackets = _STRING.sub(b"", body).translate(_ONE_KIND, _ALL_BUT_BRACKETS)
    for _ in range(depth):
        fewer = brackets.replace(b"[]", b"")
        if not fewer or len(fewer) == len(brackets):
            # Empty: not too deep. Unchanged: brackets do not match, which the parser will say.
            return
        brackets = fewer
    raise InvalidRequestError(
        f"The JSON is nested deeper than {depth} levels.", code="WF783", mend="Send flatter data."
    )


def too_large(most: int) -> HttpError:
    """The error for a body of more than ``most`` bytes."""
    return HttpError(
        413, f"The body is larger than {most} bytes.", code="WF782", mend="Send less, or raise WORKFLOW_MAX_BODY."
    )


def check_length(headers: Mapping[str, str], most: int) -> None:
    """Raise when the body says it is too large, before it is read."""
    declared = headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > most:
        raise too_large(most)


def check_content_type(headers: Mapping[str, str], taken: tuple[str, ...]) -> None:
    """Raise for a body of a type the route does not take, and for a packed one: it could hold anything."""
    if headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise HttpError(415, "The body is packed.", code="WF784", mend="Send it without Content-Encoding.")
    found = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if found in taken or any(kind.endswith("/*") and found.startswith(kind[:-1]) for kind in taken) or "*/*" in taken:
        return
    expected = " or ".join(taken)
    raise HttpError(
        415,
        f"The body is '{found or 'of no type'}', and {expected} is needed.",
        code="WF784",
        mend=f"Send the header Content-Type: {taken[0]}.",
        headers={"Accept": ", ".join(taken)},
    )
