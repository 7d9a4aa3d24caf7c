"""Passwords: how strong one is, its bcrypt hash, and whether one matches. ``services`` decide what follows.

Hashing runs in threads, few at a time: bcrypt lets go of the interpreter, but not of the processor.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import unicodedata
from typing import Any

import bcrypt
import zxcvbn

from workflow_kernel.base.errors import InvalidRequestError, Problem

SHORTEST = 8
LONGEST = 256
WEAKEST = 3
"""The least score of zxcvbn (0 to 4): safe against an offline attack on a slow hash."""

_LOOKED_AT = 32
"""Characters whose strength is estimated, at each end: zxcvbn takes 20 ms for 32, and seconds for 72."""

_AT_ONCE = 4


class Passwords:
    """Hashes of one cost.

    Parameters
    ----------
    cost: rounds, as a power of two.
    """

    def __init__(self, cost: int = 12) -> None:
        self._cost = cost
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._nobodys = bcrypt.hashpw(b"nobody has this password", bcrypt.gensalt(cost))

    async def hash(self, password: str) -> str:
        """The hash to keep."""
        async with self._turns:
            made = await asyncio.to_thread(bcrypt.hashpw, _bytes(password), bcrypt.gensalt(self._cost))
        return made.decode()

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether a password has this hash. Without a hash it takes as long, and does not match."""
        known = self._nobodys if hashed is None else hashed.encode()
        async with self._turns:
            is_same = await asyncio.to_thread(bcrypt.checkpw, _bytes(password), known)
        return is_same and hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Whether a hash was made with another cost or kind than new ones."""
        return not hashed.startswith(f"$2b${self._cost:02d}$")


def check_strength(password: str, *known: str) -> None:
    """Raise ``InvalidRequestError`` for a password that is guessed too easily, and say how to do better.

    Parameters
    ----------
    known: what an attacker would try first: e-mail, name.
    """
    if len(password) < SHORTEST:
        raise _weak("The password is too short.", f"Use at least {SHORTEST} characters; a few uncommon words are good.")
    if len(password) > LONGEST:
        raise _weak("The password is too long.", f"Use at most {LONGEST} characters.")
    hints = [part for text in known for part in (text, *text.replace("@", " ").replace(".", " ").split()) if part]
    hints = [hint[:_LOOKED_AT] for hint in hints[:20]]
    found: Any = zxcvbn.zxcvbn(password[:_LOOKED_AT], user_inputs=hints)
    if len(password) > _LOOKED_AT and found["score"] < WEAKEST:
        found = zxcvbn.zxcvbn(password[-_LOOKED_AT:], user_inputs=hints)
    if found["score"] >= WEAKEST:
        return
    feedback = found["feedback"]
    raise _weak(
        feedback["warning"] or "The password is guessed too easily.",
        " ".join(feedback["suggestions"]) or "Add another word or two. Uncommon words are better.",
    )


def _weak(message: str, mend: str) -> InvalidRequestError:
    problem = Problem("WF710", message, mend, field="password")
    return InvalidRequestError(message, code="WF710", mend=mend, problems=[problem])


def _bytes(password: str) -> bytes:
    """What bcrypt gets. It takes 72 bytes; longer passwords are hashed before, so that every character counts."""
    text = unicodedata.normalize("NFKC", password).encode()
    if len(text) > 72 or b"\0" in text:
        return base64.b64encode(hashlib.sha256(text).digest())
    return text
