"""Lists of addresses and networks: whether one holds an address. Texts that are neither hold nothing."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def holds(networks: tuple[str, ...], address: str) -> bool:
    """Whether an address is in one of the networks; an IPv4 address written as IPv6 is the one of IPv4."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in _read(networks))


def problem(text: str) -> str:
    """What is wrong with an address or network, in a sentence; empty when nothing is."""
    try:
        ip_network(text.strip(), strict=False)
    except ValueError:
        return f"'{text[:80]}' is neither an address nor a network. Write it such as 203.0.113.7 or 2001:db8::/32."
    return ""


@lru_cache(maxsize=512)
def _read(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(text.strip(), strict=False) for text in networks if not problem(text))
