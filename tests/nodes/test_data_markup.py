"""HTML, XML and Markdown: what is taken from pages, the shapes of XML, safety, lineage and errors."""

from __future__ import annotations

from typing import Any

import pytest

from workflow_kernel.nodes.data import _xml
from workflow_kernel.nodes.data._html_import import from_html
from workflow_kernel.sdk import Binary, ImportedNode, Item, NodeError
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.testing import run_node

PAGE = """<html><body><h1> A  title
 </h1><ul id=l><li class="x">1<li class="x">2 <b>bold</b></ul><a href="http://e.org/?a=1&amp;b=2">go</a>
<input value="v"><select><option value=1>one<option value=2 selected>two</select></body></html>"""


def extract(*values: dict[str, Any], **options: Any) -> Any:
    return run_node("data.html", {"values": list(values), **options}, [{"data": PAGE}]).json()[0]


def test_values_are_taken_by_selector() -> None:
    found = extract(
        {"field": "title", "selector": "h1"},
        {"field": "all", "selector": "li", "all": True},
        {"field": "inner", "selector": "li:nth-child(2)", "take": "html"},
        {"field": "link", "selector": "a", "take": "attribute", "attribute": "href"},
        {"field": "input", "selector": "input", "take": "value"},
        {"field": "chosen", "selector": "select", "take": "value"},
        {"field": "none", "selector": ".missing"},
        {"field": "empty", "selector": ".missing", "all": True},
    )
    assert found == {
        "title": "A  title", "all": ["1", "2 bold"], "inner": "2 <b>bold</b>", "link": "http://e.org/?a=1&b=2",
        "input": "v", "chosen": "2", "empty": [],
    }  # fmt: skip


def test_jquery_selectors_and_tidying_work() -> None:
    assert extract({"field": "a", "selector": "li:contains('bold')"}) == {"a": "2 bold"}
    assert extract({"field": "a", "selector": "ul:contains(bold) > li:last > b", "take": "html"}) == {"a": "bold"}
    assert extract({"field": "a", "selector": "li:first, h1", "all": True}) == {"a": ["1", "A  title"]}
    assert extract({"field": "a", "selector": "h1"}, clean_up=True) == {"a": "A title"}
    assert extract({"field": "a", "selector": "ul", "skip": "b"}) == {"a": "12"}
    assert extract({"field": "a", "selector": "a"}, text_style="readable") == {"a": "go"}
    body = run_node(
        "data.html",
        {"values": [{"field": "a", "selector": "body", "skip": "b"}], "text_style": "readable"},
        [{"data": "<ul><li>1<li>2 <b>x</b></ul><a href=u>go</a>"}],
    )
    assert body.json() == [{"a": "* 1\n * 2\n\ngo [u]"}]


def test_a_list_of_pages_gives_an_item_for_each_and_a_file_is_read_too() -> None:
    value = {"field": "t", "selector": "p"}
    out = run_node(
        "data.html", {"values": [value], "field": "a.b"}, [{"a": {"b": ["<p>1", "<p>2"]}}, {"a": {"b": "<p>3"}}]
    )
    assert out.json() == [{"t": "1"}, {"t": "2"}, {"t": "3"}]
    assert out.sources() == [[(0, 0)], [(0, 0)], [(0, 1)]]
    blobs = MemoryBlobs()
    item = Item({}, {"data": Binary(blobs.put("<p>ü".encode()))})
    assert run_node("data.html", {"values": [value], "source": "file"}, [item], blobs=blobs).json() == [{"t": "ü"}]


def test_a_page_that_is_missing_or_a_selector_that_is_wrong_is_an_error() -> None:
    out = run_node(
        "data.html", {"values": [{"field": "t", "selector": "p"}]}, [{"x": 1}, {"data": "<p>1"}], on_error="branch"
    )
    assert out.json(0) == [{"t": "1"}]
    assert "no field 'data'" in out.json(1)[0]["error"]
    assert (
        "no CSS selector"
        in run_node("data.html", {"values": [{"field": "t", "selector": "p["}]}, [{"data": "x"}]).error
    )


def test_a_table_escapes_values_unless_told_otherwise() -> None:
    rows = [{"a_b": "<i>"}, {"a_b": None, "c": True}]
    html = run_node("data.html", {"operation": "table", "plain_style": True, "capitalize": True}, rows).json()[0][
        "data"
    ]
    assert "<th>A B</th><th>C</th>" in html
    assert "&lt;i&gt;" in html
    assert 'checked="checked"' in html
    raw = run_node("data.html", {"operation": "table", "escape": False, "name_missing": True}, rows)
    assert "<i>" in raw.json()[0]["data"]
    assert "null" in raw.json()[0]["data"]
    assert raw.sources() == [[(0, 0), (0, 1)]]


def test_an_imported_template_is_an_expression_though_n8n_does_not_mark_it() -> None:
    source = ImportedNode("n8n-nodes-base.html", 1, {"html": "<p>{{ $json.a }}</p>"})
    assert from_html(source).parameters["html"] == "=<p>{{ $json.a }}</p>"


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ('<r><a k="1">x</a><a>y</a><b/></r>', {}, {"r": {"a": [{"_": "x", "k": "1"}, "y"], "b": ""}}),
        ('<r k="1">x</r>', {"merge": False}, {"r": {"_": "x", "$": {"k": "1"}}}),
        ("<r><a>1</a></r>", {"arrays": True}, {"r": {"a": ["1"]}}),
        ("<R><A> 1  2 </A></R>", {"normalize": True, "lower": True, "root": False}, {"a": "1 2"}),
        ('<r a="1">x</r>', {"ignore_attributes": True}, {"r": "x"}),
        ("<r><![CDATA[ <b> ]]></r>", {"trim": True}, {"r": "<b>"}),
        ('\ufeff <?xml version="1.0" encoding="latin1"?><r>ü</r>', {}, {"r": "ü"}),
    ],
)
def test_xml_becomes_the_shapes_of_xml2js(text: str, options: dict[str, Any], expected: Any) -> None:
    assert _xml.parse(text, _xml.Reading(**options)) == expected


def test_xml_with_entities_of_its_own_or_mistakes_is_refused() -> None:
    bomb = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><r>&b;</r>'
    with pytest.raises(NodeError, match="entities of its own"):
        _xml.parse(bomb, _xml.Reading())
    with pytest.raises(NodeError, match="line 2"):
        _xml.parse("<r>\n<a></r>", _xml.Reading())
    with pytest.raises(NodeError, match="nested deeper"):
        _xml.parse("<a>" * 1000, _xml.Reading())


def test_fields_become_xml() -> None:
    value = {"r": {"$": {"k": '"'}, "a": [1, "x<y"], "n": None, "o": {"_": "t"}}}
    lines = _xml.build(value, _xml.Writing(headless=True)).split("\n")
    assert lines == ['<r k="&quot;">', "  <a>1</a>", "  <a>x&lt;y</a>", "  <n/>", "  <o>t</o>", "</r>"]
    assert "<![CDATA[x<y]]>" in _xml.build(value, _xml.Writing(cdata=True))
    assert _xml.build({"a": 1, "b": 2}, _xml.Writing(headless=True, root="top")).startswith("<top>\n  <a>1</a>")
    with pytest.raises(NodeError, match="cannot be the name"):
        _xml.build({"a b": 1}, _xml.Writing())


def test_xml_runs_as_a_node_both_ways() -> None:
    made = run_node("data.xml", {"mode": "to_xml", "field": "x"}, [{"a": {"b": 1}}]).json()
    assert run_node("data.xml", {"field": "x"}, made).json() == [{"a": {"b": "1"}}]
    assert "no field 'data'" in run_node("data.xml", {}, [{}]).error


def test_markdown_becomes_html_and_html_markdown() -> None:
    node = {"text": "# Hi...\n\n|a|\n|---|\n|1|", "html": {"tables": True, "no_header_id": True}}
    html = run_node("data.markdown", node, [{"x": 1}]).json()[0]
    assert html["x"] == 1
    assert html["data"].startswith("<h1>Hi\u2026</h1>\n<table>")
    back = {"mode": "to_markdown", "text": "<h1>T</h1><ul><li>a <b>b</b></li></ul>", "markdown": {"bullet_marker": "-"}}
    assert run_node("data.markdown", back, [{}]).json() == [{"data": "# T\n\n- a **b**"}]
    ignored = {**back, "markdown": {"ignore": ["h1"], "text_replace": [{"pattern": "[ab]", "replacement": "c"}]}}
    assert run_node("data.markdown", ignored, [{}]).json() == [{"data": "* c **c**"}]
