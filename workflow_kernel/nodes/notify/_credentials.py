"""Credential types for sending messages."""

from __future__ import annotations

from typing import Literal

from workflow_kernel.sdk import Field
from workflow_kernel.sdk.credentials import CredentialType, Trying, credential_type


@credential_type("smtp", title="Mail server (SMTP)", trial="itself", imports=("smtp",), icon="mail")
class Smtp(CredentialType):
    """A server that takes mail to send, and who signs in there."""

    host: str = Field(min_length=1, max_length=500, description="Name or address of the server.")
    port: int = Field(465, ge=1, le=65535, description="Port: usually 465 with TLS, 587 with STARTTLS.")
    security: Literal["tls", "starttls", "none"] = Field("tls", description="How the connection is encrypted.")
    user: str = Field("", max_length=1000, description="Who signs in; nobody when empty.")
    password: str = Field("", max_length=10_000, description="Password.", secret=True)
    client_name: str = Field("", max_length=255, description="What we call ourselves; this machine's name when empty.")

    async def try_out(self, trying: Trying) -> str:
        """Connect, sign in, and do nothing."""
        from workflow_kernel.nodes.notify import _server

        async with _server.connected(self.model_dump(), trying.timeout, trying.check_address) as server:
            await server.noop()
        return f"{self.host}:{self.port} is ready for mail."
