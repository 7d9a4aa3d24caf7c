"""What a node answers the caller of its execution with: an HTTP answer, whole or in parts. See ``Context.respond``."""

from __future__ import annotations

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """An answer, or a part of one.

    Parameters
    ----------
    status, headers: of the answer; those of later parts do not count.
    body: its bytes. blob: sha256 of an attachment that is the body in their place.
    goes_on: whether other parts follow.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    blob: str = ""
    goes_on: bool = False
