"""A small API to try the kernel on: boxes with a name and a number, kept in memory."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from workflow_kernel.api.routing import Answer, Cookie, Page, PageQuery, Request, route
from workflow_kernel.base.errors import ConflictError, NotFoundError
from workflow_kernel.base.ids import new_id
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.permission import needs, open_to_all


class BoxNew(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=50, min_length=1, description="What it is called.")
    count: int = Field(0, ge=0, le=1000, description="How many are in it.")
    inside: dict[str, Any] = Field(default_factory=dict, description="Anything.")


class BoxView(BaseModel):
    id: UUID = Field(description="Its id.")
    name: str = Field(description="What it is called.")
    count: int = Field(description="How many are in it.")
    owner: str = Field(description="Whose it is.")


class BoxQuery(PageQuery):
    name: str = Field("", max_length=50, description="Part of the name.")
    kind: list[Literal["big", "small"]] = Field(default_factory=list, description="Kinds.")


class Boxes:
    """The service behind it."""

    def __init__(self) -> None:
        self.found: dict[UUID, BoxView] = {}

    @needs("tag.read")
    async def list(self, actor: Actor, after: UUID | None, limit: int) -> list[BoxView]:
        return [box for key, box in sorted(self.found.items()) if after is None or key > after][:limit]

    @needs("tag.read")
    async def read(self, actor: Actor, id: UUID) -> BoxView:
        if id not in self.found:
            raise NotFoundError("There is no such box.")
        return self.found[id]

    @needs("tag.update")
    async def make(self, actor: Actor, name: str, count: int) -> BoxView:
        if any(box.name == name for box in self.found.values()):
            raise ConflictError(f"There is a box '{name}'.", details={"name": name})
        box = BoxView(id=new_id(), name=name, count=count, owner=actor.email)
        self.found[box.id] = box
        return box

    @needs("tag.update")
    async def remove(self, actor: Actor, id: UUID) -> None:
        if self.found.pop(id, None) is None:
            raise NotFoundError("There is no such box.")

    @open_to_all("says hello")
    async def greet(self, actor: Actor) -> str:
        return f"hello {actor.email}"


@route("GET", "/boxes", tag="Boxes")
async def list_boxes(request: Request, query: BoxQuery) -> Page[BoxView]:
    """List the boxes."""
    found = await request.service.boxes.list(request.actor, query.after(UUID), query.limit + 1)
    return Page.of(found, query, lambda box: box, lambda box: box.id)


@route("POST", "/boxes", tag="Boxes", status=201, errors=(409,), example={"name": "tools", "count": 3})
async def make_box(request: Request, body: BoxNew) -> BoxView:
    """Make a box."""
    return await request.service.boxes.make(request.actor, body.name, body.count)


@route("GET", "/boxes/{box_id}", tag="Boxes", errors=(404,))
async def read_box(request: Request, box_id: UUID) -> BoxView:
    """Read a box."""
    return await request.service.boxes.read(request.actor, box_id)


@route("DELETE", "/boxes/{box_id}", tag="Boxes", errors=(404,))
async def remove_box(request: Request, box_id: UUID) -> None:
    """Take a box away."""
    await request.service.boxes.remove(request.actor, box_id)


@route("GET", "/hello", tag="Other", public=True, answers=("text/plain",))
async def hello(request: Request) -> Answer[str]:
    """Say hello."""
    greeting = await request.service.boxes.greet(request.actor)
    return Answer(greeting, content_type="text/plain", cookies=[Cookie("seen", "yes", 60)])


@route("POST", "/broken", tag="Other")
async def broken(request: Request) -> None:
    """Fail in a way nobody thought of."""
    await request.service.boxes.greet(request.actor)
    raise RuntimeError("the password is hunter2")


ROUTES = (list_boxes, make_box, read_box, remove_box, hello, broken)
