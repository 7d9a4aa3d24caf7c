"""Credentials over HTTP: secrets go in and never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.credential_types import TypeName
from workflow_kernel.api.routing import Answer, Page, PageQuery, Request, route
from workflow_kernel.api.workflow_views import Model
from workflow_kernel.services.credentials import CredentialRecord
from workflow_kernel.storage.credentials import CredentialFilter

TAG = "Credentials"
CALLBACK = "/credentials/oauth2/callback"
Name = Annotated[str, Field(min_length=1, max_length=200, description="What it is called.")]
Values = Annotated[dict[Annotated[str, Field(max_length=100)], Any], Field(max_length=100)]
Url = Annotated[str, Field(max_length=4000, description="Address to call, where the type needs one.")]
_EXAMPLE = {"name": "Shop", "type": "http.basic", "values": {"user": "ann", "password": "..."}}


class CredentialNew(Model):
    """A credential to be made."""

    project: UUID | None = Field(None, description="Where it belongs; your own project if null.")
    name: Name
    type: TypeName
    values: Values = Field(description="By the JSON Schema of the type.")


class CredentialChange(Model):
    """What is to be different; what is absent stays, secrets too."""

    version: int = Field(ge=1, description="The version you looked at.")
    name: Name | None = None
    values: Values = Field(default_factory=dict, description="Values to change; null takes one away.")


class CredentialTrying(Model):
    """How to try a credential out."""

    url: Url = ""
    values: Values = Field(default_factory=dict, description="Changes that are not saved yet.")


class ValuesTrying(Model):
    """Values to try out that are not saved."""

    project: UUID | None = Field(None, description="Where it shall belong; your own project if null.")
    type: TypeName
    values: Values
    url: Url = ""


class CredentialQuery(PageQuery):
    """Which credentials are wanted."""

    project: UUID | None = Field(None, description="Of this project, or shared with it.")
    type: list[str] = Field(default_factory=list, max_length=50, description="Of any of these types.")
    text: str = Field("", max_length=200, description="In the name, in any case.")


class DeleteQuery(Model):
    """How to delete."""

    force: bool = Field(False, description="Also when workflows use it; their nodes will fail.")


class CredentialShown(Model):
    """A credential without its secrets. Of one that is shared with you, you see what it is called and its type."""

    id: UUID
    project: UUID
    name: str
    type: str
    is_own: bool = Field(description="Whether it belongs to a project of yours; others may be used and not read.")
    public: dict[str, Any] = Field(description="The values that are no secret.")
    secrets: list[str] = Field(description="Names of the secret values that are filled in.")
    is_connected: bool = Field(description="Whether a person connected it at the service it is for.")
    shared_with: list[UUID] = Field(description="Other projects whose workflows may use it.")
    version: int
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    used_at: datetime | None


class UsageShown(Model):
    """A node that uses a credential."""

    workflow: UUID
    name: str = Field(description="Of the workflow.")
    project: UUID
    node: str
    slot: str
    in_draft: bool
    in_published: bool


class UsagesShown(Model):
    """Where a credential is used."""

    items: list[UsageShown]
    hidden: int = Field(description="Workflows of projects you do not see.")


class TrialShown(Model):
    """How trying it out went."""

    is_good: bool
    message: str
    mend: str


class ConsentShown(Model):
    """Where to send a person."""

    url: str = Field(description="Page of the service on which they consent; it leads back here.")


@route("GET", "/credentials", tag=TAG, errors=(404,))
async def list_credentials(request: Request, query: CredentialQuery) -> Page[CredentialShown]:
    """List credentials, by name: those of your projects and those shared with them."""
    chosen = CredentialFilter(
        project=query.project, types=tuple(query.type), text=query.text, after=query.after(tuple[str, UUID]),
        limit=query.limit,
    )  # fmt: skip
    found = await request.service.credentials.find(request.actor, chosen)
    return Page.of(found, query, _shown, lambda record: (record.name.lower(), record.id))


@route("POST", "/credentials", tag=TAG, status=201, errors=(404, 422), example=_EXAMPLE)
async def create_credential(request: Request, body: CredentialNew) -> CredentialShown:
    """Make a credential."""
    made = await request.service.credentials.create(request.actor, body.project, body.name, body.type, body.values)
    return _shown(made)


@route("GET", "/credentials/{credential_id}", tag=TAG, errors=(404,))
async def read_credential(request: Request, credential_id: UUID) -> CredentialShown:
    """Read a credential, without its secrets."""
    return _shown(await request.service.credentials.read(request.actor, credential_id))


@route("PATCH", "/credentials/{credential_id}", tag=TAG, errors=(404, 409, 422))
async def change_credential(request: Request, credential_id: UUID, body: CredentialChange) -> CredentialShown:
    """Change a credential."""
    changed = await request.service.credentials.update(
        request.actor, credential_id, body.version, body.name, body.values
    )
    return _shown(changed)


@route("DELETE", "/credentials/{credential_id}", tag=TAG, errors=(404, 409))
async def delete_credential(request: Request, credential_id: UUID, query: DeleteQuery) -> None:
    """Delete a credential. It is refused while workflows use it, unless forced."""
    await request.service.credentials.delete(request.actor, credential_id, force=query.force)


@route("GET", "/credentials/{credential_id}/usage", tag=TAG, errors=(404,))
async def credential_usage(request: Request, credential_id: UUID) -> UsagesShown:
    """List which nodes of which workflows use a credential."""
    found = await request.service.credentials.usage(request.actor, credential_id)
    return UsagesShown(items=[UsageShown(**msgspec.structs.asdict(one)) for one in found.nodes], hidden=found.hidden)


@route("PUT", "/credentials/{credential_id}/projects/{project_id}", tag=TAG, errors=(404, 422))
async def share_credential(request: Request, credential_id: UUID, project_id: UUID) -> CredentialShown:
    """Let another project's workflows use a credential; nobody there can read it."""
    return _shown(await request.service.credentials.share(request.actor, credential_id, project_id))


@route("DELETE", "/credentials/{credential_id}/projects/{project_id}", tag=TAG, errors=(404,))
async def unshare_credential(request: Request, credential_id: UUID, project_id: UUID) -> CredentialShown:
    """Take the use of a credential away from another project."""
    return _shown(await request.service.credentials.unshare(request.actor, credential_id, project_id))


@route("POST", "/credentials/{credential_id}/test", tag=TAG, errors=(404, 422))
async def test_credential(request: Request, credential_id: UUID, body: CredentialTrying) -> TrialShown:
    """Try a credential out, by one harmless use of it."""
    found = await request.service.credential_trials.try_out(request.actor, credential_id, body.url, body.values)
    return TrialShown(**msgspec.structs.asdict(found))


@route("POST", "/credentials/test", tag=TAG, errors=(404, 422))
async def test_values(request: Request, body: ValuesTrying) -> TrialShown:
    """Try values out before they are saved."""
    found = await request.service.credential_trials.try_values(
        request.actor, body.project, body.type, body.values, body.url
    )
    return TrialShown(**msgspec.structs.asdict(found))


@route("POST", "/credentials/{credential_id}/connect", tag=TAG, errors=(404, 422))
async def connect_credential(request: Request, credential_id: UUID) -> ConsentShown:
    """Begin to connect a credential at its service: gives the page on which you consent."""
    mount = request.raw.path.partition("/api/credentials/")[0]
    base = request.service.settings.public_url.rstrip("/") or f"{request.raw.protocol}://{request.raw.host}{mount}"
    callback = f"{base}/api{CALLBACK}"
    return ConsentShown(url=await request.service.oauth_credentials.start(request.actor, credential_id, callback))


@route("DELETE", "/credentials/{credential_id}/connect", tag=TAG, errors=(404,))
async def disconnect_credential(request: Request, credential_id: UUID) -> None:
    """Forget what a service gave for a credential."""
    await request.service.oauth_credentials.disconnect(request.actor, credential_id)


class ConsentQuery(Model):
    """What the service sends a person back with."""

    model_config = {"extra": "ignore"}

    state: str = Field("", max_length=500)
    code: str = Field("", max_length=5000)
    error: str = Field("", max_length=500)


@route("GET", CALLBACK, tag=TAG, errors=(404, 422), answers=("text/html",))
async def connected(request: Request, query: ConsentQuery) -> Answer[str]:
    """Come back from a service with its consent."""
    await request.service.oauth_credentials.finish(request.actor, query.state, query.code, query.error)
    return Answer(_CONNECTED, content_type="text/html; charset=utf-8")


_CONNECTED = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Connected</title></head>"
    "<body><h1>Connected</h1><p>You can close this window.</p></body></html>"
)


def _shown(record: CredentialRecord) -> CredentialShown:
    return CredentialShown(**msgspec.structs.asdict(record))


ROUTES = (
    list_credentials, create_credential, test_values, connected, read_credential, change_credential, delete_credential,
    credential_usage, share_credential, unshare_credential, test_credential, connect_credential, disconnect_credential,
)  # fmt: skip
