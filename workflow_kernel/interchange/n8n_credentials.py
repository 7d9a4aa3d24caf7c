"""Where the credentials of an imported node go: into the slots of ours, by the types that take the place of theirs.

Only references are imported (id and name), never values. Used by ``n8n``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from workflow_kernel.graph.model import CredentialUse
from workflow_kernel.graph.words import clip
from workflow_kernel.sdk.credentials import CredentialTypes
from workflow_kernel.sdk.imports import Imported, ImportedNode
from workflow_kernel.sdk.node import NodeSpec


class ImportedCredential(msgspec.Struct, frozen=True, omit_defaults=True):
    """A credential an imported node refers to.

    Parameters
    ----------
    slot: of our node. id, name: as the other program knows it. source: its type there.
    type: ours that takes its place; empty where there is none, so that one of the slot's types is to be chosen.
    """

    slot: str
    id: str
    name: str
    source: str
    type: str = ""


class Placed(msgspec.Struct, frozen=True):
    """The credentials of an imported node, and what could not be carried over."""

    uses: dict[str, CredentialUse]
    credentials: tuple[ImportedCredential, ...] = ()
    warnings: tuple[str, ...] = ()


def place(source: ImportedNode, imported: Imported, spec: NodeSpec, types: CredentialTypes) -> Placed:
    """The credentials of a node in the slots of ours."""
    slots = {credential.slot: credential for credential in spec.credentials}
    given = source.credentials if imported.credentials is None else imported.credentials
    uses: dict[str, CredentialUse] = {}
    found: list[ImportedCredential] = []
    warnings: list[str] = []
    for key, value in given.items():
        use = _use(value)
        foreign = key if key in source.credentials else _named(source.credentials, value)
        ours = types.named_by(foreign) or ""
        fitting = (slot for slot, credential in slots.items() if ours and types.fits(ours, credential.types))
        slot = key if key in slots else next(fitting, None)
        if slot is None or slot in uses:
            warnings.append(f"Its credential '{clip(use.name)}' of the type '{clip(foreign)}' has no place here.")
            continue
        uses[slot] = use
        found.append(ImportedCredential(slot, use.id, use.name, foreign, ours))
    return Placed(uses, tuple(found), tuple(warnings))


def _named(credentials: Mapping[str, Any], value: Any) -> str:
    """What the other program calls the type of a credential."""
    return next((name for name, other in credentials.items() if other is value), "")


def _use(value: Any) -> CredentialUse:
    if isinstance(value, Mapping):
        return CredentialUse(str(value.get("id") or value.get("name") or ""), str(value.get("name") or ""))
    return CredentialUse(str(value), str(value))
