"""Accounts over HTTP, for administrators."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from workflow_kernel.api.people_views import AccountShown, Email, Model, Password, PersonName, RoleName, account_shown
from workflow_kernel.api.routing import Page, PageQuery, Request, route
from workflow_kernel.services.accounts import Changes
from workflow_kernel.services.people import Account

TAG = "Users"


class UserQuery(PageQuery):
    """Which accounts."""

    text: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$", description="In the address or the name.")] = ""


class UserNew(Model):
    """An account to make. Without a password its owner asks for one by mail."""

    email: Email
    name: PersonName = ""
    role: RoleName = "editor"
    password: Password | None = None


class UserChanged(Model):
    """What changes; what is left out stays."""

    email: Email | None = None
    name: PersonName | None = None
    role: RoleName | None = None
    is_active: bool | None = None


@route("GET", "/users", tag=TAG)
async def list_users(request: Request, query: UserQuery) -> Page[AccountShown]:
    """List accounts by e-mail address."""
    found = await request.service.accounts.find(
        request.actor, text=query.text, after=query.after(tuple[str, UUID]), limit=query.limit + 1
    )

    def key(account: Account) -> tuple[str, UUID]:
        return account.email, account.id

    return Page[AccountShown].of(found, query, account_shown, key)


@route("POST", "/users", tag=TAG, status=201, errors=(403, 409, 422))
async def create_user(request: Request, body: UserNew) -> AccountShown:
    """Make an account."""
    made = await request.service.accounts.create(
        request.actor, body.email, name=body.name, role=body.role, password=body.password
    )
    return account_shown(made)


@route("GET", "/users/{user_id}", tag=TAG, errors=(404,))
async def read_user(request: Request, user_id: UUID) -> AccountShown:
    """An account."""
    return account_shown(await request.service.accounts.read(request.actor, user_id))


@route("PATCH", "/users/{user_id}", tag=TAG, errors=(403, 404, 409, 422))
async def change_user(request: Request, user_id: UUID, body: UserChanged) -> AccountShown:
    """Change an account. Who is made inactive is signed out everywhere, at once."""
    changes = Changes(email=body.email, name=body.name, role=body.role, is_active=body.is_active)
    return account_shown(await request.service.accounts.change(request.actor, user_id, changes))


@route("DELETE", "/users/{user_id}", tag=TAG, errors=(403, 404, 409))
async def delete_user(request: Request, user_id: UUID) -> None:
    """Delete an account. What is in its own project stays; who deletes it becomes the project's owner."""
    await request.service.accounts.delete(request.actor, user_id)


@route("DELETE", "/users/{user_id}/second-factor", tag=TAG, errors=(403, 404))
async def reset_second_factor_of_user(request: Request, user_id: UUID) -> None:
    """Take the second factor away from somebody who has lost it."""
    await request.service.factors.reset(request.actor, user_id)


ROUTES = (list_users, create_user, read_user, change_user, delete_user, reset_second_factor_of_user)
