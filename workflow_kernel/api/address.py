"""Where a request comes from, behind proxies: only what a trusted one says counts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest

Address = IPv4Address | IPv6Address


@lru_cache(maxsize=4096)
def read_address(text: str) -> Address | None:
    """The address in a text; None where it is none. One of IPv4 written as IPv6 is the one of IPv4."""
    try:
        found = ip_address(text.strip().removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


class Proxies:
    """The proxies whose word counts.

    Parameters
    ----------
    networks: CIDRs.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = tuple(ip_network(text, strict=False) for text in networks)

    def trusts(self, text: str) -> bool:
        """Whether an address is one of theirs."""
        found = read_address(text)
        return found is not None and any(found in network for network in self._networks)

    def client(self, request: HTTPServerRequest) -> str:
        """The address of who asks: the last one before the trusted proxies."""
        peer = request.remote_ip or ""
        if not self._networks or not self.trusts(peer):
            return peer
        for text in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            found = read_address(text)
            if found is None:
                break
            peer = str(found)
            if not self.trusts(peer):
                break
        return peer

    def is_https(self, request: HTTPServerRequest) -> bool:
        """Whether who asks does so over HTTPS."""
        if request.protocol == "https":
            return True
        sent = request.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip().lower()
        return sent == "https" and bool(self._networks) and self.trusts(request.remote_ip or "")

    @staticmethod
    def is_direct_loopback(request: HTTPServerRequest) -> bool:
        """Whether the request comes from this machine, and through no proxy.

        The name it was sent to must be one of this machine: a page of another site can have its own name lead here.
        """
        if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
            return False
        host = urlsplit(f"//{request.host}").hostname or ""
        named, found = read_address(host), read_address(request.remote_ip or "")
        is_here = host == "localhost" or (named is not None and named.is_loopback)
        return is_here and found is not None and found.is_loopback
