"""Which pages of other origins may call: those that are listed, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

EXPOSED = "ETag, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id"
ACCEPTED = (
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Traceparent, X-Api-Key, X-Csrf-Token, "
    "X-Request-Id"
)
PREFLIGHT_SECONDS = "600"


class Origins:
    """The origins that may call.

    Parameters
    ----------
    listed: e.g. ``https://app.example.com``; ``*`` lets every page call, though never with cookies.
    """

    def __init__(self, listed: Iterable[str]) -> None:
        self._listed = frozenset(origin.rstrip("/").lower() for origin in listed)

    def allows(self, origin: str) -> bool:
        """Whether pages of an origin may call with the cookies of who looks at them."""
        return origin.lower() in self._listed

    def headers(self, origin: str | None) -> Mapping[str, str]:
        """What to say to a page of this origin; nothing to those not listed."""
        if origin is None:
            return {}
        if self.allows(origin):
            return {
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Credentials": "true",
                "Access-Control-Expose-Headers": EXPOSED,
            }
        if "*" in self._listed:
            return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}
        return {}

    def preflight(self, origin: str | None, methods: str) -> Mapping[str, str]:
        """The answer to a browser that asks whether a page may call."""
        found = self.headers(origin)
        if not found:
            return {}
        return {
            **found,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": ACCEPTED,
            "Access-Control-Max-Age": PREFLIGHT_SECONDS,
        }


def is_same_origin(origin: str, scheme: str, host: str) -> bool:
    """Whether an ``Origin`` header names the address that was called."""
    return origin.lower() == f"{scheme}://{host}".lower()
