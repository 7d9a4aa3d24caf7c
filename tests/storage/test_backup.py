"""Backups: everything comes back, nobody reads them without the key, and a damaged one changes nothing."""

from __future__ import annotations

import asyncio
import io
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from workflow_kernel.base.ids import new_id
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import SYSTEM
from workflow_kernel.services.audit import record
from workflow_kernel.storage import backup, keys, migrations
from workflow_kernel.storage.blobs import FolderBlobs
from workflow_kernel.storage.database import Database, plain_url
from workflow_kernel.storage.dump import DumpError
from workflow_kernel.storage.sealed_file import (
    CHUNK,
    Head,
    SealedFileError,
    SealedReader,
    SealedWriter,
    new_salt,
    read_head,
)
from workflow_kernel.storage.tables import Base, Project, User

PASSPHRASE = "correct horse battery staple"
KEY = bytes(32)


def sealed(data: bytes) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, Head("master", "00" * 32), KEY)
    writer.write(data)
    writer.finish()
    return file.getvalue()


def opened(data: bytes, key: bytes = KEY) -> bytes:
    file = io.BytesIO(data)
    return io.BufferedReader(SealedReader(file, read_head(file), key)).read()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_sealed_file_gives_back_what_was_put_in(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert opened(sealed(data[:size])) == data[:size]


def test_a_change_anywhere_in_a_sealed_file_is_noticed() -> None:
    whole = sealed(bytes(2 * CHUNK + 5))
    start = whole.index(b"\n") + 1
    chunk = CHUNK + 16
    first, second, last = whole[start : start + chunk], whole[start + chunk : start + 2 * chunk], whole[-21:]
    head = whole[:start]
    for wrong in (
        head.replace(b"0000", b"0001", 1) + first + second + last,
        head + second + first + last,
        head + first + last,
        head + first + second,
        head + first + second + last[:-1],
        head + first + second + last + b"more",
        head + first[:-1] + bytes([first[-1] ^ 1]) + second + last,
        head,
        b"{}\n" + first,
    ):
        with pytest.raises(SealedFileError):
            opened(wrong)
    with pytest.raises(SealedFileError, match="The key is not the one"):
        opened(whole, b"1" * 32)


@pytest.fixture
async def filled(database: Database, settings: Settings) -> Settings:
    """A service with an account, a project, an event, a blob and keys."""
    async with database.session() as session:
        user = User(id=new_id(), email="ann@example.com")
        session.add(user)
        await session.flush()
        session.add(Project(name="Ann's", owner_id=user.id))
        record(session, SYSTEM, "account.create", f"account:{user.id}", text="50 % of it")
    FolderBlobs(settings.data_folder / "blobs").put(b"an attachment")
    keys.master_keys(settings)
    keys.signing_key(settings)
    return settings


@pytest.fixture
def empty_url(postgres: str) -> Iterator[str]:
    name = f"empty_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    yield postgres.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    with psycopg.connect(plain_url(url)) as connection:
        return {
            name: sorted(connection.execute(f"select * from {name}").fetchall(), key=str)
            for name in (*Base.metadata.tables, "alembic_version")
        }


async def test_a_backup_brings_everything_back(
    filled: Settings, database_url: str, empty_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    await asyncio.to_thread(backup.back_up, filled, database_url, file, PASSPHRASE)
    assert b"ann@example.com" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    there = Settings(data_folder=tmp_path / "there")
    found = await asyncio.to_thread(backup.restore, there, empty_url, file, PASSPHRASE)
    assert (found.has_blobs, found.has_keys) == (True, True)
    assert rows(empty_url) == rows(database_url)
    assert migrations.is_current(empty_url)
    assert FolderBlobs(there.data_folder / "blobs").get(FolderBlobs(tmp_path).put(b"an attachment")) == b"an attachment"
    assert keys.master_keys(there) == keys.master_keys(filled)
    assert keys.signing_key(there) == keys.signing_key(filled)
    with psycopg.connect(empty_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("delete from audit_event")


async def test_a_backup_by_the_master_key_holds_no_keys(
    filled: Settings, database_url: str, empty_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    made = await asyncio.to_thread(backup.back_up, filled, database_url, file, None)
    assert not made.has_keys
    other = Settings(data_folder=tmp_path / "there")
    with pytest.raises(SealedFileError, match="needs the master key"):
        backup.restore(other, empty_url, file, None)
    keys.add_master_key(filled)  # The key it was made with is an earlier one now.
    await asyncio.to_thread(backup.restore, filled, empty_url, file, None)
    assert rows(empty_url) == rows(database_url)


async def test_what_is_wrong_with_a_backup_is_found_before_anything_changes(
    filled: Settings, database_url: str, empty_url: str, tmp_path: Path
) -> None:
    file, wrong = tmp_path / "backup", tmp_path / "wrong"
    await asyncio.to_thread(backup.back_up, filled, database_url, file, PASSPHRASE)
    whole = file.read_bytes()
    there = Settings(data_folder=tmp_path / "there")
    for data, passphrase in (
        (whole, "another passphrase"),
        (whole[:-1], PASSPHRASE),
        (whole[:-20] + bytes(20), PASSPHRASE),
        (b"", PASSPHRASE),
    ):
        wrong.write_bytes(data)
        with pytest.raises(SealedFileError):
            await asyncio.to_thread(backup.restore, there, empty_url, wrong, passphrase)
    with pytest.raises(SealedFileError, match="needs its passphrase"):
        backup.restore(there, empty_url, file, None)
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("select 1 from pg_tables where schemaname = 'public'").fetchone() is None
    assert not (there.data_folder / "blobs").exists()


async def test_a_database_that_is_not_empty_is_replaced_only_when_asked(
    filled: Settings, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    await asyncio.to_thread(backup.back_up, filled, database_url, file, PASSPHRASE)
    before = rows(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("update user_account set name = 'changed'")
    with pytest.raises(SealedFileError, match="not empty"):
        await asyncio.to_thread(backup.restore, filled, database_url, file, PASSPHRASE)
    await asyncio.to_thread(backup.restore, filled, database_url, file, PASSPHRASE, replace=True)
    assert rows(database_url) == before


async def test_a_restore_that_fails_puts_back_what_was_there(
    filled: Settings, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    await asyncio.to_thread(backup.back_up, filled, database_url, file, PASSPHRASE)
    with psycopg.connect(database_url) as connection:
        connection.execute("update user_account set name = 'changed'")
        connection.execute("create schema other")
        connection.execute("""create function other.refuse() returns event_trigger language plpgsql as
            $$ begin raise exception 'not today'; end $$""")
        connection.execute("create event trigger refuse on ddl_command_start when tag in ('CREATE TABLE') "
                           "execute function other.refuse()")  # fmt: skip
    before = rows(database_url)
    with pytest.raises(DumpError, match="not today"):
        await asyncio.to_thread(backup.restore, filled, database_url, file, PASSPHRASE, replace=True)
    assert rows(database_url) == before


async def test_a_backup_that_fails_leaves_no_file(filled: Settings, database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    nothing = database_url.rpartition("/")[0] + "/nothing_there"
    with pytest.raises((DumpError, psycopg.OperationalError)):
        await asyncio.to_thread(backup.back_up, filled, nothing, folder / "backup", PASSPHRASE)
    assert list(folder.iterdir()) == []
    (folder / "backup").write_text("mine")
    with pytest.raises(SealedFileError, match="already"):
        await asyncio.to_thread(backup.back_up, filled, database_url, folder / "backup", PASSPHRASE)
    assert (folder / "backup").read_text() == "mine"


def test_salts_differ() -> None:
    assert new_salt() != new_salt()
