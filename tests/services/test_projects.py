"""Projects and their members; roles that somebody made."""

from __future__ import annotations

import pytest

from tests.services.people import World
from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NotAllowedError, NotFoundError
from workflow_kernel.services.actor import SYSTEM
from workflow_kernel.storage.tables import Workflow


async def test_a_project_is_seen_by_its_members_alone(people: World) -> None:
    ada, bob = await people.person(), await people.person("bob@example.com")
    team = await people.services.projects.create(ada, "Team")
    with pytest.raises(NotFoundError):
        await people.services.projects.read(bob, team.id)
    await people.services.projects.add_member(ada, team.id, "BOB@example.com", "viewer")
    assert (await people.services.projects.read(bob, team.id)).role == "viewer"
    assert team.id in {project.id for project in await people.services.projects.find(bob)}
    with pytest.raises(NotAllowedError):
        await people.services.projects.rename(bob, team.id, "Mine")
    assert (await people.services.projects.rename(ada, team.id, "Ours")).name == "Ours"
    members = await people.services.projects.members(bob, team.id)
    assert [(member.email, member.role) for member in members] == [
        ("ada@example.com", "owner"), ("bob@example.com", "viewer"),
    ]  # fmt: skip


async def test_an_editor_of_a_project_cannot_share_it(people: World) -> None:
    ada, bob = await people.person(), await people.person("bob@example.com")
    await people.account("eve@example.com")
    team = await people.services.projects.create(ada, "Team")
    await people.services.projects.add_member(ada, team.id, "bob@example.com", "editor")
    with pytest.raises(NotAllowedError):
        await people.services.projects.add_member(bob, team.id, "eve@example.com", "viewer")
    assert bob.id is not None
    with pytest.raises(NotAllowedError):
        await people.services.projects.change_member(bob, team.id, bob.id, "owner")
    for email, role, error in [
        ("nobody@example.com", "viewer", NotFoundError),
        ("bob@example.com", "viewer", ConflictError),
        ("eve@example.com", "god", InvalidRequestError),
    ]:
        with pytest.raises(error):
            await people.services.projects.add_member(ada, team.id, email, role)


async def test_a_project_always_has_an_owner(people: World) -> None:
    ada, bob = await people.person(), await people.person("bob@example.com")
    assert ada.id is not None
    assert bob.id is not None
    team = await people.services.projects.create(ada, "Team")
    own = await people.services.access.personal(ada)
    with pytest.raises(ConflictError) as found:
        await people.services.projects.leave(ada, team.id)
    assert found.value.code == "WF718"
    await people.services.projects.add_member(ada, team.id, "bob@example.com", "owner")
    await people.services.projects.change_member(bob, team.id, ada.id, "viewer")
    with pytest.raises(ConflictError):
        await people.services.projects.change_member(bob, team.id, bob.id, "editor")
    await people.services.projects.leave(ada, team.id)
    with pytest.raises(NotFoundError):
        await people.services.projects.read(ada, team.id)
    await people.services.projects.add_member(ada, own, "bob@example.com", "owner")
    with pytest.raises(ConflictError):
        await people.services.projects.remove_member(bob, own, ada.id)


async def test_only_an_empty_project_of_a_team_can_be_deleted(people: World) -> None:
    ada = await people.person()
    with pytest.raises(ConflictError):
        await people.services.projects.delete(ada, await people.services.access.personal(ada))
    team = await people.services.projects.create(ada, "Team")
    async with people.database.session() as session:
        session.add(Workflow(project_id=team.id, name="Full", version=1))
    with pytest.raises(ConflictError) as found:
        await people.services.projects.delete(ada, team.id)
    assert found.value.code == "WF729"
    empty = await people.services.projects.create(ada, "Empty")
    await people.services.projects.delete(ada, empty.id)
    with pytest.raises(NotFoundError):
        await people.services.projects.read(ada, empty.id)


async def test_a_role_of_ones_own_counts_globally_and_in_projects(people: World) -> None:
    await people.services.roles.create(
        SYSTEM, "runner", title="Runner", permissions=["workflow.execute", "project.read"]
    )
    ada = await people.person()
    runner = await people.person("runner@example.com", role="runner")
    assert runner.permissions == {"workflow.execute", "project.read"}
    team = await people.services.projects.create(ada, "Team")
    await people.services.projects.add_member(ada, team.id, "runner@example.com", "runner")
    assert await people.services.access.permissions(runner, team.id) == {"workflow.execute", "project.read"}
    await people.services.roles.change(SYSTEM, "runner", permissions=["project.read"])
    token = (await people.enter("runner@example.com")).access_token
    assert (await people.by_token(token)).permissions == {"project.read"}
    with pytest.raises(ConflictError):
        await people.services.roles.delete(SYSTEM, "runner")


async def test_roles_are_checked(people: World) -> None:
    roles = people.services.roles
    admin = await people.person("admin@example.com", "admin")
    for name, permissions, error in [
        ("admin", [], ConflictError),
        ("No Name", [], InvalidRequestError),
        ("fine", ["workflow.fly"], InvalidRequestError),
    ]:
        with pytest.raises(error):
            await roles.create(admin, name, title="", permissions=permissions)
    with pytest.raises(ConflictError):
        await roles.change(admin, "viewer", permissions=["account.delete"])
    with pytest.raises(NotAllowedError):
        await roles.create(await people.person(), "mine", title="", permissions=[])
    made = await roles.create(admin, "auditor", title="Auditor", permissions=["audit.read"])
    names = [role.name for role in await roles.all(admin)]
    assert names == ["admin", "owner", "editor", "operator", "viewer", "auditor"]
    await roles.delete(admin, made.name)
    assert "role.delete" in await people.audited()
    assert "workflow.create" in await roles.permissions(admin)
