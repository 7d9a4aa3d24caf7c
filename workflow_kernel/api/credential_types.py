"""Credential types over HTTP: what there is, and the JSON Schema their forms are made from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from workflow_kernel.api.routing import Request, route
from workflow_kernel.api.workflow_views import Model
from workflow_kernel.sdk.credentials import CredentialType

TAG = "Credentials"
TypeName = Annotated[str, Field(min_length=1, max_length=100, description="E.g. `http.basic`.")]


class CredentialTypeShown(Model):
    """A credential type."""

    type: str
    title: str
    description: str
    icon: str
    trial: Literal["none", "url", "itself"] = Field(
        description="How one is tried out: not at all, with a URL, or with what it says itself."
    )
    grant: Literal["", "authorization_code"] = Field(description="Whether a person connects it at a service.")
    fits: list[str] = Field(description="Types in whose slots it fits, itself first.")
    secrets: list[str] = Field(description="Names of the fields that are never shown.")
    values_schema: dict[str, Any] = Field(description="JSON Schema of its values, with hints for the form.")


class CredentialTypesShown(Model):
    """Every credential type."""

    items: list[CredentialTypeShown]


@route("GET", "/credential-types", tag=TAG)
async def list_credential_types(request: Request) -> CredentialTypesShown:
    """List the credential types installed, by name."""
    return CredentialTypesShown(items=[_shown(kind) for kind in await request.service.credentials.types(request.actor)])


def _shown(kind: type[CredentialType]) -> CredentialTypeShown:
    spec = kind.spec
    return CredentialTypeShown(
        type=spec.type,
        title=spec.title,
        description=spec.description,
        icon=spec.icon,
        trial=spec.trial,
        grant=spec.grant,
        fits=[spec.type, *spec.stands_for],
        secrets=sorted(kind.secret_fields()),
        values_schema=kind.model_json_schema(),
    )


ROUTES = (list_credential_types,)
