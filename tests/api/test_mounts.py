"""The same doors in three houses: a Tornado server of our own, a Jupyter server, and beside Panel."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import panel
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.api.whole import Whole
from tests.servers import free_port
from workflow_kernel.auth.tokens import csrf_token
from workflow_kernel.base.settings import Settings

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-of-jupyter"


async def hear(url: str, **more: Any) -> dict[str, Any]:
    """The first message of a websocket."""
    async with connect(url.replace("http", "ws", 1) + "/api/ws", proxy=None, **more) as socket, asyncio.timeout(20):
        found: dict[str, Any] = json.loads(await socket.recv())
        return found


async def test_standalone(whole: Whole) -> None:
    client = await whole.sign_in("editor")
    made = await client.post("/api/tags", json={"name": "red"})
    assert made.status_code == 201, made.text
    assert [tag["name"] for tag in (await client.get("/api/tags")).json()["items"]] == ["red"]
    assert (await client.get("/api/docs")).status_code == 200
    authorization = {"Authorization": client.headers["Authorization"]}
    assert (await hear(whole.server.url, additional_headers=authorization))["type"] == "ready"


async def test_beside_panel(whole: Whole) -> None:
    port = free_port()
    server = panel.io.server.get_server(
        {"/dashboard": lambda: panel.pane.Markdown("# Numbers")},
        port=port, address="127.0.0.1", start=False, show=False, prefix="/board",
        extra_patterns=whole.service.routes("/flows", outer="/board"),
    )  # fmt: skip
    server.start()
    try:
        base = f"http://127.0.0.1:{port}/board"
        signed_in = await whole.enter("editor", kind="session")
        headers = {"Cookie": f"workflow_session={signed_in.cookie}"}
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=30) as client:
            assert "Panel Application" in (await client.get("/dashboard")).text
            assert (await client.get("/flows/api/tags")).json()["items"] == []
            forged = await client.post("/flows/api/tags", json={"name": "red"})
            assert (forged.status_code, forged.json()["code"]) == (403, "WF785")
            proof = {"X-Csrf-Token": csrf_token(signed_in.cookie)}
            assert (await client.post("/flows/api/tags", json={"name": "red"}, headers=proof)).status_code == 201
            assert (await client.get("/flows/api/nothing")).json()["code"] == "WF788"
            document = (await client.get("/flows/api/openapi.json")).json()
            assert document["servers"] == [{"url": "/board/flows/api"}]
        assert (await hear(f"{base}/flows", additional_headers=headers))["type"] == "ready"
    finally:
        server.stop()
        server.unlisten()


@pytest.fixture
async def jupyter(settings: Settings, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of our doors in a Jupyter server with a token and XSRF checks, in a process of its own."""
    assert settings.database_url is not None and settings.redis_url is not None
    port = free_port()
    environment = {
        **os.environ,
        "WORKFLOW_DATABASE_URL": settings.database_url.get_secret_value(),
        "WORKFLOW_REDIS_URL": settings.redis_url.get_secret_value(),
        "WORKFLOW_DATA_FOLDER": str(tmp_path / "data"),
        "WORKFLOW_RATE_LIMIT": "0",
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "PYTHONPATH": str(ROOT),
    }
    arguments = [
        f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", "--ServerApp.base_url=/user/ann/",
        f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={tmp_path}",
        "--ServerApp.jpserver_extensions=tests.api.jupyter_host=True",
        "--ServerApp.allow_unauthenticated_access=False",
    ]  # fmt: skip
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
            [sys.executable, "-m", "jupyter_server", *arguments], env=environment, stdout=log, stderr=log, cwd=tmp_path
        )
    url = f"http://127.0.0.1:{port}/user/ann/workflow"
    try:
        await until_it_answers(process, f"{url}/health/ready", tmp_path / "log")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


async def until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(60):
        while True:
            assert process.poll() is None, log.read_text()  # noqa: ASYNC240
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(url)).status_code == 200:
                    return
            await asyncio.sleep(0.1)


async def test_in_jupyter(jupyter: str, tmp_path: Path) -> None:
    root = jupyter.removesuffix("/workflow")
    async with AsyncExitStack() as stack:
        stranger = await stack.enter_async_context(httpx.AsyncClient(base_url=jupyter))
        assert (await stranger.get("/api/tags")).status_code == 401
        assert (await stranger.get("/metrics")).status_code == 401

        by_token = {"Authorization": f"token {TOKEN}"}
        program = await stack.enter_async_context(httpx.AsyncClient(base_url=jupyter, headers=by_token))
        assert (await program.post("/api/tags", json={"name": "red"})).status_code == 201
        assert (await hear(jupyter, additional_headers=by_token))["type"] == "ready"

        # A browser: the login cookie of Jupyter, and its XSRF check in force for our doors.
        browser = await stack.enter_async_context(httpx.AsyncClient(base_url=jupyter))
        await browser.get(f"{root}/login")
        await browser.get(f"{root}/api/me", params={"token": TOKEN})
        assert [tag["name"] for tag in (await browser.get("/api/tags")).json()["items"]] == ["red"]
        forged = await browser.post("/api/tags", json={"name": "blue"})
        assert (forged.status_code, forged.headers["content-type"]) == (403, "application/problem+json")
        proof = {"X-XSRFToken": browser.cookies["_xsrf"]}
        assert (await browser.post("/api/tags", json={"name": "blue"}, headers=proof)).status_code == 201
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
        assert (await hear(jupyter, additional_headers=cookies))["type"] == "ready"
        with pytest.raises(InvalidStatus):
            await hear(jupyter, additional_headers=cookies, origin="https://evil.example.com")
    warned = [line for line in (tmp_path / "log").read_text().splitlines() if "JupyterServerAuthWarning" in line]
    assert not any("jupyter_host" in line for line in warned)
