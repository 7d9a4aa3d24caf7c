"""The secrets of one execution: what a node gets of a credential, and newer ones where a service takes one no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable
from urllib.parse import quote_plus, urlsplit

Credential = Mapping[str, Any]

PUBLIC = frozenset({
    "type", "kind", "user", "username", "host", "hostName", "client_name", "port", "database", "dbname", "name",
    "region", "service", "scope", "audience", "client_id", "clientId", "consumerKey", "token_url", "accessTokenUrl",
    "authUrl", "url", "algorithm", "keyType", "sslmode", "ssl", "security", "secure", "disableStartTls",
    "allowUnauthorizedCerts", "authentication", "grantType", "client_in", "certificate", "cert", "authority", "ca",
    "public_key", "publicKey", "host_key", "label", "allowed_hosts",
})  # fmt: skip
"""Fields that hide nothing, of credentials that do not say themselves what they hide."""

_PAIRS = (("user", "password"), ("username", "password"), ("client_id", "client_secret"), ("clientId", "clientSecret"))
"""Values that go over the wire together, as ``user:password``."""


class Secret(dict[str, Any]):
    """What a node gets of a credential. ``hidden`` names the values that may never show up anywhere."""

    __slots__ = ("hidden",)

    def __init__(self, values: Mapping[str, Any], hidden: frozenset[str]) -> None:
        super().__init__(values)
        self.hidden = hidden

    def __reduce__(self) -> tuple[Any, ...]:
        return Secret, (dict(self), self.hidden)

    def __repr__(self) -> str:
        return f"Secret({sorted(self)})"


@runtime_checkable
class RenewableSecrets(Protocol):
    """Secrets of which some can be renewed while an execution runs."""

    async def renew(self, credential: str, used: Credential) -> Credential:
        """A secret newer than the one used, which is no longer taken; the same where there is none."""
        ...


def hidden_texts(credential: Credential) -> Iterator[str]:
    """Every text of a credential that may not show up anywhere."""
    hidden = getattr(credential, "hidden", None)
    for name, value in credential.items():
        if name in hidden if hidden is not None else name not in PUBLIC:
            yield from _leaves(value)


def hidden_pairs(credential: Credential) -> Iterator[str]:
    """Values as they go over the wire together, where one of them is hidden."""
    for name, secret in _PAIRS:
        first, second = credential.get(name), credential.get(secret)
        if isinstance(first, str) and isinstance(second, str) and second:
            yield f"{first}:{second}"
            yield f"{quote_plus(first)}:{quote_plus(second)}"


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for entry in value.values():
            yield from _leaves(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _leaves(entry)
    elif isinstance(value, str):
        yield value
        if "://" in value:
            yield from _password(value)


def _password(url: str) -> Iterator[str]:
    try:
        found = urlsplit(url).password
    except ValueError:
        return
    if found:
        yield found
