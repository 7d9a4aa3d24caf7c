"""``workflow run --on ray --k8s``: the run as a RayJob of Kubernetes, on a cluster of its own that ends with it.

The workflow's folder travels in a ConfigMap; KubeRay, which must be installed there, does the rest. Spoken through
``kubectl``, which knows who may do what. ``--manifest`` writes what would be applied.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import click
import msgspec

from workflow_kernel.base.errors import UnavailableError, WorkflowError
from workflow_kernel.cli.jobs import command, packed, told
from workflow_kernel.cli.main import CANCELLED, FAILED, INFRASTRUCTURE, OK, TIMED_OUT

MOST_BYTES = 700_000
"""Of the packed folder: a ConfigMap holds a megabyte of text."""

KEPT = 3600
"""Seconds a run is kept there once it is over."""

_PACKAGE = "/package"
_FILES = "/files"
_STATES = {"succeeded": OK, "failed": FAILED, "cancelled": CANCELLED, "timed_out": TIMED_OUT}
_OVER = {"SUCCEEDED": OK, "FAILED": FAILED, "STOPPED": CANCELLED}


def run_in_kubernetes(file: Path, options: Mapping[str, Any]) -> int:
    """Hand a run over, and follow it unless it is to be left alone; gives the exit code."""
    key = options["idempotency_key"]
    name = f"workflow-{hashlib.sha256(key.encode()).hexdigest()[:16] if key else secrets.token_hex(8)}"
    wanted = msgspec.json.format(msgspec.json.encode(manifest(file, options, name)))
    if options["manifest"]:
        click.echo(wanted.decode())
        return OK
    kubectl = Kubectl(options["namespace"])
    if kubectl.find(name) is None:
        kubectl.apply(wanted)
    if options["detach"]:
        click.echo(name)
        return OK
    return _follow(kubectl, name)


def manifest(file: Path, options: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The ConfigMap with the workflow's folder, and the RayJob."""
    package = packed(file.resolve().parent)
    if len(package) > MOST_BYTES:
        raise WorkflowError(
            f"The folder of {file.name} is {len(package):,} bytes when packed; {MOST_BYTES:,} fit into a ConfigMap.",
            code="WF847", mend="Put the workflow into a folder of its own, and data where the cluster reaches them.",
        )  # fmt: skip
    # In a file, as what stands between quotes comes through the submitter's hands otherwise.
    script = f"cd {_FILES}\nexec {command(file, options)}\n"
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": {"run.sh": script},
        "binaryData": {"folder.zip": base64.b64encode(package).decode()},
    }
    return {"apiVersion": "v1", "kind": "List", "items": [config, _job(name, options)]}


def _job(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    image, workers = options["image"], options["workers"]
    worker = {"groupName": "workers", "replicas": workers, "minReplicas": workers, "maxReplicas": workers}
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayJob",
        "metadata": {"name": name},
        "spec": {
            "entrypoint": f"sh {_PACKAGE}/run.sh",
            "shutdownAfterJobFinishes": True,
            "ttlSecondsAfterFinished": KEPT,
            "backoffLimit": 0,
            "rayClusterSpec": {
                "rayVersion": _ray_version(),
                "authOptions": {"mode": "token"},
                "headGroupSpec": {
                    "rayStartParams": {"num-cpus": "0"},
                    "template": _pod("ray-head", image, name, {"cpu": "1", "memory": "4Gi"}),
                },
                "workerGroupSpecs": [
                    {
                        **worker,
                        "rayStartParams": {},
                        "template": _pod("ray-worker", image, name, _asked(options)),
                    }
                ],
            },
        },
    }


def _pod(container: str, image: str, config: str, resources: Mapping[str, str]) -> dict[str, Any]:
    """A pod with the workflow's folder, and shared memory for the object store: 64 MB is Kubernetes' own idea."""
    mounts = [{"name": "files", "mountPath": _FILES}, {"name": "package", "mountPath": _PACKAGE}]
    unpack = ["python", "-m", "zipfile", "-e", f"{_PACKAGE}/folder.zip", _FILES]
    return {
        "spec": {
            "initContainers": [{"name": "unpack", "image": image, "command": unpack, "volumeMounts": mounts}],
            "containers": [
                {
                    "name": container,
                    "image": image,
                    "env": [{"name": "WORKFLOW_BLOB_URL", "value": os.environ["WORKFLOW_BLOB_URL"]}],
                    "resources": {"limits": dict(resources), "requests": dict(resources)},
                    "volumeMounts": [*mounts, {"name": "shared-memory", "mountPath": "/dev/shm"}],  # noqa: S108
                }
            ],
            "volumes": [
                {"name": "files", "emptyDir": {}},
                {"name": "package", "configMap": {"name": config}},
                {"name": "shared-memory", "emptyDir": {"medium": "Memory"}},
            ],
        }
    }


def _asked(options: Mapping[str, Any]) -> dict[str, str]:
    found = {"cpu": str(options["cpus"]), "memory": options["memory"]}
    return {**found, **({"nvidia.com/gpu": str(options["gpus"])} if options["gpus"] else {})}


class Kubectl:
    """The command line of Kubernetes.

    Parameters
    ----------
    namespace: where the run goes; that of the context when not given.
    """

    def __init__(self, namespace: str | None) -> None:
        found = shutil.which("kubectl")
        if found is None:
            raise UnavailableError(
                "There is no kubectl on this machine.",
                code="WF845", mend="Install it, or write the run with --manifest and apply it where there is one.",
            )  # fmt: skip
        self._words = [found, *(["--namespace", namespace] if namespace else [])]

    def apply(self, wanted: bytes) -> None:
        """Make what is written."""
        self._run("apply", "-f", "-", given=wanted)

    def find(self, name: str) -> Mapping[str, Any] | None:
        """The status of a run; None where there is none of the name."""
        text = self._run("get", "rayjob", name, "--ignore-not-found", "-o", "json")
        found: Mapping[str, Any] | None = msgspec.json.decode(text).get("status", {}) if text.strip() else None
        return found

    def log(self, name: str) -> str:
        """What a run has written so far; nothing as long as it has not begun."""
        done = subprocess.run([*self._words, "logs", f"job/{name}", "--tail=-1"], capture_output=True, check=False)  # noqa: S603
        return done.stdout.decode(errors="replace")

    def delete(self, name: str) -> None:
        """End a run."""
        self._run("delete", "rayjob", name, "--wait=false")

    def _run(self, *words: str, given: bytes | None = None) -> bytes:
        done = subprocess.run([*self._words, *words], input=given, capture_output=True, check=False)  # noqa: S603
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
            raise UnavailableError(
                f"kubectl {words[0]} was refused: {lines[-1][:300]}",
                code="WF846", mend="Is KubeRay 1.5.1 or newer installed there, and may you make RayJobs?",
            )  # fmt: skip
        return done.stdout


def _follow(kubectl: Kubectl, name: str) -> int:
    """Write what the run writes, until it is over; Ctrl-C ends it."""
    text = ""
    try:
        for more in told(lambda: kubectl.log(name), lambda: _is_over(kubectl.find(name))):
            text += more
            click.echo(more, nl=False)
    except KeyboardInterrupt:
        kubectl.delete(name)
        return CANCELLED
    ends = [line for line in text.splitlines() if '"event":"execution.finished"' in line]
    if ends:
        state = msgspec.json.decode(ends[-1][ends[-1].index("{") :])["state"]
        return _STATES.get(state, FAILED)
    found = kubectl.find(name) or {}
    state = found.get("jobStatus", "")
    if state not in _OVER:
        click.echo(f"{name}: {found.get('message') or found.get('reason') or 'it is gone'}", err=True)
    return _OVER.get(state, INFRASTRUCTURE)


def _is_over(found: Mapping[str, Any] | None) -> bool:
    return found is None or found.get("jobStatus") in _OVER or found.get("jobDeploymentStatus") == "Failed"


def _ray_version() -> str:
    """The version of Ray that this version of ours asks for, and so the one in its image."""
    wanted = (re.match(r"ray==([\d.]+)", line) for line in requires("workflow-kernel") or ())
    return next(found[1] for found in wanted if found is not None)
