"""File nodes: reading, writing, converting, extracting and packing, with the limits that keep them safe."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from workflow_kernel.nodes.files import _tables
from workflow_kernel.nodes.files._extract_import import from_move_binary_data, from_spreadsheet_file
from workflow_kernel.sdk import Binary, ImportedNode, Item
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.testing import NodeResult, run_node

ROWS: list[dict[str, Any]] = [{"name": "Zoë", "n": 1, "o": {"x": 1.5}}, {"name": 'a,"b"\nc', "n": None, "ok": True}]


def with_file(data: bytes, blobs: MemoryBlobs, name: str = "f.txt", **json: Any) -> Item:
    return Item(json, {"data": Binary(blobs.put(data), "text/plain", name, name.rpartition(".")[2], len(data))})


def extract(data: bytes, parameters: dict[str, Any], **json: Any) -> NodeResult:
    blobs = MemoryBlobs()
    return run_node("files.extract_from_file", parameters, [with_file(data, blobs, **json)], blobs=blobs)


def convert(parameters: dict[str, Any], items: Any) -> tuple[Binary, bytes, NodeResult]:
    out = run_node("files.convert_to_file", parameters, items)
    binary = (out.items()[0].binary or {})["data"]
    return binary, out.blobs.get(binary.blob), out


@pytest.mark.parametrize("format_", ["xlsx", "xls", "ods", "html", "parquet"])
def test_a_table_comes_back_from_the_file_it_was_written_to(format_: str) -> None:
    _, data, out = convert({"format": format_}, ROWS)
    assert out.sources() == [[(0, 0), (0, 1)]]
    rows = extract(data, {"format": format_}).json()
    first, second = ({k: v for k, v in row.items() if v is not None} for row in rows)
    assert first == {"name": "Zoë", "n": 1, "o.x": 1.5}
    assert second["ok"] is True
    assert second["name"].startswith('a,"b"')


def test_rtf_keeps_words_outside_latin() -> None:
    _, data, _ = convert({"format": "rtf"}, [{"a": "Zoë {株}", "b": 2}])
    assert extract(data, {"format": "rtf"}).json() == [{"a": "Zoë {株}", "b": 2}]


def test_csv_is_quoted_marked_and_read_back() -> None:
    binary, data, _ = convert({"format": "csv"}, ROWS)
    assert data.decode() == '\ufeffname,n,o.x,ok\nZoë,1,1.5,\n"a,""b""\nc",,,TRUE'
    assert (binary.file_name, binary.mime_type, binary.file_extension) == ("spreadsheet.csv", "text/csv", "csv")
    rows = extract(data, {"format": "csv"}).json()
    assert rows == [{"name": "Zoë", "n": "1", "o.x": "1.5"}, {"name": 'a,"b"\nc', "ok": "TRUE"}]
    assert extract(data, {"format": "csv", "include_empty": True, "max_rows": 1}).json()[0]["ok"] == ""
    assert (
        next(iter(extract(data, {"format": "csv", "strip_bom": False, "encoding": "utf-8"}).json()[0])) == "\ufeffname"
    )


def test_csv_options() -> None:
    text = b"junk\na;b\n1;2\n\n3;4\n"
    node = {"format": "csv", "delimiter": ";", "from_line": 2}
    assert extract(text, node).json() == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    bare = {**node, "header_row": False}
    assert extract(text, bare).json()[0] == {"row": ["a", "b"]}
    assert extract(text, {**bare, "rows_as": "object"}).json()[0] == {"row": {"0": "a", "1": "b"}}
    assert "2 values" in extract(b"a,b,c\n1,2\n", {"format": "csv"}).error
    assert extract("a\nü".encode("latin1"), {"format": "csv", "encoding": "latin1"}).json() == [{"a": "ü"}]


def test_records_of_the_wrong_length_may_be_left_out() -> None:
    options = {"skipRecordsWithErrors": {"value": {"enabled": True, "maxSkippedRecords": 1}}}
    parameters = from_spreadsheet_file(ImportedNode("", 2, {"fileFormat": "csv", "options": options})).parameters
    assert extract(b"a,b\n1,2\n3\n4,5\n", parameters).json() == [{"a": "1", "b": "2"}, {"a": "4", "b": "5"}]
    assert "Record 4" in extract(b"a,b\n1\n1,2\n3\n", parameters).error


def test_a_range_a_sheet_and_dates() -> None:
    import datetime as dt

    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "one"
    sheet = book.create_sheet("two")
    for row in (["skip", None, None], ["d", "v", "v"], [dt.datetime(2024, 1, 2, 12), 5, True], [None, None, None]):
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    node = {"format": "spreadsheet", "sheet": "two", "range": "1"}
    assert extract(stream.getvalue(), node).json() == [{"d": "2024-01-02T12:00:00", "v": 5, "v_1": True}]
    assert extract(stream.getvalue(), {**node, "dates": "serial", "range": "A2:B3"}).json() == [{"d": 45293.5, "v": 5}]
    assert "no sheet 'three'" in extract(stream.getvalue(), {**node, "sheet": "three"}).error
    assert "cannot be read" in extract(b"PK nonsense", {"format": "xlsx"}).error


def test_texts_of_cells_become_numbers_as_in_spreadsheets() -> None:
    texts = ["1", "-1.5", "1,000", "$5", "50%", "(3)", "1e3", "TRUE", "007x", "", "-", "."]
    expected = [1, -1.5, 1000, 5, 0.5, -3, 1000, True, "007x", "", "-", "."]
    assert [_tables.typed(text) for text in texts] == expected
    dates = ("2024-01-31", "1/31/2024", "1/31/24", "1-31-2024", "2024-01-31T12:00:00", "2024-13-01", "1/31")
    found = [_tables.typed(text, serial_dates=True) for text in dates]
    assert found == [45322, 45322, 45322, 45322, 45322.5, "2024-13-01", "1/31"]
    assert _tables.typed("2024-01-31") == "2024-01-31"
    page = b"<table><tr><th>d</th></tr><tr><td>2024-01-31</td></tr></table>"
    assert extract(page, {"format": "html", "dates": "serial"}).json() == [{"d": 45322}]
    assert extract(page, {"format": "html", "dates": "serial", "raw": True}).json() == [{"d": "2024-01-31"}]
    assert extract(b"d\n2024-01-31\n", {"format": "spreadsheet", "dates": "serial"}).json() == [{"d": 45322}]


@pytest.mark.parametrize(
    ("format_", "data", "expected"),
    [
        ("json", b'\xef\xbb\xbf{"a": [1]}', {"a": [1]}), ("text", "ü".encode(), "ü"), ("base64", b"ab", "YWI="),
        ("xml", b"<a/>", "<a/>"),
    ],
)  # fmt: skip
def test_contents_go_into_a_field(format_: str, data: bytes, expected: Any) -> None:
    assert extract(data, {"format": format_, "output_field": "x.y"}).json() == [{"x": {"y": expected}}]
    kept = extract(data, {"format": format_, "keep": "both"}, old=1)
    assert kept.json() == [{"old": 1, "data": expected}]
    assert kept.items()[0].binary


def test_errors_of_extraction_name_what_is_wrong() -> None:
    assert "not valid JSON" in extract(b"{", {"format": "json"}).error
    assert "no attachment 'x'" in extract(b"", {"format": "text", "file": "x"}).error
    assert "no text encoding" in extract(b"a", {"format": "text", "encoding": "klingon"}).error
    assert "no table" in extract(b"<p>", {"format": "html"}).error
    assert "cannot be read" in extract(b"no pdf", {"format": "pdf"}).error


def test_text_and_facts_of_a_pdf() -> None:
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    page = canvas.Canvas(stream)
    page.setTitle("T")
    for text in ("one", "two"):
        page.drawString(100, 700, text)
        page.showPage()
    page.save()
    found = extract(stream.getvalue(), {"format": "pdf"}).json()[0]
    assert (found["numpages"], found["numrender"], found["text"]) == (2, 2, "one\n\ntwo")
    assert found["info"]["Title"] == "T"
    part = extract(stream.getvalue(), {"format": "pdf", "max_pages": 1, "join_pages": False}).json()[0]
    assert (part["numrender"], part["text"]) == (1, ["one"])


def test_a_calendar_file_is_made_and_read() -> None:
    event = {
        "title": "Lunch", "start": "2024-05-01T12:00:00Z", "end": "2024-05-01T13:00:00Z", "location": "Here",
        "attendees": [{"name": "A", "email": "a@e.org", "rsvp": True}], "recurrence": "FREQ=DAILY;COUNT=2",
    }  # fmt: skip
    binary, data, _ = convert({"format": "ics", "event": event}, [{}])
    assert (binary.file_name, binary.mime_type) == ("event.ics", "text/calendar")
    found = extract(data, {"format": "ics"}).json()[0]["data"]["events"][0]
    assert found["summary"] == "Lunch"
    assert found["start"] == {"date": "2024-05-01T12:00:00.000Z", "type": "DATE-TIME"}
    assert found["attendees"] == [{"email": "a@e.org", "name": "A", "rsvp": True}]
    assert found["recurrenceRule"] == {"frequency": "DAILY", "count": 2}


def test_items_become_json_together_or_each() -> None:
    binary, data, _ = convert({"format": "json"}, [{"a": 1.0}, {"a": "ü"}])
    assert (data.decode(), binary.mime_type) == ('[{"a":1},{"a":"ü"}]', "application/json")
    _, _, out = convert({"format": "json", "each_item": True, "indent": True}, [{"a": 1}, {"a": 2}])
    files = [(item.binary or {})["data"] for item in out.items()]
    assert [json.loads(out.blobs.get(file.blob)) for file in files] == [{"a": 1}, {"a": 2}]
    assert out.sources() == [[(0, 0)], [(0, 1)]]


def test_base64_becomes_a_file_whose_kind_is_told_by_its_bytes() -> None:
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    binary, data, _ = convert({"format": "base64", "field": "f"}, [{"f": f"data:image/png;base64,{png}"}])
    assert (binary.mime_type, binary.file_name, data[:4]) == ("image/png", "file.png", b"\x89PNG")
    out = run_node("files.convert_to_file", {"format": "text", "field": "x"}, [{"a": 1}, {"x": "t"}], on_error="branch")
    assert [len(out.items(0)), len(out.items(1))] == [1, 1]
    assert "no field 'x'" in out.json(1)[0]["error"]


def test_files_are_packed_and_unpacked() -> None:
    blobs = MemoryBlobs()
    item = Item({"j": 1}, {name: Binary(blobs.put(name.encode()), "text/plain", "t.txt", "txt") for name in ("a", "b")})
    packed = run_node("files.compression", {"operation": "compress", "files": "a, b"}, [item], blobs=blobs).items()
    assert packed[0].binary and packed[0].binary["data"].mime_type == "application/zip"
    out = run_node("files.compression", {"output": "file_"}, packed, blobs=blobs).items()[0]
    assert out.json == {"j": 1}
    assert {k: (v.file_name, blobs.get(v.blob)) for k, v in (out.binary or {}).items()} == {
        "file_0": ("t.txt", b"a"), "file_1": ("t_1.txt", b"b"),
    }  # fmt: skip
    one = {"operation": "compress", "files": "a", "format": "gzip"}
    zipped = run_node("files.compression", one, [item], blobs=blobs).items()
    assert (zipped[0].binary or {})["data"].file_name == "t.txt.gz"
    back = run_node("files.compression", {"output": "f"}, zipped, blobs=blobs).items()[0]
    assert (back.binary or {})["f0"].file_name == "t.txt"


def test_archives_that_unfold_too_far_are_stopped() -> None:
    blobs = MemoryBlobs()
    bomb = with_file(gzip.compress(bytes(3_000_000)), blobs, "b.gz")
    assert "more than 1 megabytes" in run_node("files.compression", {"max_size": 1}, [bomb], blobs=blobs).error
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("../a", "__MACOSX/x", "d/", "d/b"):
            archive.writestr(name, b"x")
    many = with_file(stream.getvalue(), blobs, "m.zip")
    assert "more than 1 files" in run_node("files.compression", {"max_files": 1}, [many], blobs=blobs).error
    found = run_node("files.compression", {}, [many], blobs=blobs).items()[0].binary or {}
    assert [binary.file_name for binary in found.values()] == ["a", "b"]
    assert "neither a zip nor a gzip" in run_node("files.compression", {}, [with_file(b"x", blobs)], blobs=blobs).error
    assert "cannot be read" in run_node("files.compression", {}, [with_file(b"PK\x03\x04", blobs)], blobs=blobs).error


def test_files_are_written_and_read(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    item = with_file(b"hello", blobs, keep=1)
    options: dict[str, Any] = {"blobs": blobs, "folder": tmp_path}
    out = run_node("files.write_file", {"path": "a/b.csv", "make_folders": True}, [item], **options)
    assert out.json() == [{"keep": 1, "fileName": "a/b.csv"}]
    run_node("files.write_file", {"path": "a/b.csv", "append": True}, [item], **options)
    assert (tmp_path / "a/b.csv").read_bytes() == b"hellohello"
    assert list((tmp_path / "a").iterdir()) == [tmp_path / "a/b.csv"]
    (tmp_path / "a/c.json").write_text("{}")
    read = run_node("files.read_file", {"path": "**/*.{csv,json}"}, [{}], **options)
    assert [one["fileName"] for one in read.json()] == ["b.csv", "c.json"]
    assert read.json()[0] == {
        "mimeType": "text/csv", "fileType": "text", "fileName": "b.csv", "fileExtension": "csv", "fileSize": "10 B",
        "directory": str(tmp_path / "a"),
    }  # fmt: skip
    kept = run_node("files.read_file", {"path": "a/c.json", "facts": False, "keep": True}, [{"x": 1}], **options)
    assert kept.json() == [{"x": 1}]
    assert "does not exist" in run_node("files.read_file", {"path": "no.txt"}, [{}], **options).error
    assert run_node("files.read_file", {"path": "*.no"}, [{}], **options).items() == []
    assert "cannot be written" in run_node("files.write_file", {"path": "no/x"}, [item], **options).error


def test_n8ns_old_nodes_find_their_direction() -> None:
    write = from_spreadsheet_file(ImportedNode("", 2, {"operation": "toFile", "fileFormat": "csv"}))
    assert (write.type, write.parameters["format"]) == ("files.convert_to_file", "csv")
    assert from_spreadsheet_file(ImportedNode("", 1, {})).parameters["format"] == "spreadsheet"
    back = from_move_binary_data(
        ImportedNode("", 1, {"mode": "jsonToBinary", "convertAllData": False, "sourceKey": "a"})
    )
    out = run_node("files.convert_to_file", back.parameters, [{"a": {"b": 1}, "c": 2}, {"c": 3}])
    assert out.json() == [{"c": 2}]
    there = from_move_binary_data(ImportedNode("", 1, {"setAllData": True}))
    assert there.parameters["output_field"] == ""
    assert run_node("files.extract_from_file", there.parameters, [{"a": 1}]).items() == []
