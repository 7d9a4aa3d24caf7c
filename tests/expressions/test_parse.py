"""What a parameter text is made of, which nodes it names, and renaming those."""

from __future__ import annotations

import pytest

from workflow_kernel.expressions import parse


def pieces(text: str) -> list[tuple[str, bool]]:
    return [(part.text, part.is_code) for part in parse.split(text)]


def test_a_text_without_equals_sign_is_plain() -> None:
    assert pieces("a {{ b }}") == [("a {{ b }}", False)]
    assert pieces("") == []
    assert not parse.is_expression("a")
    assert parse.is_expression("=a")


def test_text_and_code_alternate() -> None:
    assert pieces("=a {{ b }}{{ c }} d") == [("a ", False), (" b ", True), (" c ", True), (" d", False)]


def test_a_lone_code_is_told_from_one_with_text_around_it() -> None:
    assert parse.lone_code("={{ $json }}") == " $json "
    assert parse.lone_code("= {{ $json }}") is None
    assert parse.lone_code("plain") is None


@pytest.mark.parametrize(
    "code",
    [
        " {a: {b: 1}} ",
        ' "}}" ',
        " '}}' + \"it's\" ",
        " `a ${ {b: `}}`} } }}` ",
        " /}}/.test(x) ",
        " a / b / c ",
        " x /* }} */ ",
        " [1, {a: [{}]}] ",
        " $if(a, {}, {b: {}}) ",
        r" '\'}}' ",
        " a[/[/}}]/] ",
    ],
)
def test_braces_inside_code_do_not_end_it(code: str) -> None:
    assert pieces("={{" + code + "}} tail") == [(code, True), (" tail", False)]


def test_a_line_comment_ends_with_the_code() -> None:
    assert pieces("={{ a // note }} b {{ c }}") == [(" a // note ", True), (" b ", False), (" c ", True)]


def test_unbalanced_code_ends_at_the_first_closing_braces() -> None:
    assert pieces("={{ 'it }} b") == [(" 'it ", True), (" b", False)]


def test_escaped_and_unclosed_braces_are_text() -> None:
    assert pieces(r"=a \{{ b }} {{ c }}") == [("a {{ b }} ", False), (" c ", True)]
    assert pieces("=a {{ b") == [("a {{ b", False)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("={{ $('A').item.json.x }}", ("A",)),
        ('={{ $("A B").first() }} {{ $(`C`).all() }}', ("A B", "C")),
        ('={{ $node["A"].json.b + $node.B1.json.c }}', ("A", "B1")),
        ("={{ $items('A', 0, 1)[0].json }}", ("A",)),
        (r"={{ $('It\'s \u0041').item }}", ("It's A",)),
        ("={{ `${ $('A').item.json.x }` }}", ("A",)),
        ("={{ \"$('A')\" }}", ()),
        ("={{ 1 /* $('A') */ }}", ()),
        ("={{ x.$('A') }}", ()),
        ("$('A')", ()),
    ],
)
def test_written_out_node_names_are_found(text: str, names: tuple[str, ...]) -> None:
    assert parse.references(text) == parse.References(names, False)


@pytest.mark.parametrize("code", ["$($json.name).item", "$('a' + b).item", "$node[x].json", "$(`a${b}`).item"])
def test_computed_node_names_are_noticed(code: str) -> None:
    assert parse.references("={{ " + code + " }}") == parse.References((), True)


def test_items_without_a_name_names_no_node() -> None:
    assert parse.references("={{ $items().length }}") == parse.References((), False)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("={{ $('A').item }} A", "={{ $('B b').item }} A"),
        ('={{ $("A").item }}{{ $("C").x }}', '={{ $("B b").item }}{{ $("C").x }}'),
        ("={{ $node.A.json.x }}", '={{ $node["B b"].json.x }}'),
        ("={{ $node['A'].json.A }}", "={{ $node['B b'].json.A }}"),
        ("={{ \"$('A')\" }}", "={{ \"$('A')\" }}"),
        ("$('A')", "$('A')"),
    ],
)
def test_renaming_rewrites_references_only(before: str, after: str) -> None:
    assert parse.rename_node(before, "A", "B b") == after


def test_renaming_escapes_quotes_and_keeps_short_names_short() -> None:
    assert parse.rename_node("={{ $('A') }}", "A", "It's") == r"={{ $('It\'s') }}"
    assert parse.rename_node("={{ $node.A.json }}", "A", "B") == "={{ $node.B.json }}"


def test_names_in_the_code_of_a_code_node() -> None:
    code = "const x = $('A').all();\n// $('B')\nreturn $items('C');"
    assert parse.code_references(code).names == ("A", "C")
    assert "$('Z').all()" in parse.rename_node_in_code(code, "A", "Z")
