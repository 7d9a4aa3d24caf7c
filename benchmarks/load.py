"""Sends the same POST request over many connections for a while, and tells how fast the answers came.

    python -m benchmarks.load URL CONNECTIONS SECONDS BODY

A process of its own, so that it does not share an event loop with what it measures. Writes one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit


class Lane(asyncio.Protocol):
    """A connection that sends the next request when the answer to the last is there."""

    def __init__(self, request: bytes, until: float, times: list[float], statuses: dict[int, int]) -> None:
        self.request = request
        self.until = until
        self.times = times
        self.statuses = statuses
        self.over = asyncio.get_running_loop().create_future()
        self.data = b""
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.began = time.perf_counter()
        self.transport.write(self.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, found, body = self.data.partition(b"\r\n\r\n")
        if not found or len(body) < self._length(head):
            return
        self.data = b""
        status = int(head[9:12])
        self.statuses[status] = self.statuses.get(status, 0) + 1
        now = time.perf_counter()
        self.times.append(now - self.began)
        if now < self.until:
            self.send()
        else:
            self.transport.close()

    @staticmethod
    def _length(head: bytes) -> int:
        lower = head.lower()
        at = lower.find(b"content-length:")
        return int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)


async def measure(url: str, connections: int, seconds: float, body: bytes) -> dict[str, object]:
    """Send requests; gives their number, rate, latencies and statuses."""
    parts = urlsplit(url)
    request = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    times: list[float] = []
    statuses: dict[int, int] = {}
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    lanes = [
        (
            await loop.create_connection(
                lambda: Lane(request, began + seconds, times, statuses), parts.hostname, parts.port
            )
        )[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(lane.over for lane in lanes))
    spent = time.perf_counter() - began
    times.sort()
    at = lambda share: round(times[min(len(times) - 1, int(len(times) * share))] * 1000, 1)  # noqa: E731
    return {
        "requests": len(times), "per_second": round(len(times) / spent, 1), "p50_ms": at(0.5), "p99_ms": at(0.99),
        "statuses": statuses,
    }  # fmt: skip


if __name__ == "__main__":
    _, address, lanes, lasting, text = sys.argv
    print(json.dumps(asyncio.run(measure(address, int(lanes), float(lasting), text.encode()))))
