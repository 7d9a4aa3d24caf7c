"""Finds node types by name, loading their modules only when asked for.

A family such as ``data`` is a package named by an entry point of the group ``workflow.nodes``; type ``data.set`` is
in its module ``set``. Other distributions add families by declaring an entry point of their own.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import keyword
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import ModuleType

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.sdk.node import NodeType

ENTRY_POINTS = "workflow.nodes"
BUILT_IN = {
    family: f"workflow_kernel.nodes.{family}"
    for family in ("flow", "data", "web", "files", "code", "database", "notify")
}


class UnknownNodeTypeError(WorkflowError):
    """No installed node package has this type or version."""

    code = "WF201"


class Registry:
    """The node types installed here, plus those registered in code.

    Parameters
    ----------
    extra: node types made at run time, e.g. ``@task`` functions, by type name.
    """

    def __init__(self, extra: Mapping[str, type[NodeType]] | None = None) -> None:
        self._found: dict[str, dict[int, type[NodeType]]] = {}
        for node_type in (extra or {}).values():
            self.add(node_type)

    def add(self, node_type: type[NodeType]) -> None:
        """Register a node type made at run time."""
        self._found.setdefault(node_type.spec.type, {})[node_type.spec.version] = node_type

    def find(self, type_name: str, version: int | None = None) -> type[NodeType]:
        """The class of a node type; its newest version when none is asked for.

        Raises ``UnknownNodeTypeError`` naming the closest types, or the versions there are.
        """
        versions = self._found.get(type_name) or self._load(type_name)
        if not versions:
            raise UnknownNodeTypeError(f"There is no node type '{type_name}'.", mend=self._hint(type_name))
        if version is None:
            return versions[max(versions)]
        if version not in versions:
            known = ", ".join(str(number) for number in sorted(versions))
            raise UnknownNodeTypeError(
                f"Node type '{type_name}' has no version {version}.",
                code="WF202",
                mend=f"Versions installed: {known}. Use one of them or update the package that brings the node type.",
            )
        return versions[version]

    def __iter__(self) -> Iterator[type[NodeType]]:
        """Every version of every node type, by name; loads all modules."""
        for family in sorted(self._packages):
            self._load_family(family)
        for name in sorted(self._found):
            yield from (self._found[name][version] for version in sorted(self._found[name]))

    def names(self) -> list[str]:
        """Names of all node types, without loading their modules."""
        names = set(self._found)
        for family in self._packages:
            names.update(f"{family}.{module.rstrip('_')}" for module in self._modules(family))
        return sorted(names)

    @cached_property
    def _packages(self) -> dict[str, str]:
        found = {point.name: point.value for point in importlib.metadata.entry_points(group=ENTRY_POINTS)}
        return found | BUILT_IN

    def _load(self, type_name: str) -> dict[int, type[NodeType]]:
        family, _, name = type_name.partition(".")
        package = BUILT_IN.get(family) or self._packages.get(family)
        if not package or not name.isidentifier():
            return {}
        module_name = f"{package}.{name}_" if keyword.iskeyword(name) else f"{package}.{name}"
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name is not None and not module_name.startswith(error.name):
                raise
            return {}
        self._collect(module)
        return self._found.get(type_name, {})

    def _load_family(self, family: str) -> None:
        for module in self._modules(family):
            self._collect(importlib.import_module(f"{self._packages[family]}.{module}"))

    def _modules(self, family: str) -> list[str]:
        try:
            package = importlib.import_module(self._packages[family])
        except ModuleNotFoundError:
            return []
        return [found.name for found in pkgutil.iter_modules(package.__path__) if not found.name.startswith("_")]

    def _collect(self, module: ModuleType) -> None:
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, NodeType) and "spec" in value.__dict__:
                self.add(value)

    def _hint(self, type_name: str) -> str:
        close = difflib.get_close_matches(type_name, self.names(), n=3, cutoff=0.5)
        if close:
            return "Did you mean " + " or ".join(f"'{name}'" for name in close) + "?"
        return "Run 'workflow nodes' to list the node types installed."
