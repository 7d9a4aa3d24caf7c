"""The templates that come with the product: valid, told in words, and run where they need nothing from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import msgspec
import pytest

from tests.nodes import servers
from tests.services.workflow_world import REGISTRY, World
from workflow_kernel.app.local import LocalEngine, local_environment
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import CredentialUse
from workflow_kernel.graph.validate import validate
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.services.templates import TemplateDocument, built_in
from workflow_kernel.storage.database import Database

SHIPPED = {found.record.id: found for found in built_in()}

RESULTS: dict[str, Any] = {
    "merge_sources": [
        {"name": "Ann", "spent": 27, "orders": 2},
        {"name": "Bo", "spent": 0, "orders": 0},
        {"name": "Cy", "spent": 5, "orders": 1},
    ],
    "loop_batches": [{"sum_square": 5525, "count_square": 25}],
    "sub_workflow": [{"sum_gross": 202.3}],
    "csv_report": ("West", "210", "North", "160", "South", "80"),
    "python_analysis": ("Sensors", "deviation", "9.83"),
}
"""What those give that need nothing from outside: items, or texts that stand in the page in this order."""


@pytest.mark.parametrize("template", SHIPPED.values(), ids=SHIPPED)
def test_a_template_is_valid_and_says_what_it_is_for(template: TemplateDocument) -> None:
    graph = flow_format.from_document(template.document)
    assert validate(graph, RegistryCatalog(REGISTRY)) == []
    assert template.record.categories and template.record.description.endswith(".")
    assert len(template.record.name) < 50 and "about" in graph.notes
    assert not any(node.credentials or node.pin for node in graph.nodes.values())


@pytest.mark.parametrize("name", RESULTS)
async def test_a_template_runs(name: str) -> None:
    graph = flow_format.from_document(SHIPPED[name].document)
    async with LocalEngine(REGISTRY, find_workflow=flow_format.from_document) as engine:
        result = await engine.run(graph)
    result.raise_if_failed()
    items = [item.json for item in result.output()]
    expected = RESULTS[name]
    if isinstance(expected, list):
        assert items == expected
    else:
        page = items[0]["page"]
        places = [page.index(part) for part in expected]
        assert places == sorted(places)


async def tried(web: servers.WebServer, mail: Any, name: str, **parameters: Any) -> Any:
    """What a template gives with peers of this machine in the place of those it names."""
    text = json.dumps(SHIPPED[name].document)
    for host in ("https://api.example.com", "https://example.com"):
        text = text.replace(host, web.url)
    graph = flow_format.from_document(json.loads(text))
    credential = {"smtp": CredentialUse("mail", "Mail")}
    nodes = {
        key: msgspec.structs.replace(
            node,
            credentials=credential if node.type == "notify.send_email" else {},
            retry=msgspec.structs.replace(node.retry, wait=0.001, max_wait=0.001),
        )
        for key, node in graph.nodes.items()
    }
    secrets = {"mail": {"host": "127.0.0.1", "port": mail.port, "secure": False}}
    environment = local_environment(credentials=secrets)
    async with LocalEngine(REGISTRY, environment) as engine:
        result = await engine.run(msgspec.structs.replace(graph, nodes=nodes), **parameters)
    result.raise_if_failed()
    return result


async def test_those_that_call_others_do_so(web: servers.WebServer, mail: Any) -> None:
    web.answers["/orders"] = lambda seen: servers.Answer(
        {"items": [{"id": 1, "name": "a", "total": "2.5"}]}
        | ({} if "page" in seen.query else {"next": f"{web.url}/orders?page=2"})
    )
    table = await tried(web, mail, "api_to_table")
    assert [item["total"] for item in table["Pick fields"].json()] == [2.5, 2.5]
    assert table["Spreadsheet"].items()[0].binary["data"].file_name == "orders.xlsx"

    web.answers["/things/2"] = servers.Answer("gone", 404)
    things = await tried(web, mail, "retry_backoff")
    assert len(things["Fetched"].json()) == 2
    assert [item["id"] for item in things["Failed"].json()] == [2] and things["Failed"].json()[0]["failed_at"]

    web.answers["/tickets"] = servers.Answer({"tickets": [{"id": 7, "title": "Broken", "created_at": "2024-01-01"}]})
    await tried(web, mail, "daily_digest")
    feed = FEED.format(now=format_datetime(datetime.now(UTC)))
    web.answers["/feed.xml"] = servers.Answer(feed.encode(), 200, {"content-type": "application/rss+xml"})
    await tried(web, mail, "rss_to_mail")
    await tried(web, mail, "error_alert")
    subjects = [message["subject"] for _, _, message in mail.messages]
    assert subjects[0].startswith("Open tickets, ") and subjects[1:] == ["New", "Failed: Example workflow"]
    assert "Broken" in mail.messages[0][2].as_string()
    assert "The service answered 503." in mail.messages[2][2].get_content()


FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>New</title><link>https://example.com/1</link><description>Hello</description><pubDate>{now}</pubDate></item>
<item><title>Old</title><link>https://example.com/2</link><pubDate>Mon, 01 Jan 2024 00:00:00 GMT</pubDate></item>
</channel></rss>"""


@pytest.fixture
def web() -> Iterator[servers.WebServer]:
    with servers.web_server() as server:
        yield server


@pytest.fixture
def mail() -> Iterator[Any]:
    with servers.mail_server() as server:
        yield server


async def test_each_can_be_begun_with_and_published(workflow_database: Database) -> None:
    world = World(workflow_database)
    ada = await world.person()
    for name in SHIPPED:
        begun = await world.templates.begin(ada, name)
        assert begun.problems == [] and begun.record.name == SHIPPED[name].record.name
        assert (await world.workflows.publish(ada, begun.record.id)).record.published_version == 1
    listed = await world.templates.find(ada)
    assert [one.id for one in listed] == sorted(SHIPPED) and all(one.is_built_in for one in listed)
    assert [one.id for one in await world.templates.find(ada, text="SPREADSHEET")] == ["api_to_table"]
