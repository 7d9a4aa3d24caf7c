"""Connecting to a mail server. Used by the node that sends mail and by its credential type."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiosmtplib

from workflow_kernel.sdk import NodeError

CheckAddress = Callable[[str, int], Awaitable[str]]


@asynccontextmanager
async def connected(
    credential: Mapping[str, Any], timeout: float, check_address: CheckAddress, ignore_tls: bool = False
) -> AsyncIterator[aiosmtplib.SMTP]:
    """A connection to the credential's server, signed in where it names a user, closed at the end.

    Raises
    ------
    NodeError: it may not be reached, does not answer, or does not let us in.
    """
    secure, starts_tls = _security(credential)
    host, port = str(credential["host"]), int(credential.get("port") or (465 if secure else 587))
    address = await check_address(host, port)
    server = aiosmtplib.SMTP(
        use_tls=secure, start_tls=starts_tls, timeout=timeout, validate_certs=not ignore_tls,
        local_hostname=credential.get("client_name") or credential.get("hostName") or None,
    )  # fmt: skip
    try:
        if address == host:
            await server.connect(hostname=host, port=port)
        else:
            # Certificates are checked against the name, the connection goes to the address that was checked.
            await server.connect(hostname=host, sock=await _socket(address, port, timeout))
        if credential.get("user"):
            await server.login(str(credential["user"]), str(credential.get("password") or ""))
        yield server
    except (aiosmtplib.SMTPException, OSError) as error:
        raise NodeError(
            f"The mail server {host}:{port} cannot be used: {error}",
            code="WF371",
            mend="Check host, port, user, password and security of the credential.",
        ) from None
    finally:
        server.close()


def _security(credential: Mapping[str, Any]) -> tuple[bool, bool | None]:
    """Whether TLS comes at once, and whether STARTTLS must (None: where the server has it)."""
    if credential.get("security"):
        return credential["security"] == "tls", credential["security"] == "starttls"
    secure = bool(credential.get("secure", int(credential.get("port") or 465) == 465))
    return secure, False if secure or credential.get("disableStartTls") else None


async def _socket(address: str, port: int, timeout: float) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        made.setblocking(False)
        async with asyncio.timeout(timeout):
            await asyncio.get_running_loop().sock_connect(made, (address, port))
    except BaseException:
        made.close()
        raise
    return made
