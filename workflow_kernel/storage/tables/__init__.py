"""The tables: one module per aggregate. Rows are read and written in ``storage`` and by ``services`` alone."""

from workflow_kernel.storage.tables.accounts import (
    ApiKey,
    Identity,
    Invitation,
    Passkey,
    RecoveryCode,
    Role,
    User,
)
from workflow_kernel.storage.tables.base import Base
from workflow_kernel.storage.tables.credentials import Credential, CredentialShare, DataKey
from workflow_kernel.storage.tables.executions import Execution, NodeRun, Runner
from workflow_kernel.storage.tables.projects import AuditEvent, Project, ProjectMember, Variable
from workflow_kernel.storage.tables.triggers import Delivery, Schedule, Tick, Trigger, Webhook
from workflow_kernel.storage.tables.workflows import Folder, Tag, Template, Workflow, WorkflowTag, WorkflowVersion

__all__ = [
    "ApiKey",
    "AuditEvent",
    "Base",
    "Credential",
    "CredentialShare",
    "DataKey",
    "Delivery",
    "Execution",
    "Folder",
    "Identity",
    "Invitation",
    "NodeRun",
    "Passkey",
    "Project",
    "ProjectMember",
    "RecoveryCode",
    "Role",
    "Runner",
    "Schedule",
    "Tag",
    "Template",
    "Tick",
    "Trigger",
    "User",
    "Variable",
    "Webhook",
    "Workflow",
    "WorkflowTag",
    "WorkflowVersion",
]
