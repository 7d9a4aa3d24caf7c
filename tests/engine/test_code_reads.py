"""Code that looks at no earlier node need not wait for the nodes before it."""

from __future__ import annotations

import pytest

from workflow_kernel.engine.code_reads import code_reads


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("return items", set()),
        ("for _ in range(3): pass\nnode = 1\nreturn {'_x': 1}", set()),
        ("return node('A').first()", {"A"}),
        ("x = _['B'].all()\nreturn _node('C').last()", {"B", "C"}),
        ("n = node\nreturn n('A')", None),
        ("return node(items[0]['name'])", None),
        ("return eval('node')('A')", None),
        ("return [", set()),
        ("def f(", set()),
        ("node = ", None),
    ],
)
def test_python(code: str, names: set[str] | None) -> None:
    found = code_reads("code.python", {"code": code})
    assert (None if found.any else set(found.names)) == names


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("return $input.all().map(i => ({json: {n: $json.n, price: '$'}}))", None),
        ("return $input.all()", set()),
        ("return $('A').all()", {"A"}),
        ('return $node["B"].json', {"B"}),
        ("return $items('C')", {"C"}),
        ("const f = $; return f('A')", None),
        ("return $(name).all()", None),
        ("return this.x", None),
    ],
)
def test_javascript(code: str, names: set[str] | None) -> None:
    found = code_reads("code.javascript", {"code": code})
    assert (None if found.any else set(found.names)) == names
