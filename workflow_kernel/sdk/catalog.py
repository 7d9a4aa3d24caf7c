"""The registry as the catalog that checking a workflow asks; see ``graph.catalog``.

Parameters are checked by the node type's own model. What is wrong with a value that is an expression cannot be known
before the run, so it is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pydantic

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.expressions import parse
from workflow_kernel.expressions.python import Python
from workflow_kernel.expressions.scope import Failure
from workflow_kernel.graph.catalog import PortInfo, PortsInfo, Reference, Remark
from workflow_kernel.graph.model import Language, Node
from workflow_kernel.sdk.explain import explain_parameters
from workflow_kernel.sdk.node import NodeType, Port
from workflow_kernel.sdk.registry import Registry

Check = Callable[[str], Failure | None]
"""Says what is wrong with the text of an expression."""


class RegistryCatalog:
    """The node types of a registry, for ``graph.validate``.

    Parameters
    ----------
    registry: where node types are found.
    checks: per language, what says whether an expression can run; Python's own when not given.
    """

    def __init__(self, registry: Registry, checks: Mapping[Language, Check] | None = None) -> None:
        self._registry = registry
        self._checks: Mapping[Language, Check] = checks if checks is not None else {"python": Python().check}

    def find(self, type_name: str, version: int) -> TypeInfo:
        """What is known of a node type. Raises ``WorkflowError`` naming close ones when there is none."""
        try:
            return TypeInfo(self._registry.find(type_name, version), self._checks)
        except ImportError as error:
            raise WorkflowError(
                f"Node type '{type_name}' cannot be loaded: {error}.", code="WF207", mend="Install what is missing."
            ) from error


class TypeInfo:
    """What is known of a node type; implements ``graph.catalog.NodeInfo``."""

    def __init__(self, node_type: type[NodeType], checks: Mapping[Language, Check]) -> None:
        self.node_type = node_type
        self._spec = node_type.spec
        self._checks = checks

    @property
    def is_trigger(self) -> bool:
        """It starts executions."""
        return self._spec.is_trigger

    @property
    def is_loop(self) -> bool:
        """It may close a cycle."""
        return self._spec.is_loop

    @property
    def slots(self) -> Sequence[str]:
        """Names of the credentials it may use."""
        return [credential.slot for credential in self._spec.credentials]

    def ports(self, parameters: Mapping[str, Any]) -> PortsInfo | None:
        """The ports for these parameters; None when the parameters are too wrong to tell."""
        try:
            found = self.node_type.ports(parameters)
        except Exception:  # a node type's own code, given parameters that nobody has checked
            return None
        return PortsInfo(tuple(map(_port, found.inputs)), tuple(map(_port, found.outputs)))

    def check_parameters(self, parameters: Mapping[str, Any]) -> Sequence[Remark]:
        """What is wrong with the parameters, expressions apart."""
        remarks: list[Remark] = []
        try:
            self.node_type.model_validate(dict(parameters))
        except pydantic.ValidationError as error:
            details = error.errors(include_url=False)
            remarks.extend(explain_parameters(self.node_type, parameters, details))
        except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
            # Of a validator that does not expect what a file may hold.
            remarks.append(Remark("WF205", "", f"The parameters cannot be read: {error}.", "Correct them."))
        try:
            sentences = self.node_type.check(parameters)
        except Exception:
            if remarks:  # it may rely on what the model has refused already
                return remarks
            raise
        remarks.extend(Remark("WF206", "", sentence, "Correct the parameters.") for sentence in sentences)
        return remarks

    def _looked_at(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters whose texts say something about this workflow: not a whole other one, say."""
        return {
            name: value for name, value in parameters.items() if name not in self._spec.whole or isinstance(value, str)
        }

    def check_expressions(self, parameters: Mapping[str, Any], language: Language) -> Sequence[Remark]:
        """What is wrong with the expressions."""
        remarks: list[Remark] = []
        check = self._checks.get(language)
        for field, text, is_code in texts(self._looked_at(parameters), self._spec.raw):
            if is_code:
                continue
            failure = check(text) if check else None
            if failure is not None:
                remarks.append(
                    Remark("WF208", field, failure.message, _without_picture(failure.description) or "Correct it.")
                )
            elif "{{" in text and "\\{{" not in text and not any(part.is_code for part in parse.split(text)):
                message = "The braces {{ are never closed, so this is plain text."
                remarks.append(Remark("WF208", field, message, "Close them with }}.", "warning"))
        return remarks

    def references(self, parameters: Mapping[str, Any]) -> Sequence[Reference]:
        """The nodes that expressions and code name."""
        found: list[Reference] = []
        for field, text, is_code in texts(self._looked_at(parameters), self._spec.raw):
            if "$" in text:
                names = (parse.code_references(text) if is_code else parse.references(text)).names
                found.extend(Reference(field, name, is_code) for name in names)
        return found


def known_ports(catalog: RegistryCatalog, node: Node) -> PortsInfo | None:
    """The ports of a placed node; None when its type is not installed or its parameters are too wrong to tell."""
    try:
        return catalog.find(node.type, node.version).ports(node.parameters)
    except WorkflowError:
        return None


def texts(parameters: Mapping[str, Any], raw: tuple[str, ...]) -> Iterator[tuple[str, str, bool]]:
    """Expressions, and texts that never are one, in parameters: field, text, whether it is the latter."""
    pending: list[tuple[str, Any, bool]] = [(name, value, name in raw) for name, value in parameters.items()]
    pending.reverse()
    while pending:
        field, value, is_raw = pending.pop()
        if isinstance(value, str):
            if is_raw or value.startswith("="):
                yield field, value, is_raw
        elif isinstance(value, Mapping):
            pending.extend((f"{field}.{key}", child, is_raw) for key, child in reversed(list(value.items())))
        elif isinstance(value, list | tuple):
            pending.extend((f"{field}.{i}", value[i], is_raw) for i in reversed(range(len(value))))


def _without_picture(mend: str) -> str:
    """The mend alone: the last two lines show the place in the text, which the field names already."""
    lines = mend.split("\n")
    return "\n".join(lines[:-2]) if lines[-1].strip() == "^" else mend


def _port(port: Port) -> PortInfo:
    return PortInfo(port.name, port.kind)
