"""The secrets of one execution: by credential id, and newer ones where a service no longer takes the one at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

Secret = Mapping[str, Any]


@runtime_checkable
class RenewableSecrets(Protocol):
    """Secrets of which some can be renewed while an execution runs. What runs in this process alone has it."""

    async def renew(self, credential: str, used: Secret) -> Secret:
        """A secret newer than the one used, which is no longer taken; the same where there is none."""
        ...
