"""The secrets and keys that callers of webhooks must know, as ``auth.webhooks`` asks for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

import httpx
import msgspec
import structlog

from workflow_kernel.auth.webhooks import FORBIDDEN, RefusedError
from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.base.ids import new_id
from workflow_kernel.storage.rate import Rates

KEPT = 600.0
"""Seconds a key set is kept."""

APART = 30.0
"""Seconds between two looks at a key set, however many unknown keys are asked for."""

_MOST_BYTES = 1 << 20
_MOST_SETS = 200

_log = structlog.get_logger("workflow.webhooks")


class Leases(Protocol):
    """Gives secrets a project may use."""

    async def lease(
        self, execution: UUID, project: UUID, credentials: frozenset[str]
    ) -> Mapping[str, Mapping[str, Any]]: ...


class _KeySet(msgspec.Struct, frozen=True):
    keys: Mapping[str, Any]
    at: float


class WebhookKeys:
    """Gives secrets, key sets and what was seen before.

    Parameters
    ----------
    leases: gives secrets. rates: remembers values. http: the client that fetches key sets; its addresses are fenced.
    link_key: of signed URLs.
    """

    def __init__(self, leases: Leases, rates: Rates, http: Callable[[], httpx.AsyncClient], link_key: bytes) -> None:
        self._leases = leases
        self._rates = rates
        self._http = http
        self._link_key = link_key
        self._sets: dict[str, _KeySet] = {}
        self._fetching: dict[str, asyncio.Lock] = {}

    async def secret(self, project: UUID, credential: str) -> Mapping[str, Any] | None:
        """The secret of a credential; None where the project may not use it, or it cannot be opened."""
        try:
            found = await self._leases.lease(new_id(), project, frozenset({credential}))
            return found.get(credential)
        except WorkflowError as error:
            _log.warning("webhook.credential_unusable", credential=credential, code=error.code)
            return None

    async def key_set(self, url: str, *, fresh: bool) -> Mapping[str, Any]:
        """See the protocol."""
        async with self._fetching.setdefault(url, asyncio.Lock()):
            known = self._sets.get(url)
            age = float("inf") if known is None else time.monotonic() - known.at
            if known is not None and age < (APART if fresh else KEPT):
                return known.keys
            try:
                keys = await self._fetch(url)
            except (httpx.HTTPError, WorkflowError, ValueError) as error:
                _log.warning("webhook.key_set_unavailable", url=url, error=f"{type(error).__name__}: {error}"[:300])
                if known is not None:
                    return known.keys
                raise RefusedError(FORBIDDEN, "the issuer's key set cannot be had") from None
            if len(self._sets) >= _MOST_SETS:
                del self._sets[next(iter(self._sets))]
            self._sets[url] = _KeySet(keys, time.monotonic())
            return keys

    async def is_new(self, value: str, seconds: float) -> bool:
        """See the protocol."""
        return await self._rates.is_new(f"webhook|{value}", seconds)

    def link_key(self) -> bytes:
        """See the protocol."""
        return self._link_key

    async def _fetch(self, url: str) -> Mapping[str, Any]:
        async with self._http().stream("GET", url, headers={"Accept": "application/json"}, timeout=10.0) as response:
            response.raise_for_status()
            data = b""
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > _MOST_BYTES:
                    raise ValueError("it is too large")
        found = msgspec.json.decode(data)
        if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
            raise ValueError("it is no key set")
        return found
