"""The documents are true: links lead somewhere, code blocks run, generated pages are what the node types say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workflow_kernel import docs, docs_tutorials
from workflow_kernel.cli import main
from workflow_kernel.graph import format as flow_format
from workflow_kernel.sdk.registry import Registry

ROOT = Path(__file__).parent.parent
GENERATED = ROOT / "docs" / docs.FOLDER
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "notebooks").rglob("*.md")])
READ_ALONG = [ROOT / "README.md", ROOT / "docs" / "guide.md"]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in _BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9_-]", "", heading.lower().replace(" ", "-")) for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"`[^`]*`", "", _BLOCK.sub("", page.read_text(encoding="utf-8")))
    for link in _LINK.findall(text):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link} names no heading of {target.name}"


@pytest.mark.parametrize("page", READ_ALONG, ids=lambda page: page.name)
def test_the_python_of_a_page_runs_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    script = tmp_path / "page.py"
    script.write_text("\n".join(blocks(page, "python")), encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-3000:]
    if page.name == "README.md":
        assert done.stdout == "[{'paid': 42}]\n"


def commands() -> Iterator[str]:
    for text in blocks(ROOT / "docs" / "guide.md", "console"):
        yield from (line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ "))


def test_the_commands_of_the_guide_run(tmp_path: Path) -> None:
    for name in ("price_order.flow",):
        shutil.copy(ROOT / "notebooks" / "examples" / name, tmp_path)
    foreign = {"name": "F", "nodes": [{"name": "Go", "type": "n8n-nodes-base.manualTrigger"}], "connections": {}}
    (tmp_path / "foreign.json").write_text(json.dumps(foreign))
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "workflow").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m workflow_kernel.cli.main "$@"\n')
    (bin_folder / "workflow").chmod(0o755)
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    guide = blocks(ROOT / "docs" / "guide.md", "python")[0]
    subprocess.run([sys.executable, "-c", guide], cwd=tmp_path, check=True)
    for command in commands():
        done = subprocess.run(
            command,
            shell=True,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PATH": path},
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("text", blocks(ROOT / "docs" / "guide.md", "json"))
def test_the_workflow_files_of_the_guide_are_valid(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "guide.flow"
    path.write_text(text, encoding="utf-8")
    assert flow_format.read(path).nodes
    assert main.call(["validate", str(path)]) == 0, capsys.readouterr().err


def test_the_pages_of_the_node_types_are_up_to_date() -> None:
    made = docs.pages()
    there = {f"{docs.FOLDER}/{path.name}": path.read_text(encoding="utf-8") for path in GENERATED.glob("*.md")}
    stale = sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))
    assert stale == [], "write them anew: make docs"
    assert all(text.startswith(docs.HEAD) for text in there.values())


def test_the_pages_of_the_tutorials_are_what_the_notebooks_hold() -> None:
    made = docs_tutorials.pages(ROOT / "notebooks")
    folder = ROOT / "docs"
    paths = [path for path in (folder / docs_tutorials.FOLDER).rglob("*") if path.is_file()]
    there = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    stale = sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))
    assert stale == [], "write them anew: make docs"


@pytest.mark.parametrize("node_type", list(Registry()), ids=lambda found: found.spec.type)
def test_a_node_type_and_its_parameters_are_described(node_type: type) -> None:
    assert len(node_type.spec.description) > 20  # type: ignore[attr-defined]
    schema = node_type.model_json_schema()  # type: ignore[attr-defined]
    groups = [("", schema), *schema.get("$defs", {}).items()]
    missing = [
        f"{group}.{name}"
        for group, found in groups
        for name, field in found.get("properties", {}).items()
        if not docs.described(field, schema)
    ]
    assert missing == []


def test_every_variable_of_the_environment_is_documented() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow_kernel" / "cli").glob("*.py"))
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8") + (ROOT / "docs" / "errors.md").read_text()
    names = set(re.findall(r'"(WORKFLOW_[A-Z_]+)"', code)) - {"WORKFLOW_TRACE"}
    assert [name for name in sorted(names) if name not in guide] == []
