"""Mail: what people are told, how it waits in the queue, and how it is sent.

``Mailer`` composes and queues. A worker of the queue ``email-sending`` calls ``Delivery.deliver``, which sends by SMTP,
or puts a file into the folder ``mail`` when no server is set, so that a service of one person needs none.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import aiosmtplib
import msgspec

from workflow_kernel.base.errors import UnavailableError
from workflow_kernel.base.ids import new_id
from workflow_kernel.base.settings import Settings
from workflow_kernel.contracts import MailMessage, MailQueue
from workflow_kernel.storage import private_file
from workflow_kernel.storage.queue_bullmq import Entry, Queues

_TIMEOUT = 30.0

_PAGE = """<!doctype html><html><body style="font-family:system-ui,sans-serif;line-height:1.5;color:#1f2328">
<div style="max-width:36rem;margin:2rem auto;padding:0 1rem">{paragraphs}{button}
<p style="color:#656d76;font-size:.85rem">{foot}</p></div></body></html>"""

_BUTTON = """<p><a href="{link}" style="background:#0969da;color:#fff;padding:.6rem 1rem;border-radius:.4rem;
text-decoration:none">{label}</a></p><p style="font-size:.85rem;word-break:break-all">{link}</p>"""

_FOOT = "You get this mail because of an account with Workflow. If you expected none, do nothing."


class Mailer:
    """Composes mail and puts it into the queue.

    Parameters
    ----------
    queue: where it waits. settings: the address of the service in links.
    """

    def __init__(self, queue: MailQueue, settings: Settings) -> None:
        self._queue = queue
        self._settings = settings

    async def send(self, to: str, subject: str, *paragraphs: str, link: str = "", label: str = "") -> None:
        """Send paragraphs and, below them, a link."""
        await self._queue.send(compose(to, subject, *paragraphs, link=link, label=label))

    def link(self, path: str, token: str) -> str:
        """The address of a page with a token. It stands in the query: a fragment would not reach the API."""
        return f"{address(self._settings)}{path}?token={quote(token)}"


def compose(to: str, subject: str, *paragraphs: str, link: str = "", label: str = "") -> MailMessage:
    """A mail, the same in plain text and in HTML. Everything is text; nothing in it is markup."""
    text = "\n\n".join([*paragraphs, *([f"{label}:\n{link}"] if link else []), _FOOT]) + "\n"
    button = _BUTTON.format(link=html.escape(link), label=html.escape(label)) if link else ""
    body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    page = _PAGE.format(paragraphs=body, button=button, foot=html.escape(_FOOT))
    return MailMessage(to, " ".join(subject.split()), text, page)


def address(settings: Settings) -> str:
    """How people reach the service, without a slash at the end."""
    found = settings.public_url or f"http://{settings.host}:{settings.port}{settings.base_url}"
    return found.rstrip("/")


class QueuedMail:
    """A ``MailQueue`` on the queue ``email-sending``.

    Parameters
    ----------
    queues: of the service.
    """

    def __init__(self, queues: Queues) -> None:
        self._queues = queues

    async def send(self, message: MailMessage) -> None:
        """See the contract."""
        entry = Entry(f"mail-{new_id()}", {"message": msgspec.to_builtins(message)}, 2)
        await self._queues.add("email-sending", [entry])


class Delivery:
    """Sends mail that waits.

    Parameters
    ----------
    settings: the mail server, the sender, the folder.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def work(self, data: Mapping[str, Any]) -> None:
        """What a worker of the queue calls with an entry's data."""
        await self.deliver(msgspec.convert(data["message"], MailMessage))

    async def deliver(self, message: MailMessage) -> None:
        """Send a mail, or put it into the folder. Raises ``UnavailableError`` when the server does not take it."""
        if self._settings.smtp_url is None:
            mail = as_email(message, sender=self._settings.mail_from, is_file=True)
            path = self.folder / f"{new_id()}.eml"
            await asyncio.to_thread(private_file.write, path, bytes(mail))
            return
        mail = as_email(message, sender=self._settings.mail_from)
        await self._send(mail, self._settings.smtp_url.get_secret_value())

    @property
    def folder(self) -> Path:
        """Where mail lies when no server is set."""
        return self._settings.data_folder / "mail"

    async def _send(self, mail: EmailMessage, url: str) -> None:
        parts = urlsplit(url)
        try:
            await aiosmtplib.send(
                mail,
                hostname=parts.hostname or "localhost",
                port=parts.port or (465 if parts.scheme == "smtps" else 587),
                username=unquote(parts.username) if parts.username else None,
                password=unquote(parts.password) if parts.password else None,
                use_tls=parts.scheme == "smtps",
                timeout=_TIMEOUT,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise UnavailableError(
                f"The mail server does not take mail: {type(error).__name__}.", code="WF726",
                mend="Check WORKFLOW_SMTP_URL, and that the server is up.",
            ) from None  # fmt: skip


def as_email(message: MailMessage, *, sender: str, is_file: bool = False) -> EmailMessage:
    """A mail in the form that goes over the wire; in a file lines stay whole, so that links can be copied."""
    encoding = "8bit" if is_file else None
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, message.to, message.subject
    mail["Date"], mail["Message-ID"] = formatdate(localtime=False), make_msgid(domain="workflow.localhost")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text, cte=encoding)
    mail.add_alternative(message.html, subtype="html", cte=encoding)
    return mail
