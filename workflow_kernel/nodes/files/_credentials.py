"""Credential types for reaching other machines."""

from __future__ import annotations

import pydantic

from workflow_kernel.sdk import Field
from workflow_kernel.sdk.credentials import CredentialType, credential_type


@credential_type("ssh", title="SSH", imports=("sshPassword", "sshPrivateKey"), icon="terminal")
class Ssh(CredentialType):
    """A machine reached by SSH, with a password or a key."""

    host: str = Field(min_length=1, max_length=500, description="Name or address of the machine.")
    port: int = Field(22, ge=1, le=65535, description="Port.")
    user: str = Field(min_length=1, max_length=200, description="Who signs in.")
    password: str = Field("", max_length=10_000, description="Password.", secret=True)
    private_key: str = Field("", max_length=100_000, description="Private key.", widget="multiline", secret=True)
    passphrase: str = Field("", max_length=1000, description="Opens the private key.", secret=True)
    host_key: str = Field("", max_length=10_000, description="The machine's public key; none trusts any.")

    @pydantic.model_validator(mode="after")
    def _signs_in(self) -> Ssh:
        if not self.password and not self.private_key:
            raise ValueError("either 'password' or 'private_key' is needed")
        return self
