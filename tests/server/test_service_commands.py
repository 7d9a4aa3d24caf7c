"""Commands that talk to a service, tried on a real one: workflows in and out, executions, queues, accounts."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.test_up import Machine
from workflow_kernel import Workflow
from workflow_kernel.cli import main
from workflow_kernel.client import profile_file

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    # Not below pytest's own folder: where the tests run as root, Postgres runs as somebody who may not enter it.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        found = Machine(Path(folder) / "data", WORKFLOW_RATE_LIMIT="0", WORKFLOW_BCRYPT_COST="4")
        found.folder.mkdir()
        found.run("up", "--detach")
        try:
            yield found
        finally:
            found.run("down", "--all")


@pytest.fixture
def call(machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    """Gives a command; what it wrote comes back, as JSON where it is JSON."""
    for name in [name for name in os.environ if name.startswith("WORKFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WORKFLOW_DATA_FOLDER", str(machine.folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def run(*words: str, code: int = 0) -> Any:
        capsys.readouterr()
        assert main.call(list(words)) == code, capsys.readouterr()
        said = capsys.readouterr()
        try:
            return json.loads(said.out)
        except ValueError:
            return said.out + said.err

    return run


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    """A file whose workflow doubles numbers, and fails for those that are none."""
    wf = Workflow("Doubling")
    double = wf.node("data.set", "Double", fields=[{"name": "n", "value": "={{ $json['n'] * 2 }}"}])
    wf.node("flow.manual_trigger", "Start") >> double
    wf.save(tmp_path / "doubling.flow")
    return tmp_path / "doubling.flow"


def test_a_file_becomes_a_published_workflow_and_comes_back(call: Call, flow: Path, tmp_path: Path) -> None:
    taken = call("workflows", "add", str(flow), "--publish")["items"]
    made = taken[0]["workflow"]["id"]
    try:
        listed = call("workflows", "list", "doubling")
        assert [(row["name"], row["published_version"], row["is_active"]) for row in listed] == [("Doubling", 1, True)]
        call("workflows", "get", "Doubling", "-o", str(tmp_path / "back.flow"))
        back, first = json.loads((tmp_path / "back.flow").read_text()), json.loads(flow.read_text())
        assert back["nodes"] == first["nodes"] and back["edges"] == first["edges"]
        call("workflows", "save", "Doubling", str(tmp_path / "back.flow"), "--note", "again")
        assert [row["number"] for row in call("workflows", "versions", "Doubling")] == [2, 1]
        assert call("workflows", "unpublish", "Doubling")["published_version"] is None
        assert "is not published" in call("executions", "start", "Doubling", code=2)
    finally:
        call("workflows", "delete", made)
    assert "no workflow 'Doubling'" in call("workflows", "show", "Doubling", code=2)
    call("workflows", "restore", made)
    call("workflows", "delete", "Doubling")


def test_a_notebook_runs_every_night_also_after_it_was_saved_anew(call: Call, tmp_path: Path) -> None:
    def write(code: str) -> Path:
        cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None, "source": code}
        path = tmp_path / "nightly_report.ipynb"
        path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        return path

    taken = call("workflows", "add", str(write("total = 1")), "--cron", "0 2 * * *", "--publish")["items"]
    made = taken[0]["workflow"]["id"]

    def planned() -> list[str]:
        return [row["next"][0][11:16] for row in call("schedules", "list") if row["workflow"] == made]

    try:
        assert planned() == ["02:00"]
        call("workflows", "save", made, str(write("total = 2")))
        call("workflows", "publish", made)
        assert planned() == ["02:00"], "a save does not end the schedule"
        call("workflows", "save", made, str(tmp_path / "nightly_report.ipynb"), "--cron", "30 3 * * *")
        call("workflows", "publish", made)
        assert planned() == ["03:30"]
        done = call("executions", "start", made, "--follow")
        assert done["state"] == "succeeded"
        wrong = call("workflows", "add", str(write("Out[1]")), code=2)
        assert "WF802" in wrong
        assert "cron" in call("workflows", "add", str(write("a = 1")), "--cron", "nightly", code=2).lower()
    finally:
        call("workflows", "delete", made)


def test_executions_are_started_followed_and_repeated(call: Call, flow: Path) -> None:
    made = call("workflows", "add", str(flow), "--publish")["items"][0]["workflow"]["id"]
    try:
        good = call("executions", "start", made, "--input", '{"n": 21}', "--follow")
        assert good["state"] == "succeeded"
        shown = call("executions", "show", good["id"])
        assert [(run["name"], run["state"], run["items"]) for run in shown["nodes"]] == [
            ("Start", "succeeded", [1]), ("Double", "succeeded", [1]),
        ]  # fmt: skip
        bad = call("executions", "start", made, "--input", '{"n": {}}', "--follow", code=1)
        assert bad["state"] == "failed" and bad["error"]["node"] == "Double"
        again = call("executions", "retry", bad["id"], "--follow", code=1)
        assert again["retry_of"] == bad["id"]
        forked = call("executions", "fork", bad["id"], "--replace", '{"Start": [{"n": 4}]}', "--follow")
        assert forked["state"] == "succeeded" and forked["fork_of"] == bad["id"]
        rows = call("executions", "list", "--workflow", made, "--state", "failed")
        assert [row["id"] for row in rows] == [again["id"], bad["id"]]
        same = {call("executions", "start", made, "--input", '{"n": 1}', "--key", "once")["id"] for _ in range(3)}
        assert len(same) == 1
        call("executions", "follow", same.pop())
        assert "is over" in call("executions", "cancel", good["id"], code=2)
        call("executions", "delete", good["id"])
        assert "no such execution" in call("executions", "show", good["id"], code=2)
    finally:
        call("workflows", "delete", made)


def test_queues_are_shown(call: Call) -> None:
    assert [row["queue"] for row in call("queues", "list")] == [
        "workflow-execution", "webhook-processing", "email-sending",
    ]  # fmt: skip
    assert call("queues", "dead-letters", "email-sending") == []
    assert "no dead letter 'x'" in call("queues", "retry", "email-sending", "x", code=2)


def test_people_sign_in_from_elsewhere(call: Call, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "a long way to nowhere 77"
    made = call("users", "create", "ann@example.com", "--role", "viewer", "--password", secret)
    assert (made["email"], made["role"]) == ("ann@example.com", "viewer")
    monkeypatch.setenv("WORKFLOW_DATA_FOLDER", str(machine.folder.parent))
    server = machine.server.url
    wrong = ("--email", "ann@example.com", "--password", "wrong")
    assert "WF712" in call("login", "--server", server, *wrong, code=2)
    assert "Signed in" in call("login", "--server", server, "--email", "ann@example.com", "--password", secret)
    assert profile_file().stat().st_mode & 0o077 == 0
    assert "ann@example.com (viewer)" in call("whoami")
    assert "may not do this" in call("users", "list", code=2)
    assert "Signed out" in call("logout")
    assert "No service runs on this machine" in call("whoami", code=5)


def test_a_server_that_is_not_there_is_told_plainly(call: Call) -> None:
    said = call("queues", "--server", "http://127.0.0.1:1", "--token", "x", "list", code=5)
    assert "WF610" in said and "does not answer" in said
    assert "not signed in to http://127.0.0.1:1" in call("queues", "--server", "http://127.0.0.1:1", "list", code=2)


def test_credentials_are_made_tried_and_rotated(call: Call) -> None:
    assert "http.bearer" in [row["type"] for row in call("credentials", "types")]
    made = call("credentials", "create", "Shop", "http.bearer", "--values", '{"token": "s3cret-token-value"}')
    try:
        assert "s3cret" not in json.dumps(made) and made["secrets"] == ["token"]
        assert [row["name"] for row in call("credentials", "list")] == ["Shop"]
        assert call("credentials", "usage", "Shop") == []
        rotated = call("credentials", "rotate", "--reencrypt")
        assert rotated["failed"] == [] and rotated["count"] >= 1
        wrong = call("credentials", "create", "Odd", "http.bearer", "--values", '{"tokn": "x"}', code=2)
        assert "tokn" in wrong
    finally:
        call("credentials", "delete", made["id"])
    assert "no credential 'Shop'" in call("credentials", "usage", "Shop", code=2)


def test_what_starts_workflows_is_listed_paused_and_fired(call: Call, tmp_path: Path) -> None:
    wf = Workflow("Nightly")
    wf.node("flow.schedule", "Night", rules=[{"unit": "days", "every": 1}]) >> wf.node("flow.no_op", "Done")
    wf.node("flow.webhook", "Called", path="nightly") >> wf.node("flow.no_op", "Done too")
    wf.save(tmp_path / "nightly.flow")
    made = call("workflows", "add", str(tmp_path / "nightly.flow"), "--publish")["items"][0]["workflow"]["id"]
    try:
        (hook,) = call("webhooks", "list")
        assert (hook["method"], hook["workflow_name"]) == ("POST", "Nightly") and hook["url"].endswith(
            "/webhook/nightly"
        )
        (found,) = call("schedules", "list")
        assert call("schedules", "pause", found["id"])["is_paused"] is True
        assert call("schedules", "resume", found["id"])["is_paused"] is False
        call("schedules", "fire", found["id"])
    finally:
        call("workflows", "delete", made)


def test_files_are_sent_listed_fetched_and_removed(call: Call, tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("a,b\n1,2\n")
    assert call("files", "put", str(tmp_path / "prices.csv"), "shop/")["path"] == "shop/prices.csv"
    assert "WF807" in call("files", "put", str(tmp_path / "prices.csv"), "shop/", code=2)
    assert [row["path"] for row in call("files", "list", "--find", "PRICES")] == ["shop/prices.csv"]
    call("files", "get", "shop/prices.csv", str(tmp_path / "back.csv"))
    assert (tmp_path / "back.csv").read_text() == "a,b\n1,2\n"
    call("files", "remove", "shop/prices.csv")
    call("files", "remove", "shop")
    assert call("files", "list") == []
