"""Send e-mail: one message per item, by SMTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from workflow_kernel.nodes._attachments import attachment
from workflow_kernel.nodes.notify import _message
from workflow_kernel.sdk import (
    Binary,
    Context,
    Credential,
    Field,
    Imported,
    ImportedNode,
    Item,
    Items,
    Lineage,
    NodeError,
    NodeType,
    node,
)

if TYPE_CHECKING:
    from email.headerregistry import Address

    import aiosmtplib


def _from_n8n(source: ImportedNode) -> Imported:
    options = source.get("options", default={}) or {}
    is_old = source.version < 2
    placed = source.parameters if is_old else options
    shape = "both" if is_old else source.get("emailFormat", default="text" if source.version < 2.1 else "html")
    text, html = source.get("text", default=""), source.get("html", default="")
    if is_old:
        shape = "both" if text and html else "html" if html else "text"
    parameters: dict[str, Any] = {
        "sender": source.get("fromEmail", default=""),
        "to": source.get("toEmail", default=""),
        "cc": placed.get("ccEmail", ""),
        "bcc": placed.get("bccEmail", ""),
        "reply_to": options.get("replyTo", ""),
        "subject": source.get("subject", default=""),
        "format": shape,
        "text": text if shape != "html" else "",
        "html": html if shape != "text" else "",
        "attachments": placed.get("attachments", ""),
        "ignore_tls": options.get("allowUnauthorizedCerts", False),
    }
    warnings = []
    if source.get("operation") == "sendAndWait":
        warnings.append("It waits for an answer to the message; only the sending was taken over.")
        parameters |= {"format": "text", "text": source.get("message", default=""), "html": ""}
    required = ("sender", "to", "format")
    kept = {name: value for name, value in parameters.items() if value or name in required}
    credentials = {"smtp": source.credentials["smtp"]} if "smtp" in source.credentials else {}
    return Imported(kept, warnings=tuple(warnings), credentials=credentials)


@node(
    "notify.send_email",
    title="Send e-mail",
    pure=False,
    per_item=(
        "sender", "to", "cc", "bcc", "reply_to", "subject", "format", "text", "html", "attachments", "headers",
    ),
    credentials=(Credential("smtp", ("smtp",), required=True),),
    imports={"n8n-nodes-base.emailSend": _from_n8n},
    icon="mail",
    keywords=("email", "mail", "smtp", "message", "notify"),
)  # fmt: skip
class SendEmail(NodeType):
    """Sends an e-mail, once per item."""

    sender: str = Field(description="Who it is from.", placeholder="Ann <ann@example.com>")
    to: str | list[str] = Field(description="Who gets it; several with commas.", placeholder="bo@example.com")
    subject: str = Field("", description="Subject of the message.")
    format: Literal["text", "html", "both"] = Field("text", description="Whether it is plain text, HTML or both.")
    text: str = Field("", description="The message as text.", widget="multiline", show={"format": ["text", "both"]})
    html: str = Field(
        "", description="The message as HTML; cid:name shows an attachment.", widget="code", language="html",
        show={"format": ["html", "both"]},
    )  # fmt: skip
    cc: str | list[str] = Field("", description="Who gets a copy.", section="Options")
    bcc: str | list[str] = Field("", description="Who gets a copy unseen by the others.", section="Options")
    reply_to: str | list[str] = Field("", description="Where answers go.", section="Options")
    attachments: str | list[str] = Field(
        [], description="Names of the item's attachments to send along.", section="Options"
    )
    headers: dict[str, str] = Field({}, description="Further headers.", widget="key-value", section="Options")
    ignore_tls: bool = Field(
        False, description="Whether certificates that cannot be verified are accepted.", section="Options"
    )
    timeout: float = Field(60.0, gt=0, description="Seconds the mail server may take.", section="Options")

    async def run(self, items: Items, ctx: Context) -> Items:
        """Send one message per item over one connection."""
        import aiosmtplib

        from workflow_kernel.nodes.notify import _server

        credential = ctx.credential("smtp")
        if credential is None or not credential.get("host"):
            raise NodeError("No mail server is named.", mend="Choose a credential for 'smtp'.")
        rows: list[Item] = []
        sources: list[int] = []
        async with _server.connected(credential, self.timeout, ctx.check_address, self.ignore_tls) as server:
            for index, item in enumerate(items):
                try:
                    rows.append(await ctx.at(self, index).send(server, item, index, ctx))
                    sources.append(index)
                except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException) as error:
                    await server.rset()
                    ctx.fail(index, _refused(error))
                except NodeError as error:
                    ctx.fail(index, error)
        return Items(rows, Lineage.one(sources))

    async def send(self, server: aiosmtplib.SMTP, item: Item, index: int, ctx: Context) -> Item:
        """Send one item's message; ``self`` is resolved for it."""
        senders, to = _message.addresses(self.sender, "sender"), _message.addresses(self.to, "to")
        cc, bcc = _message.addresses(self.cc, "cc"), _message.addresses(self.bcc, "bcc")
        if not senders:
            raise NodeError("The message has no sender.", mend="Fill in 'sender'.")
        sender = senders[0]
        if not (to or cc or bcc):
            raise NodeError("Nobody gets the message.", mend="Fill in 'to'.")
        headers: dict[str, str | list[Address]] = {
            "From": [sender], "To": to, "Cc": cc, "Reply-To": _message.addresses(self.reply_to, "reply_to"),
            "Subject": self.subject, "Date": _message.date_header(ctx.now()),
            "Message-ID": _message.message_id(ctx.item_token(index), sender), **self.headers,
        }  # fmt: skip
        text = self.text if self.format != "html" else None
        html = self.html if self.format != "text" else None
        message = _message.compose(headers, text, html, self._files(item), ctx.read)
        recipients = [address.addr_spec for address in (*to, *cc, *bcc)]
        refused, response = await server.send_message(message, sender=sender.addr_spec, recipients=recipients)
        return Item(
            {
                "accepted": [address for address in recipients if address not in refused],
                "rejected": list(refused),
                "response": response,
                "envelope": {"from": sender.addr_spec, "to": recipients},
                "messageId": str(message["Message-ID"]),
            }
        )

    def _files(self, item: Item) -> dict[str, Binary]:
        names = self.attachments.split(",") if isinstance(self.attachments, str) else self.attachments
        return {name: attachment(item, name) for name in (name.strip() for name in names) if name}


def _refused(error: Any) -> NodeError:
    """What the server says against one message."""
    import aiosmtplib

    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        told = ", ".join(f"{one.recipient} ({one.code} {one.message})" for one in error.recipients)
        return NodeError(f"The mail server takes none of the recipients: {told}.", code="WF370", mend="Check 'to'.")
    is_temporary = 400 <= error.code < 500
    return NodeError(
        f"The mail server refused the message: {error.code} {error.message}",
        code="WF370",
        mend="Try again later, or set a retry." if is_temporary else "Check sender and recipients.",
    )
