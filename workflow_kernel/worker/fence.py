"""The fence: nodes call the outside and not the network this program runs in (server-side request forgery).

A name is looked up here, its addresses are checked, and the connection goes to an address that was checked: so neither
odd ways of writing an address, nor redirects, nor names that change between look-ups get through. ``app`` makes a
:class:`Fence` of the settings and gives ``fenced_http`` and ``Fence.check`` to the environment.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import httpcore
import httpx

from workflow_kernel.base.errors import NodeError, WorkflowError
from workflow_kernel.base.settings import Settings

Address = IPv4Address | IPv6Address

TIMEOUT = 300.0
"""Seconds a request may take unless it says otherwise."""

_TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
"""IPv4 addresses behind a translator (NAT64)."""

_OURS = tuple(map(ip_network, ("168.63.129.16/32", "192.0.0.0/24", "fec0::/10")))
"""What looks public to Python and is not: the host agents of clouds, addresses of a site."""


class Fence:
    """Says which addresses nodes may reach.

    Parameters
    ----------
    is_open: whether every address may be reached. allowed: networks that may be, as CIDRs, though they are not public.

    Raises ``WorkflowError`` WF739 for a text that is no network.
    """

    def __init__(self, *, is_open: bool = False, allowed: Iterable[str] = ()) -> None:
        self.is_open = is_open
        try:
            self._allowed = tuple(ip_network(text.strip(), strict=False) for text in allowed)
        except ValueError as error:
            raise WorkflowError(
                f"WORKFLOW_ALLOWED_ADDRESSES cannot be read: {error}.",
                code="WF739",
                mend="Write addresses or networks such as 10.1.2.0/24.",
            ) from None

    @classmethod
    def of(cls, settings: Settings) -> Fence:
        """The fence that settings ask for."""
        return cls(is_open=settings.allow_private_addresses, allowed=settings.allowed_addresses)

    def lets_through(self, address: Address) -> bool:
        """Whether nodes may reach an address."""
        return self.is_open or all(self._is_allowed(face) for face in _faces(address))

    async def check(self, host: str, port: int) -> str:
        """An address to connect to for a host; the host itself where everything is open.

        Raises ``NodeError`` WF738 when it may not be reached, WF352 when there is no such host.
        """
        if self.is_open:
            return host
        try:
            return (await self.addresses(host, port))[0]
        except OSError as error:
            raise NodeError(
                f"There is no host '{host}' ({error.strerror or error}).", code="WF352", mend="Check the name."
            ) from None

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host that may be reached. Raises ``NodeError`` WF738 when none may, else ``OSError``."""
        if not host or host.startswith(("/", "@")):  # a socket of this machine
            raise _refused(host)
        try:
            found: Sequence[Address] = [ip_address(host.strip("[]"))]
        except ValueError:
            try:
                entries = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except ValueError:  # what cannot be a name at all, as the rules of domain names have it
                raise OSError("it is no name of a host") from None
            found = [ip_address(entry[4][0]) for entry in entries]
        passed = [str(address) for address in found if self.lets_through(address)]
        if not passed:
            raise _refused(host)
        return passed

    def _is_allowed(self, address: Address) -> bool:
        if any(address in network for network in self._allowed):
            return True
        is_odd = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
        return address.is_global and not is_odd and not any(address in network for network in _OURS)


class FencedClient(httpx.AsyncClient):
    """A client whose connections stay outside the fence. Settings of the process (proxies) do not count.

    Parameters
    ----------
    fence: which addresses may be reached; a proxy's must be among them. verify, proxy: as of httpx.
    """

    def __init__(self, fence: Fence, *, verify: ssl.SSLContext | bool = True, proxy: str | None = None) -> None:
        transport = httpx.AsyncHTTPTransport(verify=verify, proxy=proxy)
        # httpx has no parameter for what makes connections; its pool has.
        pool: Any = transport._pool
        pool._network_backend = FencedBackend(fence, pool._network_backend)
        super().__init__(transport=transport, follow_redirects=False, timeout=TIMEOUT)
        self._fence = fence

    def variant(self, *, verify: ssl.SSLContext | bool = True, proxy: str | None = None) -> FencedClient:
        """Another client behind the same fence, with other settings of TLS and proxy."""
        return FencedClient(self._fence, verify=verify, proxy=proxy)


class FencedBackend(httpcore.AsyncNetworkBackend):
    """Makes connections to addresses that were checked."""

    def __init__(self, fence: Fence, inner: httpcore.AsyncNetworkBackend) -> None:
        self._fence = fence
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        """See httpcore."""
        if self._fence.is_open:
            return await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._fence.addresses(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"looking up {host} took too long") from None
        except OSError as error:
            raise httpcore.ConnectError(f"there is no host {host} ({error.strerror or error})") from None
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Any = None
    ) -> httpcore.AsyncNetworkStream:
        """See httpcore."""
        if self._fence.is_open:
            return await self._inner.connect_unix_socket(path, timeout, socket_options)
        raise _refused(path)

    async def sleep(self, seconds: float) -> None:
        """See httpcore."""
        await self._inner.sleep(seconds)


def fenced_http(fence: Fence) -> Callable[[], httpx.AsyncClient]:
    """What makes an environment's client."""
    return lambda: FencedClient(fence)


def _faces(address: Address) -> list[Address]:
    """An address and those hidden in it, which a router may reach by it."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if any(address in network for network in _TRANSLATED):
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    hidden = [address.sixtofour, *(address.teredo or ())]
    return [address, *(one for one in hidden if one is not None)]


def _refused(host: str) -> NodeError:
    return NodeError(
        f"'{host}' may not be reached: it is an address of the network this program runs in.",
        code="WF738",
        mend="Use a public address, or ask an administrator to add it to WORKFLOW_ALLOWED_ADDRESSES.",
    )
