"""Small pieces for reading foreign nodes' parameters, any of which may be an expression instead of a value.

Import converters call this. It writes JavaScript, as foreign expressions are JavaScript.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from workflow_kernel.expressions.parse import is_expression

_LONE = re.compile(r"=\s*\{\{(?P<code>(?:(?!\}\}).)*)\}\}\s*\Z", re.DOTALL)
_PART = re.compile(r"\{\{(?P<code>(?:(?!\}\}).)*)\}\}", re.DOTALL)


def code_of(expression: str) -> str:
    """The JavaScript that gives an expression's value: what stands in a lone ``{{ }}``, else a template literal."""
    match = _LONE.match(expression)
    if match:
        return match["code"].strip()
    parts, at = [], 1
    for part in _PART.finditer(expression):
        parts += [_quoted(expression[at : part.start()]), f"${{{part['code'].strip()}}}"]
        at = part.end()
    return f"`{''.join(parts)}{_quoted(expression[at:])}`"


def choose(value: Any, choices: Mapping[str, Any], default: Any) -> Any:
    """Our value for a foreign choice; an expression is turned into one that looks the choice up.

    Parameters
    ----------
    value: the foreign value (booleans stand under ``"true"`` and ``"false"``); None when it was left out.
    choices: foreign value > ours.
    default: ours when the value was left out or is unknown.
    """
    if is_expression(value):
        table = json.dumps(dict(choices), ensure_ascii=False)
        return f"={{{{ ({table})[{code_of(value)}] ?? {json.dumps(default)} }}}}"
    if isinstance(value, bool):
        value = "true" if value else "false"
    return choices.get(value, default) if isinstance(value, str) else default


def computed(value: Any, template: str) -> str:
    """An expression around another: ``computed("={{ $json.a }}", "!!(%s)")`` gives ``={{ !!($json.a) }}``."""
    return f"={{{{ {template.replace('%s', code_of(value))} }}}}"


def as_json_text(expression: str) -> str:
    """A text with expressions in it, changed so that objects, arrays and null come out as JSON.

    Mixed text alone would give ``[object Object]``; a lone expression stays, as it keeps its type.
    """
    if _LONE.match(expression):
        return expression

    def shown(part: re.Match[str]) -> str:
        return f"{{{{ (v => typeof v === 'object' ? JSON.stringify(v) : String(v))({part['code'].strip()}) }}}}"

    return _PART.sub(shown, expression)


def split_names(value: Any) -> Any:
    """A list of names from text with commas; an expression or a list stays."""
    if isinstance(value, str) and not is_expression(value):
        return [name for name in (part.strip() for part in value.split(",")) if name]
    return value


def left_out(parameters: dict[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters without those that have their default, so that imported files stay short."""
    return {key: value for key, value in parameters.items() if key not in defaults or value != defaults[key]}


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
