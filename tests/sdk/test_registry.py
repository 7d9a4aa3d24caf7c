"""Node types are found by name, in this package and in those other distributions bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflow_kernel.sdk.registry import Registry, UnknownNodeTypeError

HELLO = '''
"""Hello."""

from workflow_kernel.sdk import Context, Field, Item, NodeType, node


@node("acme.hello")
class Hello(NodeType):
    """Greets."""

    greeting: str = Field("Hello", description="The word.")

    def run(self, item: Item, ctx: Context) -> dict:
        """Greet."""
        return {"text": f"{self.greeting} {item.json['name']}"}


@node("acme.hello", version=2)
class HelloAgain(NodeType):
    """Greets otherwise."""

    def run(self, item: Item, ctx: Context) -> dict:
        """Greet."""
        return {"text": "again"}
'''


@pytest.fixture
def _acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution with a family of nodes, as an installer leaves it."""
    info = tmp_path / "acme_nodes-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-nodes\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[workflow.nodes]\nacme = acme_nodes\n")
    (tmp_path / "acme_nodes").mkdir()
    (tmp_path / "acme_nodes" / "__init__.py").write_text('"""Nodes of Acme."""\n')
    (tmp_path / "acme_nodes" / "hello.py").write_text(HELLO)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("_acme")
def test_another_distribution_brings_nodes_by_an_entry_point() -> None:
    registry = Registry()
    assert registry.find("acme.hello", 1).spec.description == "Greets."
    assert registry.find("acme.hello").spec.version == 2
    assert "acme.hello" in registry.names()
    assert [kind.spec.version for kind in registry if kind.spec.type == "acme.hello"] == [1, 2]


def test_an_unknown_type_is_told_with_its_nearest() -> None:
    with pytest.raises(UnknownNodeTypeError, match=r"no node type 'data.fliter'.*'data.filter'"):
        Registry().find("data.fliter")


def test_an_unknown_version_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownNodeTypeError, match=r"no version 9\. Versions installed: 1"):
        Registry().find("data.filter", 9)


def test_a_name_that_is_no_name_loads_nothing() -> None:
    for name in ("", ".", "data.", "data.__init__", "data..filter", "os.path", "data.filter; import os"):
        with pytest.raises(UnknownNodeTypeError):
            Registry().find(name)


def test_every_node_type_says_what_it_is() -> None:
    for kind in Registry():
        assert kind.spec.description, kind.spec.type
        assert kind.spec.icon, kind.spec.type
        assert kind.spec.type.split(".")[1].isidentifier()
