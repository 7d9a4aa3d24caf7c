"""Passkeys (WebAuthn): what a browser is asked, and whether its answer is right. Nothing is kept here.

A challenge is a one-time token: the answer names it, so whoever holds the token's store knows which question it is to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from workflow_kernel.base.errors import NotSignedInError

_LOOPBACK = ("127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - compared with, not listened on


class Site(msgspec.Struct, frozen=True):
    """Where passkeys count: the name they are bound to, and the addresses pages may have."""

    name: str
    origins: tuple[str, ...]


class Made(msgspec.Struct, frozen=True):
    """A passkey that a browser made."""

    id: bytes
    public_key: bytes
    count: int


def site(address: str) -> Site:
    """The site of a service at an address. Browsers take a name only, so this machine is ``localhost``."""
    parts = urlsplit(address)
    host = parts.hostname or "localhost"
    name = "localhost" if host in _LOOPBACK else host
    port = f":{parts.port}" if parts.port else ""
    return Site(name, (f"{parts.scheme}://{name}{port}",))


def creation(where: Site, challenge: str, user: bytes, email: str, known: Iterable[bytes]) -> dict[str, Any]:
    """What ``navigator.credentials.create`` takes."""
    options = webauthn.generate_registration_options(
        rp_id=where.name,
        rp_name="Workflow",
        user_id=user,
        user_name=email,
        challenge=base64url_to_bytes(challenge),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    found: dict[str, Any] = json.loads(options_to_json(options))
    return found


def request(where: Site, challenge: str) -> dict[str, Any]:
    """What ``navigator.credentials.get`` takes."""
    options = webauthn.generate_authentication_options(
        rp_id=where.name,
        challenge=base64url_to_bytes(challenge),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    found: dict[str, Any] = json.loads(options_to_json(options))
    return found


def challenge_of(answer: Mapping[str, Any]) -> str:
    """The challenge that a browser's answer is to. Raises ``NotSignedInError`` for what is no answer."""
    try:
        data = parse_client_data_json(base64url_to_bytes(answer["response"]["clientDataJSON"]))
    except (WebAuthnException, KeyError, TypeError, ValueError):
        raise not_accepted() from None
    return webauthn.helpers.bytes_to_base64url(data.challenge)


def credential_id(answer: Mapping[str, Any]) -> bytes:
    """Which passkey a browser used."""
    try:
        return base64url_to_bytes(answer["rawId"])
    except (KeyError, TypeError, ValueError):
        raise not_accepted() from None


def check_made(where: Site, challenge: str, answer: Mapping[str, Any]) -> Made:
    """The passkey that was made. Raises ``NotSignedInError`` when the answer is not right."""
    try:
        found = webauthn.verify_registration_response(
            credential=dict(answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=where.name,
            expected_origin=list(where.origins),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise not_accepted() from None
    return Made(found.credential_id, found.credential_public_key, found.sign_count)


def check_used(where: Site, challenge: str, answer: Mapping[str, Any], known: Made) -> int:
    """How often a passkey was used, by its own count. Raises ``NotSignedInError`` when the answer is not right."""
    try:
        found = webauthn.verify_authentication_response(
            credential=dict(answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=where.name,
            expected_origin=list(where.origins),
            credential_public_key=known.public_key,
            credential_current_sign_count=known.count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise not_accepted() from None
    return found.new_sign_count


def not_accepted() -> NotSignedInError:
    """The one answer to whatever is wrong."""
    return NotSignedInError(
        "The passkey was not accepted.", code="WF725", mend="Try again, or sign in another way."
    )  # fmt: skip
