"""The modules of the API: each has ``ROUTES`` (functions made by ``@route``), ``HANDLERS`` (Tornado handlers that speak
something other than JSON, as pairs of a pattern below the prefix and a class), or both.

To add one: write the module, add its name here.
"""

from __future__ import annotations

from types import ModuleType

from workflow_kernel.api import (
    accounts,
    api_keys,
    audit,
    credential_types,
    credentials,
    docs,
    executions,
    files,
    folders,
    forms,
    graphql,
    health,
    invitations,
    keys,
    live,
    metrics,
    node_types,
    profile,
    projects,
    queues,
    registration,
    resume,
    roles,
    schedules,
    sessions,
    sign_in,
    sign_on,
    system,
    tags,
    templates,
    triggers,
    variables,
    versions,
    webhook_list,
    webhooks,
    workflows,
)

MODULES: tuple[ModuleType, ...] = (
    sign_in, sign_on, registration, sessions, accounts, profile, api_keys, invitations, roles, projects,
    credentials, credential_types, keys, workflows, versions, folders, tags, templates, variables, files,
    node_types, executions, queues, triggers, webhook_list, webhooks, schedules, forms, resume, audit, system, graphql,
    docs, health, metrics, live,
)  # fmt: skip
"""In the order of the documentation."""
