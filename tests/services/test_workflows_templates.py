"""The templates that come with the product: valid, told in words, and run where they need nothing from outside."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.workflow_world import REGISTRY, World
from workflow_kernel.app.local import LocalEngine
from workflow_kernel.graph import format as flow_format
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


async def test_each_can_be_begun_with_and_published(database: Database) -> None:
    world = World(database)
    ada = await world.person()
    for name in SHIPPED:
        begun = await world.templates.begin(ada, name)
        assert begun.problems == [] and begun.record.name == SHIPPED[name].record.name
        assert (await world.workflows.publish(ada, begun.record.id)).record.published_version == 1
    listed = await world.templates.find(ada)
    assert [one.id for one in listed] == sorted(SHIPPED) and all(one.is_built_in for one in listed)
    assert [one.id for one in await world.templates.find(ada, text="SPREADSHEET")] == ["api_to_table"]
