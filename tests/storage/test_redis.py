"""Clients of Redis: bytes or texts, over the network, and a clear end when nobody answers."""

from __future__ import annotations

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.servers import free_port
from workflow_kernel.storage.redis import open_redis


async def test_a_client_reads_bytes_or_texts(redis_url: str) -> None:
    async with open_redis(redis_url) as plain, open_redis(redis_url, text=True, timeout=5) as text:
        await plain.set("name", "Grüße")
        assert await plain.get("name") == "Grüße".encode()
        assert await text.get("name") == "Grüße"


async def test_a_redis_that_is_not_there_is_an_error() -> None:
    async with open_redis(f"redis://127.0.0.1:{free_port()}") as client:
        with pytest.raises(RedisConnectionError):
            await client.ping()
