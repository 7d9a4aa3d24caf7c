"""Plugs together what looks at the service: live events, health and metrics, the audit trail. Used by ``Service``."""

from __future__ import annotations

import msgspec

from workflow_kernel.app.core import Core
from workflow_kernel.auth.roles import ROLES
from workflow_kernel.services.access import Access
from workflow_kernel.services.audit_trail import AuditTrail
from workflow_kernel.services.live import Live
from workflow_kernel.services.system import System
from workflow_kernel.storage.identities import Identities
from workflow_kernel.storage.one_time import OneTimeTokens
from workflow_kernel.storage.sessions import SessionStore


class WatchServices(msgspec.Struct, frozen=True):
    """The services, by the names they have in ``Service``."""

    audit_trail: AuditTrail
    live: Live
    system: System


def watch_services(core: Core, access: Access) -> WatchServices:
    """All of them.

    Parameters
    ----------
    core: what runs executions. access: who may do what.
    """
    live = Live(
        core.database, access, core.bus,
        sessions=SessionStore(core.redis, days=core.settings.session_days),
        identities=Identities(core.database, core.redis, ROLES), one_time=OneTimeTokens(core.redis),
    )  # fmt: skip
    return WatchServices(AuditTrail(core.database), live, System(core.database, core.queues, core.counts))
