"""The one door to servers: addresses of a Postgres and a Redis that can be used, ours where settings name none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from workflow_kernel.base.settings import Settings
from workflow_kernel.storage.embedded.household import FOLDER, KINDS, Household
from workflow_kernel.storage.embedded.named import check_database, check_redis
from workflow_kernel.storage.embedded.watch import watch


class Addresses(NamedTuple):
    """Where Postgres and Redis are. Both hold passwords: never log them."""

    database_url: str
    redis_url: str


@asynccontextmanager
async def servers(settings: Settings) -> AsyncIterator[Addresses]:
    """A Postgres and a Redis that can be used, for as long as the context lasts.

    Those of our own run in the data folder and are shared by all processes that use it: the first starts them, the
    last stops them, and one that crashes is started again. Raises ``SharedServerError`` for one that settings name and
    that cannot be used, ``OwnServerError`` for one of ours that does not start.
    """
    async with _urls(settings, list(KINDS)) as urls:
        yield Addresses(urls["postgres"], urls["redis"])


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """The same for what needs Postgres alone; gives its URL."""
    async with _urls(settings, ["postgres"]) as urls:
        yield urls["postgres"]


@asynccontextmanager
async def _urls(settings: Settings, names: list[str]) -> AsyncIterator[Mapping[str, str]]:
    named = await _named(settings, names)
    missing = [name for name in names if name not in named]
    if not missing:
        yield named
        return
    household = await asyncio.to_thread(Household, settings.data_folder, missing)
    await _join(household)
    watching = asyncio.create_task(watch(household), name="watch servers")
    try:
        yield named | {server.name: server.url for server in household.servers}
    finally:
        watching.cancel()
        await asyncio.wait([watching])
        await asyncio.to_thread(household.leave)


async def _join(household: Household) -> None:
    """Join, wholly or not at all: a thread cannot be cancelled half-way."""
    joining = asyncio.ensure_future(asyncio.to_thread(household.join))
    try:
        await asyncio.shield(joining)
    except asyncio.CancelledError:
        await asyncio.wait([joining])
        if joining.exception() is None:
            await asyncio.to_thread(household.leave)
        raise


def stop_servers(data_folder: Path) -> bool:
    """Stop servers of our own that nobody uses any more, such as after a crash; tells whether none is left."""
    if not (data_folder / FOLDER).exists():
        return True
    return Household(data_folder, list(KINDS)).stop()


async def _named(settings: Settings, names: list[str]) -> dict[str, str]:
    """The URLs of the servers that settings name, once they are known to work; asked at the same time."""
    named = {"postgres": (settings.database_url, check_database), "redis": (settings.redis_url, check_redis)}
    found = {name: (url.get_secret_value(), check) for name, (url, check) in named.items() if url and name in names}
    await asyncio.gather(
        *(asyncio.to_thread(check, url, settings.connect_timeout) for url, check in found.values())
    )  # fmt: skip
    return {name: url for name, (url, _) in found.items()}
