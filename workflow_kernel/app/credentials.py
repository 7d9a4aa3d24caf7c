"""Plugs together everything about credentials: the vault and the services around it. Used by ``Service`` and tests."""

from __future__ import annotations

import httpx
import msgspec

from workflow_kernel.app.core import Core
from workflow_kernel.auth.envelope import LocalKeys, key_service
from workflow_kernel.auth.sealing import Seal
from workflow_kernel.auth.vault import Vault
from workflow_kernel.base.settings import Settings
from workflow_kernel.sdk.credentials import CredentialTypes
from workflow_kernel.services.access import Access
from workflow_kernel.services.credential_leases import CredentialLeases
from workflow_kernel.services.credential_trials import CredentialTrials
from workflow_kernel.services.credentials import Credentials
from workflow_kernel.services.key_rotation import KeyRotation
from workflow_kernel.services.oauth_credentials import OAuthCredentials
from workflow_kernel.storage import keys
from workflow_kernel.storage.one_time import OneTimeTokens
from workflow_kernel.worker.fence import Fence


class CredentialServices(msgspec.Struct, frozen=True):
    """The services, by the names they have in ``Service``."""

    leases: CredentialLeases
    credentials: Credentials
    credential_trials: CredentialTrials
    oauth_credentials: OAuthCredentials
    key_rotation: KeyRotation


def credential_services(core: Core, access: Access, settings: Settings) -> CredentialServices:
    """All of them.

    Parameters
    ----------
    core: where everything is, and what nodes reach. access: who may do what. settings: of the service.
    """
    master_keys = keys.master_keys(settings)
    vault = Vault(key_service(settings.key_service) if settings.key_service else LocalKeys(master_keys))
    seal = Seal(list(master_keys.values()), "workflow second factors")
    types = CredentialTypes()

    def http() -> httpx.AsyncClient:
        return core.environment.http

    leases = CredentialLeases(core.database, vault, types, http)
    shared = (core.database, access, vault, types, leases)
    return CredentialServices(
        leases=leases,
        credentials=Credentials(*shared),
        credential_trials=CredentialTrials(*shared, http, Fence.of(settings).check),
        oauth_credentials=OAuthCredentials(*shared, http, OneTimeTokens(core.redis)),
        key_rotation=KeyRotation(core.database, vault, seal),
    )
