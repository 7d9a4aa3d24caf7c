"""Every example really runs, as a user runs it, against the real server."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.cli.command import EXAMPLES, workflow
from tests.nodes.servers import mail_server

FILES = sorted(EXAMPLES.glob("*.flow"))


def run(examples: Path, name: str, *arguments: object) -> list[dict[str, Any]]:
    answer = workflow("run", examples / name, *arguments)
    assert answer.code == 0, answer.out[-2000:] + answer.err
    output: list[dict[str, Any]] = answer.last["output"]
    return output


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_is_valid_and_says_what_it_does(path: Path) -> None:
    answer = workflow("validate", path)
    assert (answer.code, answer.err) == (0, "")
    assert len(json.loads(path.read_text())["description"]) > 20


def test_every_example_is_tested() -> None:
    text = Path(__file__).read_text()
    assert [path.name for path in FILES if f'"{path.name}"' not in text] == []


def test_csv_cleanup(examples: Path) -> None:
    output = run(examples, "csv_cleanup.flow")
    assert output == [{"rows_read": 12, "customers": 7, "twice": 2, "spent": 10823.42, "file": "output/customers.csv"}]
    with (examples / "output/customers.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["name"] == "Barbara Liskov"
    assert [row["email"] for row in rows if row["country"] == "GB"] == ["ada.lovelace@example.com"]
    assert {row["signed_up"] for row in rows} >= {"2024-03-17", "2024-05-02"}
    with (examples / "output/customers_without_address.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["Alan Turing", "Mary Jackson", "Donald Knuth"]


def test_api_report(examples: Path, api: str) -> None:
    output = run(examples, "api_report.flow", "--input", f"api={api}")
    report = (examples / "output/orders.md").read_text()
    assert "83 of 130 orders are paid, 16,643.87 EUR in all." in report
    assert report.count("\n| ") == 6
    assert "<table>" in (examples / "output/orders.html").read_text()
    assert output[0]["json"]["orders"] == 83


def test_api_report_without_its_server_fails_clearly(examples: Path) -> None:
    answer = workflow("run", examples / "api_report.flow", "--input", "api=http://127.0.0.1:9")
    assert answer.code == 1
    assert answer.last["error"]["node"] == "Get orders"
    assert "http://127.0.0.1:9/orders" in answer.last["error"]["message"]


def test_dedupe_join(examples: Path) -> None:
    output = run(examples, "dedupe_join.flow")
    by_address = {row["email"]: row for row in output}
    assert len(by_address) == len(output) == 6
    assert by_address["grace.hopper@example.com"]["opened"] == 7
    assert not by_address["margaret.hamilton@example.com"]["known"]
    sheet = openpyxl.load_workbook(examples / "output/people.xlsx")["People"]
    assert sheet.max_row == 7


def test_pages_with_retry(examples: Path, api: str) -> None:
    answer = workflow("run", examples / "pages_with_retry.flow", "--input", f"api={api}")
    assert answer.code == 0, answer.out
    failed = [line for line in answer.lines if line["event"] == "node.failed"]
    assert len(failed) == 4
    assert all(line["retry_at"] > line["at"] and "503" in line["error"]["message"] for line in failed)
    products = json.loads((examples / "output/products.json").read_text())
    assert len(products) == 12
    assert all(product["price"] > 20 for product in products)


def test_order_webhook_calls_price_order(examples: Path) -> None:
    assert run(examples, "order_webhook.flow") == [
        {"status": 200, "body": {"order": "A-1042", "to_pay": 171.72, "currency": "EUR"}}
    ]


def test_order_webhook_refuses_an_empty_order(examples: Path) -> None:
    body = json.dumps({"order": "A-1", "lines": []})
    output = run(examples, "order_webhook.flow", "--input", f"body={body}")
    assert output[0]["status"] == 422


def test_order_webhook_answers_when_pricing_fails(examples: Path) -> None:
    body = json.dumps({"order": "A-1", "customer": {"country": "DE"}, "lines": [{"sku": "T-100", "price": "much"}]})
    output = run(examples, "order_webhook.flow", "--input", f"body={body}")
    assert output[0]["status"] == 500
    assert "Price of line" in output[0]["body"]["message"]


def test_price_order_takes_declared_fields(examples: Path) -> None:
    lines = '[{"sku": "a", "quantity": 2, "price": 3}]'
    output = run(examples, "price_order.flow", "-i", "order=0012", "-i", "country=DE", "-i", f"lines={lines}")
    assert output == [{"order": "0012", "lines": 1, "net": 6, "shipping": 4.9, "tax": 2.07, "gross": 12.97}]
    answer = workflow("run", examples / "price_order.flow", "-i", "colour=red")
    assert answer.code == 2
    assert "order, country, lines" in answer.err


def test_sales_by_region(examples: Path) -> None:
    output = run(examples, "sales_by_region.flow")
    assert [row["region"] for row in output] == ["North", "South", "unknown"]
    assert all(abs(row["total"] - sum(row[f"2025-0{month}"] for month in (1, 2, 3))) < 0.01 for row in output)
    assert (examples / "output/sales_by_region.xlsx").stat().st_size > 4000


def test_survey_javascript(examples: Path) -> None:
    output = run(examples, "survey_javascript.flow")
    assert [row["team"] for row in output] == ["sales", "support", "engineering"]
    assert output[-1]["talkTo"] == ["Jon Smith"]
    assert "Talk to Jon Smith." in (examples / "output/mood.md").read_text()


@pytest.fixture
def mail() -> Iterator[Any]:
    with mail_server() as server:
        yield server


def test_low_stock_mail(examples: Path, tmp_path: Path, mail: Any) -> None:
    secrets = tmp_path / "credentials.json"
    secrets.write_text(json.dumps({"mail": {"host": "127.0.0.1", "port": mail.port, "secure": False}}))
    output = run(examples, "low_stock_mail.flow", "--credentials", secrets)
    assert [row.get("to") for row in output if row["sent"]] == ["orders@kettles.example.com", "sales@grind.example.com"]
    assert len(mail.messages) == 2
    assert "Please deliver 24." in mail.messages[0][2].get_content()
    assert [row["sku"] for row in json.loads((examples / "output/not_sent.json").read_text())] == ["M-300"]


def test_low_stock_mail_keeps_what_cannot_be_sent(examples: Path) -> None:
    output = run(examples, "low_stock_mail.flow")
    assert [row["sent"] for row in output] == [False, False, False]
    assert len(json.loads((examples / "output/not_sent.json").read_text())) == 3
