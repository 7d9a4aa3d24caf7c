"""The whole service answers as its OpenAPI document says, whatever it is sent: see ``contract``."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.api.contract import Contract, Login
from tests.api.whole import Whole
from workflow_kernel.api.workflow_views import EXAMPLE

EACH = int(os.environ.get("WORKFLOW_CONTRACT_EACH", "1"))
"""Requests for each operation and caller."""


def logins(whole: Whole, role: str, loop: asyncio.AbstractEventLoop) -> Login:
    """Signs in from the thread that sends requests, while this loop serves them."""

    def login() -> dict[str, str]:
        found = asyncio.run_coroutine_threadsafe(whole.enter(role), loop).result(60)
        return {"Authorization": f"Bearer {found.access_token}"}

    return login


async def furnish(whole: Whole, contract: Contract) -> None:
    """Put something there that requests can hit."""
    client = await whole.sign_in("admin")
    for _ in range(3):
        made = (await client.post("/api/workflows", json={"name": "Known", "document": EXAMPLE})).json()["workflow"]
        path = f"/api/workflows/{made['id']}"
        execution = (await client.post(f"{path}/execute", json={"manual": True})).json()["id"]
        await client.post(f"{path}/publish", json={})
        contract.remember("workflows", made["id"])
        contract.remember("projects", made["project"])
        contract.remember("executions", execution)
        contract.remember("versions", "1")


@pytest.mark.parametrize("role", ["admin", "stranger"])
async def test_nothing_answers_otherwise_than_documented(whole: Whole, role: str) -> None:
    loop = asyncio.get_running_loop()
    login = None if role == "stranger" else logins(whole, role, loop)
    contract = await asyncio.to_thread(Contract, whole.server.url, login)
    if login is not None:
        await furnish(whole, contract)
    await asyncio.to_thread(contract.run, EACH if role != "stranger" else max(1, EACH // 2))
    print(f"{role}: {contract.statuses.total()} requests, {dict(sorted(contract.statuses.items()))}")
    assert contract.problems == []
    assert sum(contract.statuses.values()) > 100
