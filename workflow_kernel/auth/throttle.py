"""How long somebody must wait who fails again and again. ``storage.throttle`` counts."""

from __future__ import annotations

import msgspec


class Lockout(msgspec.Struct, frozen=True):
    """Waits that grow with failures.

    Parameters
    ----------
    free: failures until the first wait. first: seconds of it; each further one is twice as long.
    most: the longest wait. forget: seconds after the last failure when all are forgotten.
    """

    free: int = 5
    first: float = 30.0
    most: float = 3600.0
    forget: float = 86_400.0

    def waits(self) -> list[float]:
        """Seconds to wait after the first failure, the second, ...; the last holds for all that follow."""
        found = [0.0] * (self.free - 1)
        wait = self.first
        while wait < self.most:
            found.append(wait)
            wait *= 2
        return [*found, self.most]


SIGN_IN = Lockout()
"""Wrong passwords for one e-mail address, whether it has an account or not."""

ADDRESS = Lockout(free=100, first=10.0, most=300.0, forget=3600.0)
"""Wrong passwords from one network address, for any account."""

FACTOR = Lockout()
"""Wrong codes of one account."""

MAIL = Lockout(free=5, first=300.0, most=3600.0, forget=3600.0)
"""Mails that somebody asks to be sent to one address."""
