"""``workflow run --k8s``: what is handed to Kubernetes, how it is followed, and what keeps it from that."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.cli.test_jobs import FLOW
from workflow_kernel.cli.run import run

KUBECTL = """#!{python}
# Stands for kubectl: keeps what is applied; a run is over once its log was looked at.
import json, pathlib, sys
here, words = pathlib.Path({folder!r}), [word for word in sys.argv[1:]]
with (here / "asked").open("a") as asked:
    asked.write(" ".join(words) + "\\n")
words = words[2:] if words[0] == "--namespace" else words
state = json.loads((here / "state").read_text())
if state.get("refuses"):
    sys.exit("error: the server doesn't have a resource type rayjob")
if words[0] == "apply":
    (here / "applied").write_text(sys.stdin.read())
elif words[0] == "get" and (here / "applied").exists():
    print(json.dumps({{"status": state["status"] if (here / "read").exists() else {{}}}}))
elif words[0] == "logs":
    (here / "read").touch()
    print(state["log"])
"""


class Cluster:
    """The other side."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "kubectl"
        program.write_text(KUBECTL.format(python=sys.executable, folder=str(folder)))
        program.chmod(0o755)

    def will(self, state: str = "succeeded", job: str = "SUCCEEDED", *, refuses: bool = False) -> None:
        """How the next run ends."""
        log = '(entrypoint) {"event":"execution.finished","state":"' + state + '"}' if state else "no module"
        found = {"status": {"jobStatus": job, "message": "it fell over"}, "log": log, "refuses": refuses}
        (self.folder / "state").write_text(json.dumps(found))
        for name in ("applied", "read", "asked"):
            (self.folder / name).unlink(missing_ok=True)

    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text().splitlines()


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("workflow_kernel.cli.jobs.LOOK_EVERY", 0.01)
    return Cluster(tmp_path / "bin")


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("WORKFLOW_BLOB_URL", "s3://values")
    monkeypatch.delenv("WORKFLOW_IMAGE", raising=False)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "x y.flow").write_text(json.dumps(FLOW))
    (tmp_path / "own" / "helpers.py").write_text("A = 1")
    return str(tmp_path / "own" / "x y.flow")


def asked(flow: str, *words: str) -> Any:
    return CliRunner().invoke(run, [flow, "--on", "ray", "--k8s", *words], standalone_mode=False)


def test_the_manifest_is_written_without_any_kubernetes(flow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    more = ("--workers", "3", "--gpus", "1", "--sweep", "n=1..3", "--input", "a=it's")
    done = asked(flow, "--image", "ours:1", "--manifest", *more)
    assert done.exception is None
    config, job = json.loads(done.output)["items"]
    package = zipfile.ZipFile(io.BytesIO(base64.b64decode(config["binaryData"]["folder.zip"])))
    assert package.namelist() == ["helpers.py", "x y.flow"]
    line = config["data"]["run.sh"].splitlines()[-1]
    assert line.startswith("exec workflow run 'x y.flow' --on ray --address \"$RAY_ADDRESS\" --json")
    assert "--sweep n=1..3" in line
    assert (job["apiVersion"], job["kind"], job["metadata"]) == ("ray.io/v1", "RayJob", config["metadata"])
    spec = job["spec"]["rayClusterSpec"]
    assert (spec["authOptions"], spec["rayVersion"]) == ({"mode": "token"}, "2.60.0")
    assert spec["headGroupSpec"]["rayStartParams"] == {"num-cpus": "0"}
    (group,) = spec["workerGroupSpecs"]
    (container,) = group["template"]["spec"]["containers"]
    assert (group["replicas"], container["image"]) == (3, "ours:1")
    assert container["resources"]["limits"] == {"cpu": "2", "memory": "4Gi", "nvidia.com/gpu": "1"}
    assert {"name": "WORKFLOW_BLOB_URL", "value": "s3://values"} in container["env"]


@pytest.mark.parametrize(
    ("state", "job", "code"),
    [
        ("succeeded", "SUCCEEDED", 0), ("failed", "FAILED", 1), ("timed_out", "FAILED", 4), ("", "STOPPED", 3),
        ("", "", 5),
    ],
)  # fmt: skip
def test_a_run_is_followed_to_its_end(cluster: Cluster, flow: str, state: str, job: str, code: int) -> None:
    cluster.will(state, job)
    if not job:
        found = json.loads((cluster.folder / "state").read_text())
        found["status"] = {"jobDeploymentStatus": "Failed", "message": "it fell over"}
        (cluster.folder / "state").write_text(json.dumps(found))
    done = asked(flow, "--image", "ours:1", "--namespace", "team")
    assert (done.exception, done.return_value) == (None, code)
    assert (state or "no module") in done.output
    assert all(line.startswith("--namespace team ") for line in cluster.asked())


def test_the_same_key_is_the_same_run(cluster: Cluster, flow: str) -> None:
    cluster.will()
    words = ("--image", "ours:1", "--idempotency-key", "day-1", "--detach")
    names = {asked(flow, *words).output for _ in range(2)}
    assert len(names) == 1
    assert [line.split()[0] for line in cluster.asked()] == ["get", "apply", "get"]


def test_what_cannot_be_handed_over_is_told(cluster: Cluster, flow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.will(refuses=True)
    refused: Any = asked(flow, "--image", "ours:1").exception
    assert (refused.code, "resource type rayjob" in refused.message) == ("WF846", True)
    assert "--image" in asked(flow).exception.message
    assert "another place" in asked(flow, "--image", "i", "--address", "a:1").exception.message
    monkeypatch.setenv("PATH", "")
    assert asked(flow, "--image", "ours:1").exception.code == "WF845"
    Path(flow).with_name("large.bin").write_bytes(os.urandom(800_000))
    assert asked(flow, "--image", "ours:1").exception.code == "WF847"
    monkeypatch.delenv("WORKFLOW_BLOB_URL")
    assert "WORKFLOW_BLOB_URL" in asked(flow, "--image", "ours:1").exception.message
