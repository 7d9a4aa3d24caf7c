"""Second factors: time-based codes of authenticator apps (RFC 6238), and recovery codes. Nothing is kept here."""

from __future__ import annotations

import secrets
import time

import pyotp

from workflow_kernel.auth.tokens import digest

STEP = 30
DRIFT = 1
"""Steps by which the clock of an app may be off, each way."""

CODES = 10
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""No letters that look alike."""


def new_totp_secret() -> str:
    """A secret for an authenticator app."""
    return pyotp.random_base32()


def totp_address(secret: str, email: str, issuer: str = "Workflow") -> str:
    """What an app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def matching_step(secret: str, code: str, *, after: int | None, at: float | None = None) -> int | None:
    """The time step a code belongs to; None when it is wrong, or of a step that was used.

    Parameters
    ----------
    after: the last step that was used. at: seconds since 1970; now when not given.
    """
    code = code.replace(" ", "")
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        return None
    current = int((time.time() if at is None else at) // STEP)
    totp = pyotp.TOTP(secret)
    for step in range(current - DRIFT, current + DRIFT + 1):
        if secrets.compare_digest(totp.generate_otp(step), code) and (after is None or step > after):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Codes to write down: 74 random bits each."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3)) for _ in range(CODES)
    ]  # fmt: skip


def recovery_hash(code: str, user: str) -> str:
    """What is kept of a recovery code, however it is written."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return digest(f"{user}:{plain}")
