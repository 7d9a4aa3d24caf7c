"""Credential types for databases."""

from __future__ import annotations

from typing import Any, Literal

import pydantic

from workflow_kernel.sdk import Field
from workflow_kernel.sdk.credentials import CredentialType, Trying, credential_type


@credential_type("postgres", title="Postgres", trial="itself", imports=("postgres",), icon="database")
class Postgres(CredentialType):
    """Where a Postgres database is and who signs in there, as fields or as one connection text."""

    host: str = Field("", max_length=500, description="Name or address of the server.")
    port: int = Field(5432, ge=1, le=65535, description="Port of the server.")
    database: str = Field("", max_length=200, description="Name of the database.")
    user: str = Field("", max_length=200, description="Who signs in.")
    password: str = Field("", max_length=10_000, description="Password.", secret=True)
    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = Field(
        "prefer", title="TLS", description="Whether the connection is encrypted, and the server verified."
    )
    dsn: str = Field(
        "", max_length=10_000, title="Connection text", secret=True, section="In place of the fields",
        description="postgresql://user:password@host:port/database; counts in place of the fields above.",
    )  # fmt: skip

    @pydantic.model_validator(mode="after")
    def _is_somewhere(self) -> Postgres:
        if not self.host and not self.dsn:
            raise ValueError("either 'host' or 'dsn' is needed")
        return self

    def for_nodes(self, token: Any) -> dict[str, Any]:
        """The connection text alone where there is one."""
        return {"dsn": self.dsn} if self.dsn else self.model_dump(exclude={"dsn"})

    async def try_out(self, trying: Trying) -> str:
        """Connect and ask for the version."""
        import psycopg

        from workflow_kernel.nodes.database import _connection

        where = ("", self.for_nodes(None), trying.timeout, trying.check_address)
        try:
            async with _connection.connect(*where) as connection:
                (row,) = await (await connection.execute("SHOW server_version")).fetchall()
        except psycopg.Error as error:
            raise _connection.as_node_error(error) from None
        return f"Connected to Postgres {row['server_version']}."
