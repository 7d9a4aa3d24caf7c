"""Pictures: lines for a terminal and an SVG. Whether they look well was judged by eye."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import hypothesis

from tests.graph.test_validate import made
from tests.graph.workflows import workflows
from workflow_kernel.graph.model import Node, Workflow
from workflow_kernel.graph.picture import to_svg, to_text

BRANCHED = made(
    {"s": "flow.manual_trigger", "f": "data.filter", "a": "data.limit", "b": "flow.no_op", "m": "flow.merge"},
    "s>f", "f.kept>a", "f.discarded>b", "a>m.input1", "b>m.input2", "m>f",
)  # fmt: skip


def test_lines_show_branches_ports_and_the_way_back() -> None:
    assert to_text(BRANCHED).splitlines() == [
        "● S   flow.manual_trigger",
        "│",
        "● F   data.filter",
        "├─╮",
        "● │ A   data.limit   from F.kept",
        "│ │",
        "│ ● B   flow.no_op   from F.discarded",
        "├─╯",
        "●   M   flow.merge   from input1: A, input2: B   ↺ back to F",
    ]


@hypothesis.given(workflows(most=8))
@hypothesis.settings(max_examples=100, deadline=None)
def test_any_workflow_has_pictures(workflow: Workflow) -> None:
    lines = to_text(workflow).splitlines()
    assert sum(line.lstrip("│├╭╮╰╯─┼┬┴┤ ")[:1] in ("●", "○") for line in lines) == len(workflow.nodes)
    tree = ElementTree.fromstring(to_svg(workflow))
    known = [e for e in workflow.edges if e.source.node in workflow.nodes and e.target.node in workflow.nodes]
    assert len(tree.findall("{*}path")) == len(known)
    assert len(tree.findall("{*}g")) == len(workflow.nodes)


def test_a_picture_stands_by_itself_in_light_and_dark() -> None:
    text = to_svg(BRANCHED)
    assert "prefers-color-scheme:dark" in text
    assert "href" not in text and "url(" not in text and "<script" not in text
    assert text.count("http") == 1, "but for the namespace"


def test_a_long_title_is_not_cut_off() -> None:
    title = "A title that nobody would call short, <with> signs & 日本語"
    tree = ElementTree.fromstring(to_svg(Workflow("W", {"a": Node("a", title, "flow.no_op")})))
    box = tree.find("{*}g/{*}rect")
    assert box is not None and float(box.attrib["width"]) > 8 * len(title)
    assert next(text.text for text in tree.iter("{http://www.w3.org/2000/svg}text")) == title
