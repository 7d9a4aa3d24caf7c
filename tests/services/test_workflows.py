"""Workflows through the service: made, saved, published, moved, put away, and who may do so."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select, text

from tests.services.workflow_world import World, flow
from workflow_kernel.base.errors import (
    ConflictError,
    InvalidRequestError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from workflow_kernel.services.actor import STRANGER, SYSTEM
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import AuditEvent, Execution, WorkflowVersion
from workflow_kernel.storage.workflows import WorkflowFilter


@pytest.fixture
def world(workflow_database: Database) -> World:
    return World(workflow_database)


async def document_of(world: World, workflow: object, number: int) -> dict:
    async with world.database.session() as session:
        version = await session.scalar(
            select(WorkflowVersion).where(WorkflowVersion.workflow_id == workflow, WorkflowVersion.number == number)
        )
    assert version is not None
    return version.document


async def test_a_workflow_is_made_in_ones_own_project_with_its_first_version(world: World) -> None:
    ada = await world.person()
    saved = await world.workflows.create(ada, document=flow(tags=["sales", "Daily"]))
    record = saved.record
    assert (record.name, record.version, record.published_version, record.is_active) == ("Orders", 1, None, False)
    assert record.project == await world.access.personal(ada)
    assert record.tags == ("Daily", "sales")
    assert record.node_types == ("data.set", "flow.manual_trigger")
    kept = await document_of(world, record.id, 1)
    assert kept["id"] == str(record.id) and "tags" not in kept
    assert world.bus.of(record.id) == ["created"]


async def test_an_empty_workflow_needs_nothing(world: World) -> None:
    ada = await world.person()
    saved = await world.workflows.create(ada)
    assert saved.record.name == "New workflow"


async def test_keys_of_parameters_keep_their_order(world: World) -> None:
    ada = await world.person()
    fields = [{"name": "zebra", "value": {"zz": 1, "a": 2.0, "m": 1e3}}]
    saved = await world.workflows.create(ada, document=flow(fields=fields))
    kept = await document_of(world, saved.record.id, 1)
    value = kept["nodes"]["set"]["parameters"]["fields"][0]["value"]
    assert repr(value) == "{'zz': 1, 'a': 2.0, 'm': 1000.0}"


async def test_a_document_that_is_none_is_refused_with_every_problem(world: World) -> None:
    ada = await world.person()
    broken = flow(surprise=1) | {"edges": [{"source": ["start"], "target": ["set", "main"]}]}
    with pytest.raises(InvalidRequestError) as caught:
        await world.workflows.create(ada, document=broken)
    assert caught.value.code == "WF760"
    assert {problem.field for problem in caught.value.problems} >= {"surprise"}
    assert len(caught.value.problems) == 2


UNKEEPABLE = {
    "zero in its name": flow("a\x00b"),
    "zero in its description": flow(description="\x00"),
    "not a number": flow(fields=[{"name": "a", "value": float("nan")}]),
    "half a character": flow(fields=[{"name": "a", "value": "\ud800"}]),
    "large": flow(fields=[{"name": "a", "value": "x" * 9_000_000}]),
    "no format": {"name": "no format"},
    "nothing": {},
}


async def test_what_cannot_be_kept_is_refused_and_nothing_is_left(world: World) -> None:
    ada = await world.person()
    for what, document in UNKEEPABLE.items():
        with pytest.raises(InvalidRequestError) as caught:
            await world.workflows.create(ada, document=document)
        assert caught.value.problems, what
    assert (await world.workflows.find(ada, WorkflowFilter())) == []


async def test_a_zero_inside_code_is_kept(world: World) -> None:
    ada = await world.person()
    saved = await world.workflows.create(ada, document=flow(fields=[{"name": "a", "value": "x\x00y"}]))
    kept = await document_of(world, saved.record.id, 1)
    assert kept["nodes"]["set"]["parameters"]["fields"][0]["value"] == "x\x00y"


async def test_a_draft_may_have_wrong_parameters_and_the_answer_tells(world: World) -> None:
    ada = await world.person()
    saved = await world.workflows.create(ada, document=flow(fields="none"))
    assert [problem.node for problem in saved.problems] == ["Set"]


async def test_every_save_is_a_version(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow())).record
    saved = await world.workflows.save(ada, record.id, flow("Better"), made_from=1, name="v2", note="tried it")
    assert (saved.record.version, saved.record.name) == (2, "Better")
    assert (await document_of(world, record.id, 1))["name"] == "Orders"
    assert (await document_of(world, record.id, 2))["name"] == "Better"
    assert world.bus.of(record.id) == ["created", "saved"]


async def test_a_save_that_changes_nothing_makes_no_version(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow())).record
    changed = flow(fields=[{"name": "a", "value": True}])
    assert (await world.workflows.save(ada, record.id, changed, made_from=1)).record.version == 2
    # The same again, as a client does that never got the answer.
    assert (await world.workflows.save(ada, record.id, changed, made_from=1)).record.version == 2


async def test_a_stale_save_is_refused_with_all_three_versions_and_a_proposal(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    team = await world.project((ada, "owner"), (bob, "editor"))
    record = (await world.workflows.create(ada, project=team, document=flow())).record
    theirs = flow(description="by Bob")
    yours = flow(fields=[{"name": "a", "value": 2}])
    await world.workflows.save(bob, record.id, theirs, made_from=1)
    with pytest.raises(ConflictError) as caught:
        await world.workflows.save(ada, record.id, yours, made_from=1)
    details = caught.value.details
    assert caught.value.code == "WF761"
    assert details["theirs"]["version"] == 2 and details["theirs"]["created_by"] == str(bob.id)
    assert details["theirs"]["document"]["description"] == "by Bob"
    assert details["yours"]["document"]["nodes"]["set"]["parameters"]["fields"][0]["value"] == 2
    assert details["base"]["version"] == 1
    hint = details["merge"]
    assert hint["is_clean"] and hint["changes"]["theirs"] == ["~ description: + 'by Bob'"]
    assert hint["changes"]["yours"] == ["~ node 'Set'", "    parameters.fields.0.value: 1 > 2"]
    merged = await world.workflows.save(ada, record.id, hint["document"], made_from=2)
    kept = await document_of(world, record.id, merged.record.version)
    assert kept["description"] == "by Bob" and kept["nodes"]["set"]["parameters"]["fields"][0]["value"] == 2


async def test_a_stale_save_of_the_same_field_names_the_conflict(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow())).record
    await world.workflows.save(ada, record.id, flow(fields=[{"name": "a", "value": 2}]), made_from=1)
    with pytest.raises(ConflictError) as caught:
        await world.workflows.save(ada, record.id, flow(fields=[{"name": "a", "value": 3}]), made_from=1)
    assert not caught.value.details["merge"]["is_clean"]
    assert caught.value.details["merge"]["conflicts"] == ["nodes.set.parameters.fields"]


async def test_a_save_made_from_the_future_is_refused(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow())).record
    with pytest.raises(NotFoundError):
        await world.workflows.save(ada, record.id, flow("x"), made_from=7)


async def test_renaming_makes_a_version(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow())).record
    renamed = await world.workflows.describe(ada, record.id, name=" Invoices ", description="Sends them.")
    assert (renamed.name, renamed.description, renamed.version) == ("Invoices", "Sends them.", 2)
    assert (await document_of(world, record.id, 2))["name"] == "Invoices"
    assert (await world.workflows.describe(ada, record.id, name="Invoices")).version == 2


async def test_publishing_lets_triggers_listen_and_unpublishing_stops_them(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow())).record
    published = await world.workflows.publish(ada, record.id)
    assert published.record.published_version == 1 and published.record.is_active
    await world.workflows.save(ada, record.id, flow("Draft"), made_from=1)
    assert world.triggers.listening[record.id][1]["name"] == "Orders"
    await world.workflows.publish(ada, record.id, 2)
    assert world.triggers.listening[record.id][1]["name"] == "Draft"
    assert not (await world.workflows.deactivate(ada, record.id)).is_active
    assert world.triggers.listening == {}
    assert (await world.workflows.activate(ada, record.id)).is_active
    stopped = await world.workflows.unpublish(ada, record.id)
    assert (stopped.published_version, stopped.is_active) == (None, False)
    assert world.triggers.listening == {}
    with pytest.raises(ConflictError) as caught:
        await world.workflows.activate(ada, record.id)
    assert caught.value.code == "WF763"


async def test_a_version_with_errors_is_not_published(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow(fields="none"))).record
    with pytest.raises(InvalidRequestError) as caught:
        await world.workflows.publish(ada, record.id)
    assert caught.value.code == "WF762" and caught.value.problems[0].node == "Set"
    assert (await world.workflows.get(ada, record.id)).published_version is None


async def test_a_trigger_that_cannot_listen_undoes_the_publishing(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow("taken"))).record
    with pytest.raises(ConflictError):
        await world.workflows.publish(ada, record.id)
    assert (await world.workflows.get(ada, record.id)).published_version is None


async def test_deleted_workflows_come_back_or_go_for_ever(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow())).record
    await world.workflows.publish(ada, record.id)
    await world.workflows.delete(ada, record.id)
    assert world.triggers.listening == {}
    assert (await world.workflows.find(ada, WorkflowFilter())) == []
    with pytest.raises(NotFoundError):
        await world.workflows.save(ada, record.id, flow("x"), made_from=1)
    deleted = await world.workflows.find(ada, WorkflowFilter(state="deleted"))
    assert [found.id for found in deleted] == [record.id]
    restored = await world.workflows.restore(ada, record.id)
    assert restored.published_version == 1 and not restored.is_active
    with pytest.raises(NotFoundError):
        await world.workflows.purge(ada, record.id)
    await world.workflows.delete(ada, record.id)
    await world.workflows.purge(ada, record.id)
    assert (await world.workflows.find(ada, WorkflowFilter(state="deleted"))) == []


async def test_a_workflow_with_running_executions_is_not_purged(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow())).record
    await world.workflows.delete(ada, record.id)
    async with world.database.session() as session:
        session.add(Execution(workflow_id=record.id, project_id=record.project, mode="manual", state="running"))
    with pytest.raises(ConflictError) as caught:
        await world.workflows.purge(ada, record.id)
    assert caught.value.code == "WF767"


async def test_a_moved_workflow_takes_its_executions_and_triggers_along(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    team = await world.project((ada, "owner"), (bob, "viewer"))
    record = (await world.workflows.create(ada, document=flow())).record
    await world.workflows.publish(ada, record.id)
    async with world.database.session() as session:
        session.add(Execution(workflow_id=record.id, project_id=record.project, mode="manual", state="succeeded"))
    moved = await world.workflows.move(ada, record.id, project=team)
    assert moved.project == team and world.triggers.listening[record.id][0] == team
    async with world.database.session() as session:
        assert await session.scalar(select(Execution.project_id)) == team
    assert (await world.workflows.get(bob, record.id)).id == record.id
    with pytest.raises(NotAllowedError):
        await world.workflows.move(bob, record.id, project=await world.access.personal(bob))


async def test_a_copy_is_a_workflow_of_its_own(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow(tags=["x"]))).record
    copy = (await world.workflows.duplicate(ada, record.id)).record
    assert copy.id != record.id and copy.name == "Orders (copy)" and copy.tags == ("x",)
    assert (await document_of(world, copy.id, 1))["id"] == str(copy.id)


async def test_strangers_and_others_learn_nothing(world: World) -> None:
    ada, eve = await world.person("ada"), await world.person("eve")
    viewer, admin = await world.person("vic", "viewer"), await world.person("adm", "admin")
    record = (await world.workflows.create(ada, document=flow())).record
    missing = uuid4()
    for identity in (record.id, missing):
        with pytest.raises(NotFoundError) as caught:
            await world.workflows.get(eve, identity)
        assert caught.value.message == "There is no such workflow."
        with pytest.raises(NotFoundError) as caught:
            await world.workflows.save(eve, identity, flow(), made_from=1)
        assert caught.value.message == "There is no such workflow."
    with pytest.raises(NotSignedInError):
        await world.workflows.get(STRANGER, record.id)
    with pytest.raises(NotAllowedError):
        await world.workflows.create(viewer, document=flow())
    assert (await world.workflows.get(admin, record.id)).name == "Orders"
    assert (await world.workflows.find(eve, WorkflowFilter())) == []
    assert len(await world.workflows.find(SYSTEM, WorkflowFilter())) == 1


async def test_a_viewer_of_the_project_may_look_and_not_touch(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    team = await world.project((ada, "owner"), (bob, "viewer"))
    record = (await world.workflows.create(ada, project=team, document=flow())).record
    assert (await world.workflows.get(bob, record.id)).name == "Orders"
    for forbidden in (
        world.workflows.save(bob, record.id, flow("x"), made_from=1),
        world.workflows.publish(bob, record.id),
        world.workflows.delete(bob, record.id),
        world.workflows.describe(bob, record.id, name="x"),
        world.workflows.create(bob, project=team),
    ):
        with pytest.raises(NotAllowedError):
            await forbidden


async def test_what_was_done_is_in_the_audit_trail(world: World) -> None:
    ada = await world.person()
    record = (await world.workflows.create(ada, document=flow())).record
    await world.workflows.publish(ada, record.id)
    await world.workflows.delete(ada, record.id)
    async with world.database.session() as session:
        events = list(await session.scalars(select(AuditEvent).order_by(AuditEvent.id)))
    assert [event.action for event in events] == ["workflow.create", "workflow.publish", "workflow.delete"]
    assert {event.actor for event in events} == {"ada@example.com"}


async def test_listing_filters_and_goes_on_after_a_cursor(world: World) -> None:
    ada = await world.person()
    team = await world.project((ada, "owner"))
    for number in range(7):
        await world.workflows.create(ada, document=flow(f"Flow {number}", tags=["odd"] if number % 2 else []))
    special = (await world.workflows.create(ada, project=team, document=flow("100%_done", description="Cafe"))).record
    await world.workflows.publish(ada, special.id)

    async def names(**chosen: object) -> list[str]:
        return [found.name for found in (await world.workflows.find(ada, WorkflowFilter(**chosen)))]

    assert await names(text="%_d") == ["100%_done"]
    assert await names(text="cAFE") == ["100%_done"]
    assert await names(tags=("ODD",)) == ["Flow 5", "Flow 3", "Flow 1"]
    assert await names(project=team) == ["100%_done"]
    assert await names(state="active") == ["100%_done"]
    assert len(await names(state="draft")) == 7
    assert await names(state="inactive") == []
    assert len(await names(node_type="data.set")) == 8 and await names(node_type="data.sort") == []
    seen: list[str] = []
    after = None
    for _ in range(4):
        page = await world.workflows.find(ada, WorkflowFilter(limit=3, after=after))
        seen += [found.name for found in page]
        if len(page) < 3:
            break
        after = page[-1].updated_at, page[-1].id
    assert seen == ["100%_done", *(f"Flow {number}" for number in range(6, -1, -1))]


async def test_a_listing_of_ten_thousand_workflows_reads_a_page(world: World) -> None:
    ada = await world.person()
    project = await world.access.personal(ada)
    async with world.database.session() as session:
        await session.execute(
            text("""insert into workflow (id, project_id, name, description, version, updated_at)
                 select gen_random_uuid(), :project, 'Flow ' || i, '', 1, now() - i * interval '1 second'
                 from generate_series(1, 10000) i"""),
            {"project": project},
        )
    async with world.database.session() as session:
        await session.execute(text("analyze workflow"))
        from workflow_kernel.storage.workflows import listing

        for chosen in (WorkflowFilter(projects=frozenset([project])), WorkflowFilter()):
            statement = listing(chosen).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
            plan = "\n".join(await session.scalars(text(f"explain {statement}")))
            assert "Index Scan" in plan and "Seq Scan" not in plan, plan
    page = await world.workflows.find(ada, WorkflowFilter(limit=50))
    assert [found.name for found in page[:2]] == ["Flow 1", "Flow 2"]
