"""Bad input gives a clear message: files made to exhaust memory, odd characters, and secrets in wrong values."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any

import pytest

from tests.nodes.servers import Answer, WebServer
from workflow_kernel.nodes.web import _answer
from workflow_kernel.runs.item import Binary, Item
from workflow_kernel.sdk.explain import explain_parameters
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.testing import NodeResult, run_node

HALF = "\ud800"
"""Half of a surrogate pair, which no file can hold."""


def extract(data: bytes, format: str, **parameters: Any) -> NodeResult:
    blobs = MemoryBlobs()
    item = Item({}, {"data": Binary(blobs.put(data), "text/plain", "a.bin", "bin", len(data))})
    return run_node("files.extract_from_file", {"format": format, **parameters}, [item], blobs=blobs)


def workbook(sheet: str) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    members = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="S" sheetId="1" '
        'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, f'<?xml version="1.0"?>{text}')
    return stream.getvalue()


def test_a_sheet_that_spans_too_many_cells_is_refused() -> None:
    near = workbook('<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>')
    assert extract(near, "xlsx", header_row=False, rows_as="list").json() == [{"row": [1, 2]}]
    far = workbook('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>')
    assert "spans 1,048,576 rows and 16,384 columns" in extract(far, "xlsx").error


def test_merged_cells_that_cover_too_much_are_refused() -> None:
    row = b"<tr><td rowspan=1000 colspan=1000>x</td></tr>"
    assert "merged cells" in extract(b"<table>" + row * 20 + b"</table>", "html").error


@pytest.mark.parametrize("format_", ["json", "text"])
def test_json_nested_too_deeply_is_no_fault(format_: str) -> None:
    result = extract(b"[" * 200_000, format_, parse_json=True)
    assert "Recursion" not in result.error.partition(":")[0]


@pytest.mark.parametrize(
    "lines",
    ["DTSTART:20240101\nDTSTART:20240102", "DTEND:99999999", "DTSTART;TZID=Asia/Tokyo:00010101T000000", "SEQUENCE:x"],
)
def test_a_broken_event_is_told(lines: str) -> None:
    text = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:u1\n{lines}\nEND:VEVENT\nEND:VCALENDAR"
    assert "of the calendar file cannot be read" in extract(text.encode(), "ics").error


@pytest.mark.parametrize("encoding", ["base64", "rot13", "idna", "undefined", "\0", "nonsense"])
def test_what_is_no_text_encoding_is_told(encoding: str) -> None:
    assert "is no text encoding" in extract(b"a,b", "csv", encoding=encoding).error


def test_lines_to_leave_out_may_be_more_than_there_are() -> None:
    assert extract(b"a\n1", "csv", from_line=10**15).json() == []


@pytest.mark.parametrize("path", ["a\0b", HALF, "{a,b}" * 40])
def test_what_is_no_path_is_told(path: str) -> None:
    result = run_node("files.read_file", {"path": path}, [{}])
    assert "path" in result.error


@pytest.mark.parametrize("code", ["return [{json: {a: '\\ud800'}}]", "console.log('\\ud800'); return [{a: '\\ufffd'}]"])
def test_half_characters_of_javascript_are_replaced(code: str) -> None:
    assert run_node("code.javascript", {"code": code}, [{}]).json() == [{"a": "\ufffd"}]


def test_half_characters_in_escapes_stay_as_they_are() -> None:
    code = "return [{json: {a: '\\\\ud800', b: '😀'}}]"
    assert run_node("code.javascript", {"code": code}, [{}]).json() == [{"a": "\\ud800", "b": "😀"}]


@pytest.mark.parametrize("code", ["JSON.stringify = () => '\\ud800'", "Object.prototype.toJSON = () => 1"])
def test_javascript_that_breaks_its_own_answer_is_an_error(code: str) -> None:
    assert run_node("code.javascript", {"code": f"{code}; return []"}, [{}]).error.startswith("The ")


def test_half_characters_do_not_hold_markdown_up() -> None:
    assert run_node("data.markdown", {"text": HALF}, [{}]).json() == [{"data": "<p>\ufffd</p>"}]


def test_half_characters_are_replaced_in_tables_and_files() -> None:
    assert run_node("data.query", {"query": "SELECT a FROM input1"}, [{"a": HALF}]).json() == [{"a": "?"}]
    for format_ in ("csv", "html"):
        assert run_node("files.convert_to_file", {"format": format_}, [{"a": HALF}]).error == ""


def test_names_of_attributes_cannot_break_out_of_xml() -> None:
    result = run_node("data.xml", {"mode": "to_xml"}, [{"a": {"$": {"x><script": "1"}}}])
    assert "'x><script' cannot be the name of an XML attribute" in result.error


def test_numbers_that_decide_about_memory_have_limits() -> None:
    for kind, parameters in (
        ("data.set", {"copies": 10**30}),
        ("data.transform", {"inputs": 10**30, "steps": []}),
        ("data.query", {"inputs": 10**30}),
        ("data.debug_data", {"count": 10**30, "single_list": True}),
    ):
        assert run_node(kind, parameters, [{}]).error


def test_an_answer_that_unpacks_to_too_much_is_refused(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_answer, "MOST", 1_000_000)
    packed = gzip.compress(b" " * 2_000_000)
    web.answers["/packed"] = Answer(packed, headers={"content-encoding": "gzip", "content-type": "text/plain"})
    assert "more than 1 megabytes" in run_node("web.http_request", {"url": f"{web.url}/packed"}, [{}]).error


def test_secret_values_are_not_in_messages() -> None:
    wrong = {"url": "http://x", "auth": {"kind": "bearer", "token": ["hunter2"]}}
    error = run_node("web.http_request", wrong, [{}]).error
    assert "auth.token" in error
    assert "hunter2" not in error
    node_type = Registry().find("files.extract_from_file")
    detail = {"type": "string_type", "loc": ("password",), "msg": "Input should be a valid string", "input": 4711}
    [remark] = explain_parameters(node_type, {"password": 4711}, [detail])
    assert "4711" not in remark.message
