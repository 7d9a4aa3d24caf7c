"""What ``deploy/`` names is there: commands, options, settings, secrets, ports, versions. Nothing of it is run."""

from __future__ import annotations

import configparser
import importlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from workflow_kernel.base.settings import Settings
from workflow_kernel.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".md")
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
RAY = next(line.partition("==")[2] for line in EXTRAS["ray"] if line.startswith("ray=="))


def documents(path: Path) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text()))


def kubernetes() -> Iterator[dict[str, Any]]:
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        yield from documents(path)


def pods(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every pod's spec in a manifest."""
    spec = found.get("spec", {})
    groups = [spec, spec.get("headGroupSpec", {}), *spec.get("workerGroupSpecs", [])]
    yield from (group["template"]["spec"] for group in groups if "template" in group)


def commands() -> Iterator[list[str]]:
    """Every command of ours that the files run."""
    lists = [service.get("command", []) for service in documents(DEPLOY / "compose.yaml")[0]["services"].values()]
    lists += [one.get("command", []) for found in kubernetes() for pod in pods(found) for one in pod["containers"]]
    text = "\n".join(path.read_text() for path in FILES)
    lists += [shlex.split(line) for line in re.findall(r"(?:exec |/bin/)(workflow .*)", text)]
    yield from (words[1:] for words in lists if words and words[0] == "workflow")


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_commands_and_their_options_exist(words: list[str]) -> None:
    module, name, _ = COMMANDS[words[0]]
    command: click.Command = getattr(importlib.import_module(module), name)
    known = {option for found in command.params for option in (*found.opts, *found.secondary_opts)}
    assert {word for word in words[1:] if word.startswith("--")} <= known


def test_settings_exist() -> None:
    text = "\n".join(path.read_text() for path in FILES)
    named = {name.lower() for name in re.findall(r"\bWORKFLOW_([A-Z_]+)", text)} - {"image"}
    assert named and named <= set(Settings.model_fields)


def test_compose_holds_together() -> None:
    (compose,) = documents(DEPLOY / "compose.yaml")
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        assert {mount.partition(":")[0] for mount in service.get("volumes", ())} <= set(compose["volumes"])
    assert (DEPLOY / services["service"]["build"]["context"] / services["service"]["build"]["dockerfile"]).is_file()
    assert services["service"]["ports"] == [f"{Settings.model_fields['port'].default}:5680"]
    assert services["dispatcher"]["environment"]["RAY_HEAD"] == "ray-head:6379"
    assert {"WORKFLOW_DATABASE_URL", "RAY_AUTH_TOKEN"} <= set(services["dispatcher"]["environment"])
    needed = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()))
    assert all(f"`{name}`" in (DEPLOY / "README.md").read_text() for name in needed)


def test_manifests_hold_together() -> None:
    found = list(kubernetes())
    names = {(one["kind"], one["metadata"]["name"]) for one in found if "metadata" in one}
    secrets = {one["metadata"]["name"]: set(one["stringData"]) for one in found if one["kind"] == "Secret"}
    cluster = next(one for one in found if one["kind"] == "RayCluster")
    assert (cluster["spec"]["rayVersion"], cluster["spec"]["authOptions"]) == (RAY, {"mode": "token"})
    secrets[cluster["metadata"]["name"]] = {"auth_token"}  # KubeRay makes it
    assert "workflow-ray-head-svc:6379" in (DEPLOY / "kubernetes" / "dispatcher.yaml").read_text()
    for one in found:
        if one["kind"] == "Deployment":
            assert one["spec"]["selector"]["matchLabels"] == one["spec"]["template"]["metadata"]["labels"]
            assert one["spec"]["replicas"] == 2
        for pod in pods(one):
            volumes = {volume["name"] for volume in pod["volumes"]}
            for container in pod["containers"]:
                assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
                for variable in container.get("env", ()):
                    reference = variable.get("valueFrom", {}).get("secretKeyRef")
                    assert reference is None or reference["key"] in secrets[reference["name"]]
                for source in container.get("envFrom", ()):
                    assert source["secretRef"]["name"] in secrets
    (kustomization,) = documents(DEPLOY / "kubernetes" / "kustomization.yaml")
    assert all((DEPLOY / "kubernetes" / name).is_file() for name in kustomization["resources"])
    assert ("Service", "workflow") in names


def test_units_and_image_hold_together() -> None:
    for path in (DEPLOY / "systemd").glob("*.service"):
        unit = configparser.ConfigParser(interpolation=None, strict=False)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read(path)
        assert unit["Service"]["Restart"] == "always"
        assert unit["Service"]["ExecStart"].startswith("/opt/workflow/bin/workflow ")
    image = (DEPLOY / "Dockerfile").read_text()
    for extras in re.findall(r"\.whl\)\[([\w,]+)\]", image):
        assert set(extras.split(",")) <= set(EXTRAS)
    assert all((ROOT / name).exists() for name in re.findall(r"^COPY (?:--chmod=\d+ )?(deploy/\S+)", image, re.M))
    assert "/usr/local/bin/workflow-dispatcher" in image
