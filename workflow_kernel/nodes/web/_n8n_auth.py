"""Sign-in of imported nodes: which kind it is, and which credential goes into our slots."""

from __future__ import annotations

from typing import Any, NamedTuple

from workflow_kernel.sdk import ImportedNode

KINDS = {
    "httpBasicAuth": "basic", "httpBearerAuth": "bearer", "httpHeaderAuth": "header", "httpQueryAuth": "query",
    "httpDigestAuth": "digest", "httpCustomAuth": "custom", "oAuth1Api": "oauth1", "oAuth2Api": "oauth2",
}  # fmt: skip
"""Our kind for each of their general credential types."""

_OLD_KINDS = {
    "basicAuth": "httpBasicAuth", "digestAuth": "httpDigestAuth", "headerAuth": "httpHeaderAuth",
    "queryAuth": "httpQueryAuth", "oAuth1": "oAuth1Api", "oAuth2": "oAuth2Api", "customAuth": "httpCustomAuth",
    "bearerAuth": "httpBearerAuth",
}  # fmt: skip


class ImportedAuth(NamedTuple):
    """What a foreign node's sign-in became."""

    parameters: dict[str, Any]
    credentials: dict[str, Any]
    warnings: tuple[str, ...]


def convert(source: ImportedNode) -> ImportedAuth:
    """The sign-in of a node, its credentials moved to the slots ``auth`` and ``tls``."""
    how = str(source.get("authentication", default="none"))
    credentials: dict[str, Any] = {}
    if source.get("provideSslCertificates") is True and "httpSslAuth" in source.credentials:
        credentials["tls"] = source.credentials["httpSslAuth"]
    if how in ("none", ""):
        return ImportedAuth({}, credentials, ())
    if how == "predefinedCredentialType":
        name = str(source.get("nodeCredentialType", default=""))
        if name in source.credentials:
            credentials["auth"] = source.credentials[name]
        text = (
            f"It signs in by the credential type '{name}', which is made for one service. Choose a credential for "
            "the slot 'auth' that holds the header, query field or token the service wants."
        )
        return ImportedAuth({}, credentials, (text,))
    name = (
        str(source.get("genericAuthType", default="")) if how == "genericCredentialType" else _OLD_KINDS.get(how, how)
    )
    kind = KINDS.get(name)
    if name in source.credentials:
        credentials["auth"] = source.credentials[name]
    if kind is None:
        return ImportedAuth({}, credentials, (f"The kind of sign-in '{name or how}' is not known; choose one.",))
    return ImportedAuth({"auth": {"kind": kind}}, credentials, ())
