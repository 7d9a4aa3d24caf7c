"""A small web service for the examples: orders in pages, products that fail now and then, and a place to post to.

    python notebooks/examples/server.py --port 8750

``GET /orders?page=1&size=20``   orders in pages, with ``next``, the address of the next page, until the last one
``GET /products?page=1``         products in pages; every second request of a page is answered with 503
``GET /products/T-100``          one product, or 404
``POST /notifications``          takes any JSON; ``GET /notifications`` gives what came
"""

from __future__ import annotations

import argparse
import json
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PORT = 8750
PRODUCTS = [
    {"sku": f"{letter}-{number}", "name": f"{kind} {number}", "price": round(4.5 + number % 7 * 5.25, 2)}
    for letter, kind in (("T", "Teapot"), ("C", "Coffee grinder"), ("M", "Milk frother"))
    for number in range(100, 108)
]
PAGE = 6


def make_orders(count: int = 130) -> list[dict[str, Any]]:
    """The same orders every time."""
    chance = random.Random(20250301)  # noqa: S311 - made up data, no secret
    countries, states = ["DE", "AT", "CH", "FR", "IT"], ["paid", "paid", "paid", "open", "cancelled"]
    return [
        {
            "id": 5000 + number,
            "day": f"2025-{1 + number % 3:02}-{1 + chance.randrange(28):02}",
            "country": chance.choice(countries),
            "state": chance.choice(states),
            "product": chance.choice(PRODUCTS)["name"],
            "total": round(chance.uniform(10, 400), 2),
        }
        for number in range(count)
    ]


class Service(ThreadingHTTPServer):
    """The server and what it remembers."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.orders = make_orders()
        self.notifications: list[Any] = []
        self.asked: dict[str, int] = {}
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Service
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Give orders, products or notifications."""
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/orders":
            self._orders(int(query.get("page", 1)), min(100, int(query.get("size", 20))))
        elif parts.path == "/products":
            self._products(int(query.get("page", 1)))
        elif parts.path.startswith("/products/"):
            sku = parts.path.rsplit("/", 1)[-1]
            found = next((product for product in PRODUCTS if product["sku"] == sku), None)
            self._answer(200 if found else 404, found or {"message": f"There is no product '{sku}'."})
        elif parts.path == "/notifications":
            self._answer(200, self.server.notifications)
        else:
            self._answer(404, {"message": f"There is nothing at {parts.path}."})

    def do_POST(self) -> None:
        """Take a notification."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != "/notifications":
            self._answer(404, {"message": f"There is nothing at {self.path}."})
            return
        with self.server.lock:
            self.server.notifications.append(json.loads(body or b"null"))
            number = len(self.server.notifications)
        self._answer(201, {"id": number})

    def _orders(self, page: int, size: int) -> None:
        orders = self.server.orders[(page - 1) * size : page * size]
        more = page * size < len(self.server.orders)
        following = f"{self.server.address}/orders?page={page + 1}&size={size}" if more else None
        self._answer(200, {"orders": orders, "page": page, "next": following})

    def _products(self, page: int) -> None:
        with self.server.lock:
            asked = self.server.asked[self.path] = self.server.asked.get(self.path, 0) + 1
        if asked % 2:
            self._answer(503, {"message": "Too busy, try again."})
            return
        self._answer(200, {"page": page, "products": PRODUCTS[(page - 1) * PAGE : page * PAGE]})

    def _answer(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A small web service for the examples.")
    parser.add_argument("--port", type=int, default=PORT, help=f"where to listen; 0 takes a free one (default {PORT})")
    service = Service(parser.parse_args().port)
    print(f"Serving on {service.address}", flush=True)
    try:
        service.serve_forever()
    except KeyboardInterrupt:
        print("Stopped.")


if __name__ == "__main__":
    main()
