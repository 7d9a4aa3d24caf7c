"""Nodes that wait for a place on a cluster say so to who comes later: the canvas, the execution's page, the command."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect

from ray_executor.cluster import STAND_INS
from tests.browser.canvas import Canvas
from tests.browser.conftest import PATIENCE
from tests.browser.site import Site, site
from tests.browser.watch import Watch, accessible, live

STARTS = 3
WORDS = "Waiting for 1 licence and 1 CPU: the place is taken"
CODE = {"code": "import time\ntime.sleep(600)"}
HELD = {"resources": {"custom": {"licence": 1}}}
SCARCE = {
    "format": "workflow/1", "name": "Scarce",
    "nodes": {
        "start": {"name": "Start", "type": "flow.manual_trigger"},
        "one": {"name": "One", "type": "code.python", "position": [240, -80], "parameters": CODE, **HELD},
        "two": {"name": "Two", "type": "code.python", "position": [240, 80], "parameters": CODE, **HELD},
    },
    "edges": [{"source": ["start", "main"], "target": [node, "main"]} for node in ("one", "two")],
}  # fmt: skip


@pytest.fixture(scope="module")
def clustered() -> Iterator[Site]:
    """A service whose nodes run on a cluster with one licence."""
    token = {
        "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": STAND_INS,
    }  # fmt: skip
    with _cluster(token) as address, site("--no-worker") as found:
        folder = {"WORKFLOW_DATA_FOLDER": found.folder}
        dispatcher = subprocess.Popen(
            [sys.executable, "-u", "-m", "workflow_kernel.cli.main", "dispatcher", "--address", address],
            env={**os.environ, **token, **folder}, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert dispatcher.stdout is not None
        try:
            assert dispatcher.stdout.readline()
            yield found
        finally:
            dispatcher.send_signal(signal.SIGTERM)
            dispatcher.communicate(timeout=120)


@contextmanager
def _cluster(token: dict[str, str]) -> Iterator[str]:
    """A cluster as somebody starts it by Ray's own command."""
    with tempfile.TemporaryDirectory(prefix="wf", dir="/tmp", ignore_cleanup_errors=True) as folder:
        for _ in range(STARTS):
            port = _free_port()
            process = subprocess.Popen(
                [
                    sys.executable, "-u", "-m", "ray.scripts.scripts", "start", "--head", "--block", f"--port={port}",
                    "--num-cpus=2", '--resources={"licence": 1}', "--include-dashboard=false",
                    "--node-ip-address=127.0.0.1", f"--temp-dir={folder}", "--object-store-memory=100000000",
                ],
                env={**os.environ, **token}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            assert process.stdout is not None
            has_begun = any("Ray runtime started" in line for line in process.stdout)
            if has_begun:
                break
            process.wait(120)  # on a machine that has much else to do Ray's parts are late for each other
        assert has_begun
        try:
            yield f"127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=120)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_who_comes_later_sees_for_what_a_node_waits(clustered: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(clustered.link)
    watch = Watch(page, clustered.url)
    made = clustered.call(context, "POST", "/workflows", {"name": "Scarce", "document": SCARCE})["workflow"]["id"]
    editor = f"{clustered.url}/editor/{made}"
    page.goto(editor)
    live(page)
    caption = Canvas(page).root.locator(".wf-node-caption", has_text=WORDS)
    Canvas(page).press("Run")
    expect(caption).to_have_count(1)
    execution = clustered.call(context, "GET", f"/executions?workflow={made}")["items"][0]["id"]
    for address in (editor, f"{editor}?execution={execution}"):
        page.goto(address)
        live(page)
        expect(caption).to_have_count(1)

    page.goto(f"{clustered.url}/executions/{execution}")
    live(page)
    expect(page.locator(".note.wait")).to_contain_text(WORDS)
    accessible(page)
    page.goto(f"{clustered.url}/executions/{execution}?node=two")
    live(page)
    expect(page.get_by_role("tabpanel")).to_contain_text("It has not begun")
    page.goto(f"{clustered.url}/cluster")
    live(page)
    expect(page.locator("main")).to_contain_text("licence")
    assert [run["reason"] for run in _shown(clustered, execution) if run["state"] == "waiting"] == [WORDS]

    page.goto(editor)
    live(page)
    expect(caption).to_have_count(1)
    Canvas(page).press("Stop")
    expect(caption).to_have_count(0)
    page.goto(f"{clustered.url}/executions/{execution}")
    live(page)
    expect(page.locator("h1 + .badge")).to_have_text("Cancelled")
    expect(page.locator(".note.wait")).to_have_count(0)
    assert not any(run["reason"] for run in _shown(clustered, execution))
    context.close()
    watch.check()


def _shown(service: Site, execution: str) -> list[dict]:
    """Node runs, as the command shows them."""
    words = [sys.executable, "-m", "workflow_kernel.cli.main", "executions", "--json", "show", execution]
    environment = {**os.environ, "WORKFLOW_DATA_FOLDER": service.folder}
    return json.loads(subprocess.run(words, env=environment, stdout=subprocess.PIPE, check=True).stdout)["nodes"]
