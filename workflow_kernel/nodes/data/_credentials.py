"""Credential types for signing, hashing and one-time passwords."""

from __future__ import annotations

from typing import Literal

import pydantic

from workflow_kernel.sdk import Field
from workflow_kernel.sdk.credentials import CredentialType, credential_type


@credential_type("jwt", title="JSON web token", imports=("jwtAuth",))
class Jwt(CredentialType):
    """The secret or the keys JSON web tokens are signed and verified with."""

    algorithm: Literal[
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"
    ] = Field("HS256", description="How tokens are signed; HS takes a secret, the others take keys.")
    secret: str = Field("", max_length=10_000, description="Secret.", secret=True)
    private_key: str = Field(
        "", max_length=100_000, description="Key to sign, as PEM.", widget="multiline", secret=True
    )
    public_key: str = Field("", max_length=100_000, description="Key to verify, as PEM.", widget="multiline")

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Jwt:
        if self.algorithm.startswith("HS"):
            if not self.secret:
                raise ValueError(f"{self.algorithm} needs 'secret'")
        elif not (self.private_key or self.public_key):
            raise ValueError(f"{self.algorithm} needs 'private_key', 'public_key' or both")
        return self


@credential_type("crypto", title="Hash secret or signing key", imports=("crypto",))
class Crypto(CredentialType):
    """The secret of keyed hashes, or a key to sign with."""

    hmac_secret: str = Field("", max_length=100_000, description="Secret of keyed hashes.", secret=True)
    private_key: str = Field(
        "", max_length=100_000, description="Key to sign, as PEM.", widget="multiline", secret=True
    )


@credential_type("totp", title="One-time passwords", imports=("totpApi",))
class Totp(CredentialType):
    """The secret an authenticator app shares with a service."""

    secret: str = Field(min_length=1, max_length=1000, description="Secret, in base32.", secret=True)
    label: str = Field("", max_length=200, description="Which account it is for.")
