"""The parts of the service that doors call, by name: what ``request.service`` has.

``app`` puts the real one together. A door that calls another part names it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from workflow_kernel.base.settings import Settings
from workflow_kernel.services.accounts import Accounts
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.api_keys import ApiKeys
from workflow_kernel.services.audit_trail import AuditTrail
from workflow_kernel.services.credential_trials import CredentialTrials
from workflow_kernel.services.credentials import Credentials
from workflow_kernel.services.executions import Executions
from workflow_kernel.services.expressions import Expressions
from workflow_kernel.services.factors import Factors
from workflow_kernel.services.files import Files
from workflow_kernel.services.folders import Folders
from workflow_kernel.services.forms import Forms
from workflow_kernel.services.invitations import Invitations
from workflow_kernel.services.key_rotation import KeyRotation
from workflow_kernel.services.live import Live
from workflow_kernel.services.node_types import NodeTypes
from workflow_kernel.services.oauth_credentials import OAuthCredentials
from workflow_kernel.services.passkeys import Passkeys
from workflow_kernel.services.projects import Projects
from workflow_kernel.services.queues import QueueRoom
from workflow_kernel.services.recovery import Recovery
from workflow_kernel.services.registration import Registration
from workflow_kernel.services.resumption import Resumption
from workflow_kernel.services.roles import Roles
from workflow_kernel.services.schedules import Schedules
from workflow_kernel.services.sessions import Sessions
from workflow_kernel.services.sign_in import SignIn
from workflow_kernel.services.sign_on import SignOn
from workflow_kernel.services.system import System
from workflow_kernel.services.tags import Tags
from workflow_kernel.services.templates import Templates
from workflow_kernel.services.transfer import Transfer
from workflow_kernel.services.trial_calls import TrialCalls
from workflow_kernel.services.trigger_list import TriggerList
from workflow_kernel.services.triggers import Triggers
from workflow_kernel.services.variables import Variables
from workflow_kernel.services.versions import Versions
from workflow_kernel.services.webhooks import Webhooks
from workflow_kernel.services.workflows import Workflows
from workflow_kernel.storage.rate_limit import RateLimit


class Identify(Protocol):
    """Tells who sends a request. See ``services.identify``."""

    async def __call__(
        self, headers: Mapping[str, str], cookies: Mapping[str, str], *, address: str = "", request: str = ""
    ) -> Actor: ...

    async def by_token(self, token: str, *, address: str = "", request: str = "") -> Actor:
        """Who has a token that does not come in a header."""
        ...


class Service(Protocol):
    """The parts."""

    settings: Settings
    rate_limit: RateLimit

    accounts: Accounts
    api_keys: ApiKeys
    audit_trail: AuditTrail
    credential_trials: CredentialTrials
    credentials: Credentials
    executions: Executions
    expressions: Expressions
    factors: Factors
    files: Files
    folders: Folders
    forms: Forms
    invitations: Invitations
    key_rotation: KeyRotation
    live: Live
    node_types: NodeTypes
    oauth_credentials: OAuthCredentials
    passkeys: Passkeys
    projects: Projects
    queues: QueueRoom
    recovery: Recovery
    registration: Registration
    resumption: Resumption
    roles: Roles
    schedules: Schedules
    sessions: Sessions
    sign_in: SignIn
    sign_on: SignOn
    system: System
    tags: Tags
    templates: Templates
    transfer: Transfer
    trial_calls: TrialCalls
    trigger_list: TriggerList
    triggers: Triggers
    variables: Variables
    versions: Versions
    webhooks: Webhooks
    workflows: Workflows

    @property
    def identify(self) -> Identify:
        """Tells who sends a request."""
        ...
