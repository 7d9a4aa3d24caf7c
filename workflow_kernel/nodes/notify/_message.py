"""Composing an e-mail message. Sending it does not belong here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses

from workflow_kernel.sdk import Binary, NodeError


def addresses(given: str | list[str], field: str) -> list[Address]:
    """The addresses in a text with commas or a list, with or without names.

    Raises
    ------
    NodeError: one of them is no address.
    """
    texts = given if isinstance(given, list) else [given.replace(";", ",").replace("\n", ",")]
    found = []
    for name, address in getaddresses([text for text in texts if text.strip()]):
        user, at, domain = address.rpartition("@")
        if not (user and at and domain) or any(letter.isspace() for letter in address):
            raise NodeError(
                f"'{address or name}' in '{field}' is not an e-mail address.", mend="Write it as ann@example.com."
            )
        try:
            found.append(Address(name, addr_spec=address))
        except (ValueError, IndexError):
            raise NodeError(
                f"'{address}' in '{field}' is not an e-mail address.", mend="Write it as ann@example.com."
            ) from None
    return found


def compose(
    headers: Mapping[str, str | list[Address]],
    text: str | None,
    html: str | None,
    files: Mapping[str, Binary],
    read: Callable[[Binary], bytes],
) -> EmailMessage:
    """A message with text, HTML or both, and attachments that HTML may show by ``cid:name``.

    Raises
    ------
    NodeError: a header cannot be sent.
    """
    message = EmailMessage(policy=SMTP)
    for name, value in headers.items():
        if not value:
            continue
        try:
            message[name] = value
        except ValueError as error:
            raise NodeError(
                f"The header '{name}' cannot be sent: {error}", mend="Leave line breaks out of it."
            ) from None
    if text is not None:
        message.set_content(text)
    if html is not None:
        if text is None:
            message.set_content(html, subtype="html")
        else:
            message.add_alternative(html, subtype="html")
    for name, binary in files.items():
        main, _, sub = binary.mime_type.partition(";")[0].partition("/")
        message.add_attachment(
            read(binary), maintype=main or "application", subtype=sub or "octet-stream",
            filename=binary.file_name or name, cid=f"<{name}>",
        )  # fmt: skip
    return message


def message_id(token: str, sender: Address) -> str:
    """The same for every try to send the same message, so that a second copy can be told."""
    digest = hashlib.sha256(token.encode()).hexdigest()[:40]
    return f"<{digest}@{sender.domain}>"


def date_header(now: datetime) -> str:
    """The Date header."""
    return format_datetime(now)
