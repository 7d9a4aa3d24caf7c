"""``workflow run --on ray --jobs-url``, or ``--address`` with ``--detach``: handed to a cluster, which goes on with it.

The cluster's Jobs API takes the workflow's folder and the same command, to run there against itself. Spoken over HTTP,
so that nothing of Ray need be installed here. A key makes handing it over twice the same as once.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import httpx

from workflow_kernel.base.archive import archive
from workflow_kernel.base.errors import UnavailableError, WorkflowError
from workflow_kernel.cli.main import CANCELLED, FAILED, INFRASTRUCTURE, OK

MOST_BYTES = 50 << 20
"""Of the workflow's folder."""

LOOK_EVERY = 1.0
PATIENCE = 10.0
_LEFT_OUT = frozenset(("__pycache__", "node_modules", "venv", "dist", "build"))
_OVER = {"SUCCEEDED": OK, "FAILED": FAILED, "STOPPED": CANCELLED}
_PASSED_ON = ("input", "sweep")
_VALUES = ("node", "to", "start", "timeout")


class Jobs:
    """The Jobs API of a cluster.

    Parameters
    ----------
    url: of its dashboard, e.g. ``http://head:8265``.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {_token()}"}
        self._client = httpx.Client(base_url=self._url, headers=headers, timeout=httpx.Timeout(60.0, connect=PATIENCE))

    def __enter__(self) -> Jobs:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def find(self, job: str) -> Mapping[str, Any] | None:
        """What is known of a job; None where there is none."""
        answer = self._ask("GET", f"/api/jobs/{job}")
        if answer.status_code == 404:
            return None
        found: Mapping[str, Any] = self._good(answer).json()
        return found

    def submit(self, job: str, command: str, folder: Path) -> None:
        """Hand a command over, with the files of a folder."""
        package = packed(folder)
        name = f"_ray_pkg_{hashlib.sha256(package).hexdigest()[:16]}.zip"
        if self._ask("GET", f"/api/packages/gcs/{name}").status_code == 404:
            self._good(self._ask("PUT", f"/api/packages/gcs/{name}", content=package))
        body = {"entrypoint": command, "submission_id": job, "runtime_env": {"working_dir": f"gcs://{name}"}}
        self._good(self._ask("POST", "/api/jobs/", json=body))

    def stop(self, job: str) -> None:
        """Ask a job to stop."""
        self._good(self._ask("POST", f"/api/jobs/{job}/stop"))

    def log(self, job: str) -> str:
        """What it has written so far."""
        text: str = self._good(self._ask("GET", f"/api/jobs/{job}/logs")).json().get("logs") or ""
        return text

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise UnavailableError(
                f"Nothing answers at {self._url}: {error}.",
                code="WF650",
                mend="Correct the address; the head needs 'ray[default]', and --dashboard-host=0.0.0.0 for others.",
            ) from None

    def _good(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code in (401, 403):
            raise UnavailableError(
                f"The cluster at {self._url} does not take the token.",
                code="WF652", mend="Set RAY_AUTH_TOKEN to the token the cluster was started with.",
            )  # fmt: skip
        if answer.status_code == 404:
            raise UnavailableError(
                f"There is no Jobs API at {self._url}.",
                code="WF650", mend="Install 'ray[default]' on the cluster's head, or correct the address.",
            )  # fmt: skip
        if answer.status_code >= 400:
            lines = answer.text.strip().splitlines() or ["no reason given"]
            raise UnavailableError(
                f"The cluster at {self._url} answered {answer.status_code}: {lines[-1][:300]}",
                code="WF650", mend="Look at the logs of its head.",
            )  # fmt: skip
        return answer


def run_there(file: Path, options: Mapping[str, Any]) -> int:
    """Hand a run over, and follow it unless it is to be left alone; gives the exit code."""
    key = options["idempotency_key"]
    job = f"workflow-{hashlib.sha256(key.encode()).hexdigest()[:24] if key else secrets.token_hex(12)}"
    with Jobs(options["jobs_url"]) as jobs:
        if jobs.find(job) is None:
            try:
                jobs.submit(job, command(file, options), file.resolve().parent)
            except UnavailableError:  # somebody else may have said the same key at this moment
                if jobs.find(job) is None:
                    raise
        if options["detach"]:
            click.echo(job)
            return OK
        return _follow(jobs, job)


def _follow(jobs: Jobs, job: str) -> int:
    """Write what the job writes, until it is over; Ctrl-C asks it to stop."""
    try:
        for text in told(lambda: jobs.log(job), lambda: _is_over(jobs.find(job))):
            click.echo(text, nl=False)
    except KeyboardInterrupt:
        jobs.stop(job)
        return CANCELLED
    found = jobs.find(job)
    if found is None:
        return INFRASTRUCTURE
    code = found.get("driver_exit_code")
    if found["status"] == "FAILED" and not code:
        click.echo(f"{job}: {found.get('message') or 'it failed'}", err=True)
        return INFRASTRUCTURE
    return int(code) if code else _OVER[found["status"]]


def _is_over(found: Mapping[str, Any] | None) -> bool:
    return found is None or found["status"] in _OVER


def told(log: Callable[[], str], is_over: Callable[[], bool]) -> Iterator[str]:
    """What a run over there writes, as it comes, to its end."""
    seen = 0
    while True:
        ends = is_over()  # asked before: what it wrote at last is read after it ended
        text = log()
        if len(text) > seen:
            yield text[seen:]
            seen = len(text)
        if ends:
            return
        time.sleep(LOOK_EVERY)


def command(file: Path, options: Mapping[str, Any]) -> str:
    """The command as the cluster runs it: against itself, by the address Ray gives its jobs."""
    words: list[str] = []
    for name in _PASSED_ON:
        for value in options[f"{name}s"]:
            words += [f"--{name}", value]
    for name in _VALUES:
        if options[name] is not None:
            words += [f"--{name}", str(options[name])]
    if options["no_cache"]:
        words.append("--no-cache")
    if options["verbose"]:
        words.append("--verbose")
    return f'workflow run {shlex.quote(file.name)} --on ray --address "$RAY_ADDRESS" --json {shlex.join(words)}'.strip()


def packed(folder: Path) -> bytes:
    """A folder's files as one archive, without what is hidden or made by tools."""
    too_large = WorkflowError(
        f"The folder {folder} holds more than {MOST_BYTES >> 20} MB.",
        code="WF659",
        mend="Put the workflow into a folder of its own, and data where the cluster reaches them.",
    )
    return archive(folder, _files(folder), MOST_BYTES, lambda: too_large)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        parts: Sequence[str] = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") or part in _LEFT_OUT for part in parts):
            yield path


def _token() -> str:
    """The cluster's token, from where Ray looks for it."""
    if found := os.environ.get("RAY_AUTH_TOKEN"):
        return found
    for named in (os.environ.get("RAY_AUTH_TOKEN_PATH"), "~/.ray/auth_token"):
        path = Path(named).expanduser() if named else None
        if path is not None and path.is_file():
            return path.read_text(encoding="utf-8").strip()
    raise UnavailableError(
        "There is no token for the cluster, and clusters without one are not used.",
        code="WF652",
        mend="Set RAY_AUTH_TOKEN, or RAY_AUTH_TOKEN_PATH, to what the cluster was started with (RAY_AUTH_MODE=token).",
    )
