"""What is around workflows: versions, folders, tags, templates, variables, node types, expressions, files."""

from __future__ import annotations

import io
import json
import zipfile
from uuid import uuid4

import pytest
from sqlalchemy import update

from tests.services.workflow_world import World, flow
from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NodeError, NotAllowedError, NotFoundError
from workflow_kernel.graph import format as flow_format
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.node import NodeType, node
from workflow_kernel.sdk.options import Loading, Option, Options
from workflow_kernel.sdk.parameters import Field
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.services.expressions import Sample
from workflow_kernel.services.node_types import NodeTypes
from workflow_kernel.services.workflows import Workflows
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Variable
from workflow_kernel.storage.workflows import WorkflowFilter


@pytest.fixture
def world(workflow_database: Database) -> World:
    return World(workflow_database)


# ---------------------------------------------------------------- versions


async def test_versions_are_listed_read_named_and_compared(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow(tags=["x"]))).record
    await world.workflows.save(ada, record.id, flow("Two", fields=[{"name": "a", "value": 2}]), made_from=1)
    await world.workflows.save(ada, record.id, flow("Three"), made_from=2, name="good", note="as told")
    await world.workflows.publish(ada, record.id, 2)
    listed = await world.versions.find(ada, record.id)
    assert [(one.number, one.name) for one in listed] == [(3, "good"), (2, ""), (1, "")]
    assert [one.number for one in await world.versions.find(ada, record.id, before=3, limit=1)] == [2]
    assert listed[1].published_at is not None
    assert (await world.versions.get(ada, record.id)).document["name"] == "Three"
    published = await world.versions.get(ada, record.id, "published")
    assert published.document["name"] == "Two" and published.document["tags"] == ["x"]
    assert next(iter(published.document)) == "format" and published.document["id"] == str(record.id)
    named = await world.versions.describe(ada, record.id, 1, name="first")
    assert named.name == "first"
    found = await world.versions.compare(ada, record.id, 1, 2)
    assert found["fields"] == [{"path": "name", "before": "Orders", "after": "Two"}]
    assert found["changed"][0]["fields"] == [{"path": "parameters.fields.0.value", "before": 1, "after": 2}]
    assert "~ node 'Set'" in found["text"]
    for missing in (9, "published"):
        other = (await world.workflows.create(ada, document=flow())).record
        with pytest.raises(NotFoundError):
            await world.versions.get(ada, other.id, missing)


async def test_going_back_is_a_save(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow())).record
    await world.workflows.save(ada, record.id, flow("Two"), made_from=1)
    with pytest.raises(ConflictError):
        await world.versions.restore(ada, record.id, 1, made_from=1)
    back = await world.versions.restore(ada, record.id, 1, made_from=2)
    assert (back.record.version, back.record.name) == (3, "Orders")
    assert (await world.versions.find(ada, record.id))[0].note == "Back to version 1."


# ---------------------------------------------------------------- folders and tags


async def test_folders_hold_workflows_and_each_other(world: World) -> None:
    ada, eve = await world.person("ada"), await world.person("eve")
    project = await world.access.personal(ada)
    top = await world.folders.create(ada, project, "Top")
    inner = await world.folders.create(ada, project, "Inner", parent=top.id)
    record = (await world.workflows.create(ada, document=flow(), folder=inner.id)).record
    assert [(one.name, one.workflows) for one in await world.folders.find(ada, project)] == [("Inner", 1), ("Top", 0)]
    with pytest.raises(ConflictError) as caught:
        await world.folders.move(ada, top.id, inner.id)
    assert caught.value.code == "WF764"
    with pytest.raises(NotFoundError):
        await world.folders.rename(eve, top.id, "Mine")
    with pytest.raises(NotFoundError):
        await world.workflows.create(eve, document=flow(), folder=inner.id)
    await world.folders.delete(ada, inner.id)
    moved = await world.workflows.get(ada, record.id)
    assert moved.folder == top.id and moved.updated_at == record.updated_at
    assert (await world.workflows.move(ada, record.id)).folder is None
    below = top
    with pytest.raises(ConflictError):
        for level in range(20):
            below = await world.folders.create(ada, project, f"Level {level}", parent=below.id)


async def test_tags_are_shared_and_follow_their_name(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow())).record
    assert (await world.tags.assign(ada, record.id, ["Sales", "sales", "Éa", "éa"])).tags == ("sales", "éa")
    again = (await world.workflows.create(ada, document=flow(tags=["SALES"]))).record
    assert again.tags == ("sales",)
    tag = next(one for one in await world.tags.find(ada) if one.name == "sales")
    assert tag.count == 2
    with pytest.raises(ConflictError):
        await world.tags.create(ada, "SALES")
    await world.tags.rename(ada, tag.id, "Revenue")
    assert (await world.workflows.get(ada, record.id)).tags == ("Revenue", "éa")
    await world.tags.delete(ada, tag.id)
    assert (await world.workflows.get(ada, again.id)).tags == ()
    with pytest.raises(InvalidRequestError):
        await world.tags.assign(ada, record.id, [""])


# ---------------------------------------------------------------- variables


async def test_variables_of_a_project_stand_before_those_of_all(world: World) -> None:
    ada, eve, admin = await world.person("ada"), await world.person("eve"), await world.person("adm", "admin")
    project = await world.access.personal(ada)
    everywhere = await world.variables.create(admin, "region", "eu")
    await world.variables.create(admin, "url", "https://example.com")
    assert await world.variables.for_project(project) == {"region": "eu", "url": "https://example.com"}
    own = await world.variables.create(ada, "region", "us", project=project)
    assert (await world.variables.for_project(project))["region"] == "us"
    assert [one.value for one in await world.variables.find(ada, project)] == ["eu", "us", "https://example.com"]
    await world.variables.update(ada, own.id, value="asia")
    assert (await world.variables.for_project(project))["region"] == "asia"
    with pytest.raises(NotAllowedError):
        await world.variables.update(ada, everywhere.id, value="x")
    with pytest.raises(NotFoundError):
        await world.variables.update(eve, own.id, value="x")
    with pytest.raises(ConflictError):
        await world.variables.create(ada, "region", "again", project=project)
    for key in ("a b", "1a", "", "x" * 101, "ä"):
        with pytest.raises(InvalidRequestError):
            await world.variables.create(ada, key, "v", project=project)
    await world.variables.delete(ada, own.id)
    assert (await world.variables.for_project(project))["region"] == "eu"
    assert len(await world.variables.find(eve)) == 2


async def test_variables_are_kept_at_hand(world: World) -> None:
    ada = await world.person()
    project = await world.access.personal(ada)
    await world.variables.create(ada, "a", "1", project=project)
    assert await world.variables.for_project(project) == {"a": "1"}
    async with world.database.session() as session:
        await session.execute(update(Variable).values(value="2"))
    assert await world.variables.for_project(project) == {"a": "1"}


# ---------------------------------------------------------------- templates


async def test_people_make_templates_and_begin_with_them(world: World) -> None:
    ada, eve = await world.person("ada"), await world.person("eve")
    document = flow()
    document["nodes"]["set"]["credentials"] = {"api": {"id": "c1", "name": "Mine"}}
    document["nodes"]["start"]["pin"] = {"main": [{"json": {"secret": 1}}]}
    made = await world.templates.create(ada, document, name="Mine", categories=["Sales"])
    kept = await world.templates.get(eve, made.id)
    assert "secret" not in json.dumps(kept.document) and "c1" not in json.dumps(kept.document)
    assert made.id in [one.id for one in await world.templates.find(eve, category="sales")]
    begun = await world.templates.begin(eve, made.id, name="From it")
    assert begun.record.name == "From it" and begun.record.node_types == ("data.set", "flow.manual_trigger")
    with pytest.raises(NotAllowedError):
        await world.templates.delete(eve, made.id)
    await world.templates.delete(ada, made.id)
    for missing in (made.id, "nothing", str(uuid4())):
        with pytest.raises(NotFoundError):
            await world.templates.get(ada, missing)


# ---------------------------------------------------------------- node types and expressions


class _Channels:
    """A node type that offers choices."""

    @staticmethod
    def node_type() -> type[NodeType]:
        @node("chat.post")
        class Post(NodeType):
            """Posts."""

            channel: str = Field("", description="Where.", widget="resource", load="channels")
            flow: str = Field("", description="Which.", load="flows")

            @classmethod
            async def channels(cls, loading: Loading) -> Options:
                if loading.parameters.get("broken"):
                    raise NodeError("The service is down.")
                found = [Option("c1", "general"), Option("c2", "random")]
                return Options([one for one in found if loading.search in one.title], "next")

            @classmethod
            async def flows(cls, loading: Loading) -> Options:
                return Options(await loading.workflows(loading.search))

            def run(self) -> None: ...

        return Post


async def test_node_types_are_told_with_their_forms(world: World) -> None:
    ada = await world.person()
    found = {one.type: one for one in await world.node_types.find(ada)}
    assert found["data.set"].parameters["properties"]["fields"]
    assert found["flow.switch"].has_own_ports and not found["data.set"].has_own_ports
    assert [one.type for one in await world.node_types.find(ada, "csv", "files")] != []
    assert (await world.node_types.get(ada, "data.set")).title
    with pytest.raises(NotFoundError) as caught:
        await world.node_types.get(ada, "data.sett")
    assert "data.set" in caught.value.mend
    rules = {"rules": [{"name": "a"}, {"name": "b"}]}
    ports = await world.node_types.ports(ada, [("flow.switch", 1, rules), ("no.such", 1, {})])
    assert ports[0] is not None and [port.name for port in ports[0].outputs] == ["output1", "output2"]
    assert ports[1] is None
    assert [problem.code for problem in await world.node_types.validate(ada, flow(fields=3))] == ["WF205"]
    assert await world.node_types.validate(ada, {"name": 1}) != []


async def test_choices_are_loaded_by_the_method_a_field_names_and_no_other(world: World) -> None:
    ada = await world.person()
    await world.workflows.create(ada, document=flow())
    registry = Registry({"chat.post": _Channels.node_type()})
    workflows = Workflows(world.rows, RegistryCatalog(registry), world.triggers)
    node_types = NodeTypes(registry, workflows)
    found = await node_types.options(ada, "chat.post", 1, "channels", {}, search="gen")
    assert [one.value for one in found.options] == ["c1"] and found.cursor == "next"
    assert [one.title for one in (await node_types.options(ada, "chat.post", None, "flows", {})).options] == ["Orders"]
    for wrong in ("run", "__init__", "model_validate", "nothing"):
        with pytest.raises(NotFoundError):
            await node_types.options(ada, "chat.post", 1, wrong, {})
    with pytest.raises(InvalidRequestError) as caught:
        await node_types.options(ada, "chat.post", 1, "channels", {"broken": True})
    assert "The service is down." in caught.value.message


async def test_expressions_are_completed_and_tried_out_on_sample_data(world: World) -> None:
    ada = await world.person()
    project = await world.access.personal(ada)
    await world.variables.create(ada, "region", "eu", project=project)
    for language in ("python", "javascript"):
        sample = Sample(
            items=[{"name": "Ann"}, {"name": "Bob"}],
            nodes={"Before": [{"x": 1}, {"x": 2}]},
            language=language,
            project=project,
        )
        labels = [one.label for one in await world.expressions.complete(ada, sample, "={{ $json.na", None)]
        assert labels[0] == "name"
        assert "Before" in [one.label for one in await world.expressions.complete(ada, sample, "={{ $('")]
        text = "={{ $json.name + $vars.region + $('Before').item.json.x.toString() }}"
        if language == "python":
            text = "={{ $json.name + $vars.region + str($('Before').item.json.x) }}"
        found = await world.expressions.preview(ada, sample, text, [0, 1])
        assert [(one.ok, one.value, one.type) for one in found] == [(True, "Anneu1", "text"), (True, "Bobeu2", "text")]
    plain = await world.expressions.preview(ada, Sample(), "={{ 1 + 1 }}")
    assert (plain[0].value, plain[0].type) == (2, "number")


async def test_hostile_expressions_are_stopped(world: World) -> None:
    ada = await world.person()
    for language, text in (
        ("javascript", "={{ (() => { while (true) {} })() }}"),
        ("python", "={{ sum(x for x in range(10 ** 9)) }}"),
        ("python", "={{ ().__class__ }}"),
        ("python", "={{ 'x' * 10 ** 9 }}"),
        ("python", "={{ __import__('os') }}"),
    ):
        (found,) = await world.expressions.preview(ada, Sample(language=language), text)
        assert not found.ok and found.message
    with pytest.raises(InvalidRequestError):
        await world.expressions.preview(ada, Sample(), "x" * 30_000)
    with pytest.raises(InvalidRequestError):
        await world.expressions.preview(ada, Sample(items=[{}] * 2_000), "={{ 1 }}")
    viewer = await world.person("vic", "viewer")
    with pytest.raises(NotAllowedError):
        await world.expressions.preview(viewer, Sample(), "={{ 1 }}")


# ---------------------------------------------------------------- files


async def test_a_workflow_goes_out_and_comes_in_the_same(world: World) -> None:
    ada, viewer = await world.person(), await world.person("vic", "viewer")
    record = (await world.workflows.create(ada, document=flow("Or/ders: 1", tags=["x"]))).record
    exported = await world.transfer.export(ada, record.id)
    assert exported.name == "Or_ders_ 1.flow"
    assert flow_format.read(exported.data).tags == ("x",)
    (taken,) = await world.transfer.take_in(ada, exported.data)
    assert taken.record is not None and taken.record.tags == ("x",) and taken.record.id != record.id
    script = await world.transfer.export(ada, record.id, kind="python")
    assert script.name.endswith(".py") and b"Workflow(" in script.data
    with pytest.raises(NotAllowedError):
        await world.transfer.export(viewer, record.id)


async def test_a_project_goes_out_and_comes_in_as_an_archive(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    project = await world.access.personal(ada)
    folder = await world.folders.create(ada, project, "In here")
    for name in ("One", "one", "Two"):
        await world.workflows.create(ada, document=flow(name), folder=folder.id if name == "Two" else None)
    chunks = [chunk async for chunk in await world.transfer.export_project(ada, project)]
    with zipfile.ZipFile(io.BytesIO(b"".join(chunks))) as archive:
        assert archive.namelist() == ["One.flow", "one 2.flow", "In here/Two.flow"]
    taken = await world.transfer.take_in(bob, b"".join(chunks))
    assert [one.record.name for one in taken if one.record] == ["One", "one", "Two"]
    with pytest.raises(NotFoundError):
        await world.transfer.export_project(bob, project)


def n8n(name: str = "Old") -> dict:
    return {
        "name": name,
        "nodes": [
            {
                "name": "Go",
                "type": "n8n-nodes-base.manualTrigger",
                "typeVersion": 1,
                "position": [0, 0],
                "parameters": {},
            },
            {"name": "Odd", "type": "n8n-nodes-base.nosuch", "typeVersion": 1, "position": [200, 0], "parameters": {}},
        ],
        "connections": {"Go": {"main": [[{"node": "Odd", "type": "main", "index": 0}]]}},
    }


async def test_workflows_of_n8n_come_in_with_a_report(world: World) -> None:
    ada = await world.person()
    (taken,) = await world.transfer.take_in(ada, json.dumps(n8n()).encode())
    assert taken.record is not None and taken.record.name == "Old"
    assert [node.is_covered for node in taken.nodes] == [True, False] and "Odd: " in taken.warnings[0]
    several = await world.transfer.take_in(ada, json.dumps([n8n("A"), n8n("B"), {"nodes": 3}]).encode())
    assert [one.record.name if one.record else None for one in several] == ["A", "B", None]
    assert several[2].problems
    converted = await world.transfer.convert(ada, n8n())
    assert converted.document["format"] == "workflow/1" and converted.warnings
    with pytest.raises(InvalidRequestError) as caught:
        await world.transfer.convert(ada, {"nodes": 3})
    assert caught.value.code == "WF766"


def archive(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return made.getvalue()


UNREADABLE = {
    "empty": b"",
    "python": b"import os",
    "bytes": b"\xff\xfe",
    "deep": b"[" * 100_000,
    "object": b"{}",
    "list": b"[]",
    "broken": b"PK\x03\x04 nothing",
    "other": archive({"a.txt": b"x"}),
    "bomb": archive({"bomb.json": b" " * 20_000_000}),
    "many": archive({f"{number}.json": b"{}" for number in range(2_001)}),
}


async def test_files_that_are_none_are_refused(world: World) -> None:
    ada = await world.person()
    for what, data in UNREADABLE.items():
        with pytest.raises(InvalidRequestError) as caught:
            await world.transfer.take_in(ada, data)
        assert caught.value.code == "WF766", what
    assert await world.workflows.find(ada, WorkflowFilter()) == []


async def test_a_bad_file_in_an_archive_is_told_and_the_others_come_in(world: World) -> None:
    ada = await world.person()
    good = flow_format.write(flow_format.from_document(flow())).encode()
    taken = await world.transfer.take_in(ada, archive({"../good.flow": good, "bad.flow": b"{", "__MACOSX/x.json": b""}))
    assert [(one.file, one.record is not None) for one in taken] == [("../good.flow", True), ("bad.flow", False)]
    assert taken[1].problems[0].code == "WF134"
