"""The OpenAPI document is valid and says what can happen; the page of it needs nothing from outside."""

from __future__ import annotations

import re

from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.conftest import Start
from tests.api.shop import ROUTES, Boxes
from workflow_kernel.api import docs, openapi, resources
from workflow_kernel.api.kernel import Kernel


async def test_the_document_says_what_a_route_takes_and_answers(api: Start) -> None:
    client = await (await api(ROUTES, boxes=Boxes(), modules=(docs,))).client()
    found = (await client.get("/api/openapi.json")).json()
    OpenAPIV31SpecValidator(found).validate()
    make = found["paths"]["/boxes"]["post"]
    assert make["operationId"] == "make_box"
    assert make["x-permissions"] == ["tag.update"]
    assert make["security"] == [{"bearer": []}, {"api_key": []}, {"session": [], "csrf": []}]
    assert make["requestBody"]["content"]["application/json"]["example"] == {"name": "tools", "count": 3}
    assert set(make["responses"]) == {
        "201", "400", "401", "403", "409", "412", "413", "415", "422", "429", "503",
    }  # fmt: skip
    listing = found["paths"]["/boxes"]["get"]
    assert [parameter["name"] for parameter in listing["parameters"]] == ["limit", "cursor", "name", "kind"]
    assert found["paths"]["/hello"]["get"]["security"] == []
    assert found["components"]["schemas"]["BoxNew"]["additionalProperties"] is False


async def test_the_document_of_the_whole_service_is_valid_and_every_route_is_described(settings: object) -> None:
    class Whole:
        pass

    service = Whole()
    service.settings = settings  # type: ignore[attr-defined]
    functions = [function for module in resources.MODULES for function in getattr(module, "ROUTES", ())]
    kernel = Kernel(service, functions)
    found = openapi.document(kernel.endpoints)
    OpenAPIV31SpecValidator(found).validate()
    unexplained = [
        (name, field)
        for name, schema in found["components"]["schemas"].items()
        for field, about in schema.get("properties", {}).items()
        if not about.get("description")
    ]
    assert unexplained == []
    names = [endpoint.route.name for endpoint in kernel.endpoints]
    assert len(names) == len(set(names)), "two routes have one name"


async def test_the_page_loads_nothing_from_outside_and_allows_nothing_inline(api: Start) -> None:
    client = await (await api(ROUTES, boxes=Boxes(), modules=(docs,))).client()
    page = await client.get("/api/docs")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) == 4
    for link in links:
        found = await client.get(f"/api/{link}")
        assert found.status_code == 200, link
        assert found.headers["content-type"].startswith(("text/", "image/"))
    assert (await client.get("/api/docs/nothing.js")).status_code == 404
    assert (await client.get("/api/docs/..%2f__init__.py")).status_code == 404
