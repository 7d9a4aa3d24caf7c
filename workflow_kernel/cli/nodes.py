"""The command about node types: list them, or show one."""

from __future__ import annotations

import json
from typing import Any

import click

from workflow_kernel.cli.main import OK
from workflow_kernel.sdk.node import NodeType
from workflow_kernel.sdk.registry import Registry

MOST_CHOICES = 60


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: with NAME, the parameters' JSON Schema.")
def nodes(name: str | None, as_json: bool) -> int:
    """List node types; with NAME (all or part of a type), show it with its parameters."""
    registry = Registry()
    known = registry.names()
    if name in known:
        return _show(registry.find(name), as_json)
    found = [t for t in registry if name is None or name.lower() in _searchable(t)]
    if as_json:
        click.echo(json.dumps([_summary(node_type) for node_type in found], indent=2))
        return OK
    if not found:
        registry.find(str(name))
    width = max(len(node_type.spec.type) for node_type in found)
    for node_type in found:
        first = node_type.spec.description.split("\n")[0]
        click.echo(f"{node_type.spec.type:{width}}  {first}")
    return OK


def _searchable(node_type: type[NodeType]) -> str:
    spec = node_type.spec
    return " ".join((spec.type, spec.title, spec.description, *spec.keywords)).lower()


def _summary(node_type: type[NodeType]) -> dict[str, Any]:
    spec = node_type.spec
    return {
        "type": spec.type,
        "version": spec.version,
        "title": spec.title,
        "description": spec.description,
        "inputs": [port.name for port in spec.ports.inputs],
        "outputs": [port.name for port in spec.ports.outputs],
    }


def _show(node_type: type[NodeType], as_json: bool) -> int:
    schema = node_type.model_json_schema()
    if as_json:
        click.echo(json.dumps({**_summary(node_type), "parameters": schema}, indent=2))
        return OK
    spec = node_type.spec
    click.echo(f"{spec.type} (version {spec.version}): {spec.title}\n\n{spec.description}\n")
    inputs = ", ".join(port.name for port in spec.ports.inputs) or "none, it starts workflows"
    click.echo(f"Inputs: {inputs}\nOutputs: {', '.join(port.name for port in spec.ports.outputs)}\n\nParameters:")
    _show_fields(schema, schema)
    for name in _groups(schema):
        group = schema["$defs"][name]
        click.echo(f"\n{name}: {group.get('description', '')}")
        _show_fields(group, schema)
    return OK


def _show_fields(group: dict[str, Any], schema: dict[str, Any]) -> None:
    required = set(group.get("required", ()))
    for key, field in group.get("properties", {}).items():
        default = field.get("default")
        is_told = default not in (None, "", [], {}) and not isinstance(default, dict)
        note = " (required)" if key in required else f" (default {json.dumps(default)})" if is_told else ""
        click.echo(f"  {key}: {_kind(field, schema)}{note}")
        if field.get("description"):
            click.echo(f"      {field['description']}")


def _groups(schema: dict[str, Any]) -> list[str]:
    """Names of the groups of parameters."""
    return [name for name, found in schema.get("$defs", {}).items() if "properties" in found]


def _kind(field: dict[str, Any], schema: dict[str, Any]) -> str:
    if "enum" in field:
        shown = [json.dumps(value) for value in field["enum"]]
        return " | ".join(
            shown[:MOST_CHOICES] + ([f"{len(shown) - MOST_CHOICES} more"] if shown[MOST_CHOICES:] else [])
        )
    if "const" in field:
        return json.dumps(field["const"])
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        return _kind(schema["$defs"][name], schema) if "enum" in schema["$defs"][name] else str(name)
    if "anyOf" in field:
        return " | ".join(dict.fromkeys(_kind(part, schema) for part in field["anyOf"]))
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}), schema)}"
    return str(field.get("type", "any"))
