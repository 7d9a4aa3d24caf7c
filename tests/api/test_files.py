"""Files that nodes may use, over the API: what is seen, what is sent in parts, and that no path leaves the folder."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.harness import Server
from tests.api.whole import Whole
from workflow_kernel.client import Client, RefusedError

BYTES = {"Content-Type": "application/octet-stream"}


def kept(folder: Path) -> list[str]:
    """What a folder holds."""
    return [path.name for path in folder.iterdir()]


@pytest.fixture
def folder(whole: Whole) -> Path:
    return Path(whole.service.settings.data_folder) / "files"


async def put(client: httpx.AsyncClient, path: str, data: bytes, **query: Any) -> httpx.Response:
    wanted = {"path": path, "upload": "one", "total": len(data), **query}
    return await client.put("/api/files/content", params=wanted, content=data, headers=BYTES)


async def names(client: httpx.AsyncClient, **query: Any) -> list[str]:
    return [item["path"] for item in (await client.get("/api/files", params=query)).json()["items"]]


async def test_files_are_sent_listed_found_fetched_and_removed(whole: Whole, folder: Path) -> None:
    client = await whole.sign_in()
    assert await names(client) == []
    sent = await put(client, "sales/2026/march prices.csv", b"a,b\n1,2\n")
    assert sent.json()["file"]["path"] == "sales/2026/march prices.csv" and sent.json()["file"]["size"] == 8
    await put(client, "notes.txt", b"")
    assert await names(client) == ["sales", "notes.txt"]
    assert await names(client, folder="sales") == ["sales/2026"]
    assert await names(client, text="MARCH csv") == ["sales/2026/march prices.csv"]
    got = await client.get("/api/files/content", params={"path": "sales/2026/march prices.csv"})
    assert got.content == b"a,b\n1,2\n" and "march%20prices.csv" in got.headers["content-disposition"]
    assert (await client.post("/api/files/folders", json={"path": "empty"})).status_code == 201
    for path in ("empty", "notes.txt"):
        assert (await client.delete("/api/files", params={"path": path})).status_code == 204
    refused = await client.delete("/api/files", params={"path": "sales"})
    assert refused.json()["code"] == "WF809" and await names(client) == ["sales"]
    events = (await (await whole.sign_in("admin")).get("/api/audit", params={"limit": 50})).json()["items"]
    assert {"file.upload", "file.make_folder", "file.delete"} <= {event["action"] for event in events}


async def test_a_list_comes_in_pages_folders_first(whole: Whole, folder: Path) -> None:
    for number in range(5):
        (folder / f"File {number}.csv").write_text("x")
    (folder / "zoo").mkdir()
    client = await whole.sign_in()
    seen: list[str] = []
    cursor = None
    while cursor is not None or not seen:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/api/files", params=query)).json()
        seen += [item["name"] for item in page["items"]]
        cursor = page["next"]
    assert seen == ["zoo", *(f"File {number}.csv" for number in range(5))]


async def test_a_large_file_comes_in_parts_and_is_seen_whole_or_not_at_all(whole: Whole, folder: Path) -> None:
    client = await whole.sign_in()
    first = await put(client, "big.bin", b"12345", total=8)
    assert first.json() == {"file": None} and await names(client) == []
    twice = await put(client, "big.bin", b"12345", total=8)
    assert (twice.status_code, twice.json()["code"]) == (409, "WF808")
    last = await put(client, "big.bin", b"678", offset=5, total=8)
    assert last.json()["file"]["size"] == 8 and (folder / "big.bin").read_bytes() == b"12345678"
    again = await put(client, "big.bin", b"x")
    assert (again.status_code, again.json()["code"]) == (409, "WF807")
    await put(client, "big.bin", b"x", upload="three", replace=True)
    assert (folder / "big.bin").read_bytes() == b"x" and kept(folder) == ["big.bin"]
    most = whole.service.settings.max_file
    assert (await put(client, "huge.bin", b"x", upload="four", total=most + 1)).json()["code"] == "WF810"


OUTSIDE = (
    "../x",
    "a/../../x",
    "/etc/passwd",
    "link/x",
    "way/passwd",
    ".hidden",
    "a/.git/x",
    "~root/x",
    "a\\..\\x",
    "file/x",
)


async def test_no_path_leaves_the_folder(whole: Whole, folder: Path) -> None:
    client = await whole.sign_in()
    (folder / "link").symlink_to(folder.parent)
    (folder / "way").symlink_to("/etc")
    (folder / "file").write_text("x")
    (folder / ".hidden").write_text("x")
    assert await names(client) == ["file"]
    assert await names(client, text="passwd") == []
    for path in OUTSIDE:
        for answer in (
            await client.get("/api/files/content", params={"path": path}),
            await put(client, path, b"x"),
            await client.get("/api/files", params={"folder": path}),
            await client.post("/api/files/folders", json={"path": path}),
            await client.delete("/api/files", params={"path": path}),
        ):
            assert answer.status_code in (404, 409, 422), f"{path}: {answer.text}"
    assert not (folder.parent / "x").exists() and (folder / ".hidden").exists()


async def test_who_may_not_write_paths_sees_no_files(whole: Whole) -> None:
    client = await whole.sign_in("operator")
    assert (await client.get("/api/files")).status_code == 403
    assert (await put(client, "x", b"x")).status_code == 403


async def test_the_client_sends_and_fetches_files(whole: Whole, tmp_path: Path) -> None:
    token = (await whole.enter()).access_token
    source, target = tmp_path / "from.bin", tmp_path / "to.bin"
    source.write_bytes(os.urandom(5 << 20))
    server: Server = whole.server

    def there_and_back() -> None:
        with Client(server.url, token) as client:
            assert client.upload(source, "deep/it.bin")["size"] == 5 << 20
            client.download("deep/it.bin", target)
            with pytest.raises(RefusedError, match="no file 'nothing'"):
                client.download("nothing", tmp_path / "nothing")

    await asyncio.to_thread(there_and_back)
    assert source.read_bytes() == target.read_bytes() and not (tmp_path / "nothing").exists()
