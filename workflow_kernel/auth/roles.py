"""The one table of permissions and of what each role may do.

A permission is ``kind.verb``. A role holds globally, for everything that belongs to no project, and again inside a
project: somebody may do there what both roles allow.
"""

from __future__ import annotations

from collections.abc import Mapping

READ = frozenset({
    "workflow.read", "execution.read", "credential.read", "trigger.read", "variable.read", "tag.read", "template.read",
    "project.read", "queue.read", "node_type.read", "role.read", "account.own", "account.factor",
})  # fmt: skip
"""What everybody who is signed in may do, with what is shared with them."""

OPERATE = READ | {"workflow.execute", "execution.cancel", "execution.retry", "execution.resume", "trigger.test"}

EDIT = OPERATE | {
    "workflow.create", "workflow.update", "workflow.delete", "workflow.publish", "workflow.share", "workflow.export",
    "execution.delete", "execution.fork", "credential.create", "credential.update", "credential.delete",
    "credential.use", "credential.share", "credential.test", "trigger.update", "variable.update", "tag.update",
    "file.read", "file.update",
    "template.create", "project.create", "project.update", "project.delete", "project.share",
}  # fmt: skip

ADMINISTER = EDIT | {
    "account.read", "account.create", "account.update", "account.delete", "account.invite", "role.update",
    "audit.read", "queue.update", "template.update", "settings.read", "settings.update", "session.read",
    "session.revoke", "api_key.read", "api_key.revoke", "variable.global", "key.rotate", "metrics.read", "system.read",
}  # fmt: skip

ROLES: Mapping[str, frozenset[str]] = {
    "admin": frozenset(ADMINISTER),
    "editor": frozenset(EDIT),
    "operator": frozenset(OPERATE),
    "viewer": frozenset(READ),
}
"""What the built-in roles may do, globally."""

PROJECT_ROLES: Mapping[str, frozenset[str]] = {
    "owner": frozenset(EDIT),
    "editor": frozenset(EDIT - {"project.delete", "project.share"}),
    "operator": frozenset(OPERATE),
    "viewer": frozenset(READ),
}
"""What the built-in roles may do inside a project."""

PERMISSIONS: frozenset[str] = frozenset(ADMINISTER)
"""Every permission there is."""
