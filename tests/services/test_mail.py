"""Mail: composed the same in text and HTML, queued, sent by SMTP or put into a folder."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.nodes.servers import mail_server
from workflow_kernel.base.errors import UnavailableError
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.mail import Delivery, Mailer, QueuedMail, compose
from workflow_kernel.storage.queue_bullmq import Queues

MESSAGE = compose(
    "ada@example.com", "Hello\r\nBcc: eve@example.com", "<b>Tom & Ada</b>", link="http://x/?a=1&b=2", label="Go"
)


@pytest.fixture(scope="module")
def smtp() -> Iterator[Any]:
    with mail_server() as server:
        yield server


def test_a_mail_says_the_same_in_text_and_in_html() -> None:
    assert "<b>Tom & Ada</b>" in MESSAGE.text
    assert "http://x/?a=1&b=2" in MESSAGE.text
    assert "&lt;b&gt;Tom &amp; Ada&lt;/b&gt;" in MESSAGE.html
    assert 'href="http://x/?a=1&amp;b=2"' in MESSAGE.html
    assert "\n" not in MESSAGE.subject


async def test_mail_goes_to_a_folder_when_there_is_no_server(people_settings: Settings) -> None:
    delivery = Delivery(people_settings)
    await delivery.deliver(MESSAGE)
    (path,) = delivery.folder.iterdir()
    assert path.suffix == ".eml"
    assert path.stat().st_mode & 0o077 == 0, "it has tokens in it"
    found = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert (found["To"], found["Subject"]) == ("ada@example.com", "Hello Bcc: eve@example.com")
    assert found["Bcc"] is None
    assert b"http://x/?a=1&b=2\n" in path.read_bytes(), "a link can be copied from the file"
    body = found.get_body(("plain",))
    assert body is not None
    assert "Tom & Ada" in body.get_content()


async def test_mail_is_sent_by_smtp(people_settings: Settings, smtp: Any) -> None:
    url = f"smtp://ann:right@127.0.0.1:{smtp.port}"
    settings = Settings(**people_settings.model_dump(exclude={"smtp_url"}), smtp_url=url)
    await Delivery(settings).deliver(MESSAGE)
    sender, recipients, message = smtp.messages[-1]
    assert (sender, recipients) == ("workflow@localhost", ["ada@example.com"])
    assert message["Subject"] == "Hello Bcc: eve@example.com"


async def test_a_server_that_is_not_there_is_said_without_its_password(people_settings: Settings) -> None:
    settings = Settings(**people_settings.model_dump(exclude={"smtp_url"}), smtp_url="smtp://ann:s3cret@127.0.0.1:9")
    with pytest.raises(UnavailableError) as found:
        await Delivery(settings).deliver(MESSAGE)
    assert found.value.code == "WF726"
    assert "s3cret" not in str(found.value)


async def test_mail_waits_in_the_queue(people_settings: Settings, redis_url: str) -> None:
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        queues = Queues(client)
        mailer = Mailer(
            QueuedMail(queues), people_settings.model_copy(update={"public_url": "https://flows.example.com/"})
        )
        assert mailer.link("/reset", "a b") == "https://flows.example.com/reset?token=a%20b"
        await mailer.send("ada@example.com", "Hello", "How are you?")
        assert (await queues.counts("email-sending")).waiting == 1
        (name,) = [key async for key in client.scan_iter("bull:email-sending:mail-*")]
        data = await client.hget(name, "data")  # type: ignore[misc]
        await Delivery(people_settings).work(json.loads(data))
    assert len(list((people_settings.data_folder / "mail").iterdir())) == 1
