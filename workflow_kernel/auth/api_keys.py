"""API keys: how one looks, what is kept of it, and which scopes it may have."""

from __future__ import annotations

from collections.abc import Iterable

from workflow_kernel.auth.roles import PERMISSIONS
from workflow_kernel.auth.tokens import digest, new_secret
from workflow_kernel.base.errors import InvalidRequestError, Problem

PREFIX = "wfk_"
SHOWN = 12
"""Characters of a key that are kept to tell keys apart."""


def new_key() -> tuple[str, str, str]:
    """A key, the beginning that may be shown, and its hash."""
    key = PREFIX + new_secret()
    return key, key[:SHOWN], digest(key)


def check_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes in order, each once. Raises ``InvalidRequestError`` for those that are not permissions.

    A scope is a permission (``workflow.read``) or a kind with all its verbs (``workflow.*``).
    """
    wanted = sorted(set(scopes))
    kinds = {permission.split(".")[0] + ".*" for permission in PERMISSIONS}
    problems = [
        Problem("WF713", f"There is no scope '{scope}'.", "List permissions to see what there is.", field="scopes")
        for scope in wanted
        if scope not in PERMISSIONS and scope not in kinds
    ]
    if problems:
        raise InvalidRequestError(problems[0].message, code="WF713", mend=problems[0].mend, problems=problems)
    return wanted


def allowed(permissions: frozenset[str], scopes: Iterable[str]) -> frozenset[str]:
    """What is left of permissions: all of them without scopes."""
    wanted = set(scopes)
    if not wanted:
        return permissions
    return frozenset(
        permission for permission in permissions if permission in wanted or permission.split(".")[0] + ".*" in wanted
    )
