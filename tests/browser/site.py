"""A service of its own, in a process of its own, for a browser to look at."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext

_LINK = re.compile(r"https?://\S+token=\S+")
_ADDRESS = re.compile(r"serves (https?://\S+?)/? ")


class Site:
    """A running service.

    Parameters
    ----------
    url: where it is. link: lets the first administrator in. process: of it. folder: of its data.
    """

    def __init__(self, url: str, link: str, process: subprocess.Popen[str], folder: str) -> None:
        self.folder = folder
        self.url = url
        self.link = link
        self.process = process

    def call(self, context: BrowserContext, method: str, path: str, body: object | None = None) -> dict:
        """Ask the API as who is signed in in a browser."""
        cookies = {cookie["name"]: cookie["value"] for cookie in context.cookies()}  # type: ignore[typeddict-item]
        answer = context.request.fetch(
            f"{self.url}/api{path}",
            method=method,
            data=body,
            headers={"X-Csrf-Token": cookies.get("workflow_csrf", "")},
        )
        assert answer.ok, f"{method} {path}: {answer.status} {answer.text()}"
        return answer.json() if answer.body() else {}


@contextmanager
def site(*words: str, **settings: str) -> Iterator[Site]:
    """Start a service with a data folder of its own, with further words of its command; it ends with the context."""
    with tempfile.TemporaryDirectory(prefix="workflow-site-") as folder:
        Path(folder).chmod(0o755)
        kept = {key: value for key, value in os.environ.items() if not key.startswith("WORKFLOW_")}
        chosen = {
            "WORKFLOW_DATA_FOLDER": folder, "WORKFLOW_PORT": "0", "WORKFLOW_BCRYPT_COST": "4",
            "WORKFLOW_REGISTRATION": "open", "WORKFLOW_RATE_LIMIT": "0",
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "workflow_kernel.cli.main", "up", *words],
            env={**kept, **chosen, **settings}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            yield _ready(process, folder)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=120)


def _ready(process: subprocess.Popen[str], folder: str) -> Site:
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        link, url = _LINK.search(said), _ADDRESS.search(said)
        if link is not None and url is not None:
            _drain(process)
            return Site(url[1], link[0], process, folder)
    raise AssertionError(f"The service did not start:\n{said}")


def _drain(process: subprocess.Popen[str]) -> None:
    """Keep reading what the service says, so that it is never held up."""
    import threading

    threading.Thread(target=lambda: process.stdout and process.stdout.read(), daemon=True, name="log of site").start()
