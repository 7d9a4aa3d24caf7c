"""Credential types of triggers."""

from __future__ import annotations

from workflow_kernel.sdk import Field
from workflow_kernel.sdk.credentials import CredentialType, credential_type


@credential_type("webhook.secret", title="Webhook signing secret")
class WebhookSecret(CredentialType):
    """The secret that the sender of a webhook signs its requests with."""

    secret: str = Field(min_length=1, max_length=10_000, description="Secret, as the sender shows it.", secret=True)
