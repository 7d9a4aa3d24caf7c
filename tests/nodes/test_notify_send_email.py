"""Sending e-mail, to a real mail server."""

from __future__ import annotations

from typing import Any

from workflow_kernel.runs.item import Binary, Item
from workflow_kernel.sdk.imports import ImportedNode
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.testing import NodeResult, run_node

MAIL = "notify.send_email"


def send(mail: Any, *items: Any, options: dict[str, Any] | None = None, **parameters: Any) -> NodeResult:
    credential = {"host": "127.0.0.1", "port": mail.port, "secure": False}
    given = {"sender": "Ann Ä <ann@example.com>", "to": "bo@example.com", **parameters}
    options = {"credentials": {"smtp": credential}, **(options or {})}
    return run_node(MAIL, given, list(items) or [{}], **options)


def test_each_item_is_a_message(mail: Any) -> None:
    result = send(mail, {"n": 1}, {"n": 2}, subject="=No {{ $json.n }} ü", text="Hello\nü", options={"now": 0.0})
    assert [row["accepted"] for row in result.json()] == [["bo@example.com"]] * 2
    assert result.sources() == [[(0, 0)], [(0, 1)]]
    (sender, recipients, message), (_, _, second) = mail.messages
    assert (sender, recipients) == ("ann@example.com", ["bo@example.com"])
    assert (message["Subject"], second["Subject"]) == ("No 1 ü", "No 2 ü")
    assert message["From"].addresses[0].display_name == "Ann Ä"
    assert message.get_content().splitlines() == ["Hello", "ü"]
    assert message["Date"].datetime.timestamp() == 0
    assert result.json()[0]["messageId"] == message["Message-ID"]


def test_a_message_id_is_the_same_when_it_is_tried_again(mail: Any) -> None:
    for _ in range(2):
        send(mail, {}, {}).json()
    ids = [message["Message-ID"] for _, _, message in mail.messages]
    assert ids[:2] == ids[2:]
    assert ids[0] != ids[1]


def test_copies_replies_and_headers(mail: Any) -> None:
    send(
        mail, to=["a@x.org", "B <b@x.org>"], cc="c@x.org; d@x.org", bcc="e@x.org", reply_to="r@x.org",
        headers={"X-Kind": "test"},
    ).json()  # fmt: skip
    (_, recipients, message) = mail.messages[0]
    assert recipients == ["a@x.org", "b@x.org", "c@x.org", "d@x.org", "e@x.org"]
    assert message["Bcc"] is None
    assert "e@x.org" not in message.as_string()
    assert (message["Cc"], message["Reply-To"], message["X-Kind"]) == ("c@x.org, d@x.org", "r@x.org", "test")


def test_html_alone_or_with_text_and_attachments(mail: Any) -> None:
    blobs = MemoryBlobs()
    item = Item({}, {"pic": Binary(blobs.put(b"\x89img"), "image/png", "a.png", "png", 4)})
    given: dict[str, Any] = {"html": "<b>ü</b>", "text": "ü", "attachments": "pic", "options": {"blobs": blobs}}
    send(mail, item, format="both", **given).json()
    send(mail, item, format="html", html="<i>x</i>").json()
    message = mail.messages[0][2]
    assert message.get_body(("html",)).get_content().strip() == "<b>ü</b>"
    assert message.get_body(("plain",)).get_content().strip() == "ü"
    (attachment,) = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content(), attachment["Content-ID"]) == (
        "a.png", b"\x89img", "<pic>",
    )  # fmt: skip
    assert mail.messages[1][2].get_content_type() == "text/html"
    assert "no attachment 'nope'" in send(mail, item, attachments=["nope"]).error


def test_refused_recipients_are_told_and_the_rest_is_sent(mail: Any) -> None:
    mail.refused.add("no@x.org")
    (row,) = send(mail, to="yes@x.org, no@x.org").json()
    assert (row["accepted"], row["rejected"]) == (["yes@x.org"], ["no@x.org"])
    result = send(mail, {"to": "no@x.org"}, {"to": "yes@x.org"}, to="={{ $json.to }}", options={"on_error": "branch"})
    assert [row["accepted"] for row in result.json()] == [["yes@x.org"]]
    assert result.sources() == [[(0, 1)]]
    assert "no@x.org (550" in result.json("error")[0]["error"]


def test_mistakes_are_told(mail: Any) -> None:
    assert "'bo' in 'to' is not an e-mail address" in send(mail, to="bo").error
    assert "Nobody gets the message" in send(mail, to="").error
    assert "no sender" in send(mail, sender="").error
    assert "'Subject' cannot be sent" in send(mail, subject="a\r\nBcc: x@y.org").error
    assert mail.messages == []
    assert "No mail server" in run_node(MAIL, {"sender": "a@b.c", "to": "a@b.c"}, [{}]).error


def test_signing_in(mail: Any) -> None:
    def signed(password: str) -> NodeResult:
        credential = {"host": "127.0.0.1", "port": mail.port, "secure": False, "user": "ann", "password": password}
        return send(mail, options={"credentials": {"smtp": credential}})

    assert signed("right").json()
    error = signed("hush-hush").error
    assert "cannot be used" in error
    assert "hush" not in error


def test_nobody_listening_is_told() -> None:
    credential = {"host": "127.0.0.1", "port": 9, "secure": False}
    result = run_node(MAIL, {"sender": "a@b.c", "to": "a@b.c"}, [{}], credentials={"smtp": credential})
    assert "127.0.0.1:9 cannot be used" in result.error


def test_imports() -> None:
    convert = Registry().find(MAIL).spec.imports["n8n-nodes-base.emailSend"]
    base = {"fromEmail": "a@b.c", "toEmail": "={{ $json.to }}", "subject": "S"}
    old = convert(ImportedNode("", 1, {**base, "text": "T", "ccEmail": "c@b.c", "attachments": "x,y"}))
    assert old.parameters == {
        "sender": "a@b.c", "to": "={{ $json.to }}", "subject": "S", "format": "text", "text": "T", "cc": "c@b.c",
        "attachments": "x,y",
    }  # fmt: skip
    new = convert(ImportedNode("", 2.1, {**base, "html": "<b/>", "options": {"bccEmail": "d@b.c", "replyTo": "r@b.c"}}))
    assert new.parameters == {
        "sender": "a@b.c", "to": "={{ $json.to }}", "subject": "S", "format": "html", "html": "<b/>", "bcc": "d@b.c",
        "reply_to": "r@b.c",
    }  # fmt: skip
    both = convert(
        ImportedNode("", 2, {**base, "emailFormat": "both", "text": "T", "html": "H"}, "", {"smtp": {"id": "1"}})
    )
    assert (both.parameters["text"], both.parameters["html"], both.credentials) == ("T", "H", {"smtp": {"id": "1"}})
    assert convert(ImportedNode("", 2.1, {**base, "operation": "sendAndWait"})).warnings
