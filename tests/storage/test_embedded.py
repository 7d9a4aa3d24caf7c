"""Servers of our own: made and started by whoever needs them first, shared, started again after a crash."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.servers import free_port
from workflow_kernel.base.settings import Settings
from workflow_kernel.storage import embedded
from workflow_kernel.storage.embedded import programs
from workflow_kernel.storage.embedded.account import Account, blocked_by, give
from workflow_kernel.storage.embedded.errors import OwnServerError, SharedServerError

is_root = os.geteuid() == 0
SECRET = "s3cret-word"

MEMBER = """
import asyncio, os, sys
from workflow_kernel.base.settings import Settings
from workflow_kernel.storage import embedded

if account := int(sys.argv[1]):  # Everything is imported by now: the account may not see Python's files.
    os.setgroups([])
    os.setresgid(account, account, account)
    os.setresuid(account, account, account)

async def main():
    async with embedded.servers(Settings()) as addresses:
        print(addresses.database_url, addresses.redis_url, flush=True)
        await asyncio.to_thread(sys.stdin.readline)

asyncio.run(main())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account may enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name) / "data"
        assert embedded.stop_servers(Path(name) / "data")


@pytest.fixture
async def addresses(folder: Path) -> AsyncIterator[embedded.Addresses]:
    async with embedded.servers(Settings(data_folder=folder)) as found:
        yield found


def member(folder: Path, account: int = 0) -> subprocess.Popen[str]:
    """A process that uses the servers until a line or an end of its input comes."""
    return subprocess.Popen(
        [sys.executable, "-c", MEMBER, str(account)],
        env={**os.environ, "WORKFLOW_DATA_FOLDER": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def addresses_of(process: subprocess.Popen[str]) -> embedded.Addresses:
    assert process.stdout is not None
    return embedded.Addresses(*process.stdout.readline().split())


def pids(folder: Path) -> dict[str, int]:
    """The process ids; 0 for a server that is just starting."""
    files = {"postgres": "postgres/postmaster.pid", "redis": "redis/redis.pid"}
    return {name: pid(folder / "servers" / path) for name, path in files.items()}


def pid(file: Path) -> int:
    try:
        words = file.read_text().split()
    except FileNotFoundError:
        return 0
    return int(words[0]) if words else 0  # it is there before anything is in it


def is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def answers(found: embedded.Addresses) -> bool:
    try:
        psycopg.connect(found.database_url, connect_timeout=2).close()
        with redis.Redis.from_url(found.redis_url) as client:
            return bool(client.ping())
    except (psycopg.OperationalError, redis.ConnectionError):
        return False


async def eventually(claim: Callable[[], Any], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(claim):
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.05)


async def test_servers_start_with_no_configuration_and_stop_at_the_end(folder: Path) -> None:
    async with embedded.servers(Settings(data_folder=folder)) as found:
        with psycopg.connect(found.database_url) as connection:
            assert connection.execute("select current_database(), lower('É')").fetchone() == ("workflow", "é")
        running = pids(folder)
        assert all(is_alive(pid) for pid in running.values())
    assert not any(is_alive(pid) for pid in running.values())


async def test_nobody_comes_in_without_the_password(folder: Path, addresses: embedded.Addresses) -> None:
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(make_conninfo(addresses.database_url, password="other"))
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(make_conninfo(addresses.database_url, password=""))
    socket = addresses.redis_url.partition("@")[2].partition("?")[0]
    with redis.Redis(unix_socket_path=socket) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    wrong = Settings.model_validate({"data_folder": folder, "redis_url": f"unix://:{SECRET}@{socket}"})
    with pytest.raises(SharedServerError, match="invalid username-password pair"):
        async with embedded.servers(wrong):
            pass
    secrets = [folder / "servers" / f"{name}.password" for name in ("postgres", "redis")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    arguments = "".join(part for pid in pids(folder).values() for part in psutil.Process(pid).cmdline())
    assert not any(path.read_text() in arguments for path in secrets)


async def test_processes_share_the_servers_and_the_last_stops_them(folder: Path) -> None:
    members = [member(folder) for _ in range(3)]
    found = {await asyncio.to_thread(addresses_of, process) for process in members}
    assert len(found) == 1
    running = pids(folder)
    for process in members[:-1]:
        process.communicate(timeout=30)
    assert pids(folder) == running
    assert answers(found.pop())
    members[-1].communicate(timeout=30)
    assert not any(is_alive(pid) for pid in running.values())


@pytest.mark.parametrize("name", ["postgres", "redis"])
async def test_a_killed_server_comes_back_with_its_data(folder: Path, addresses: embedded.Addresses, name: str) -> None:
    with psycopg.connect(addresses.database_url) as connection:
        connection.execute("create table kept as select 42 as value")
    with redis.Redis.from_url(addresses.redis_url) as client:
        client.set("kept", "42")
    before = pids(folder)[name]
    os.kill(before, signal.SIGKILL)
    await eventually(lambda: not is_alive(before) and pids(folder)[name] not in {0, before} and answers(addresses))
    with psycopg.connect(addresses.database_url) as connection:
        assert connection.execute("select value from kept").fetchone() == (42,)
    with redis.Redis.from_url(addresses.redis_url) as client:
        assert client.get("kept") == b"42"


async def test_a_busy_child_of_a_killed_postgres_does_not_keep_it_from_coming_back(
    folder: Path, addresses: embedded.Addresses
) -> None:
    connection = await psycopg.AsyncConnection.connect(addresses.database_url)
    busy = asyncio.create_task(connection.execute("select count(*) from generate_series(1, 1000000000000)"))
    await asyncio.sleep(0)
    os.kill(pids(folder)["postgres"], signal.SIGKILL)
    with pytest.raises(psycopg.OperationalError):
        await busy
    await connection.close()
    await eventually(lambda: answers(addresses))


async def test_servers_whose_users_were_killed_are_joined_again(folder: Path) -> None:
    first = member(folder)
    found = await asyncio.to_thread(addresses_of, first)
    first.kill()
    first.communicate()
    running = pids(folder)
    assert answers(found)
    async with embedded.servers(Settings(data_folder=folder)) as again:
        assert again == found
        assert pids(folder) == running
    assert not any(is_alive(pid) for pid in running.values())


async def test_servers_start_after_everything_was_killed(folder: Path) -> None:
    first = member(folder)
    await asyncio.to_thread(addresses_of, first)
    running = pids(folder)
    for pid in (first.pid, *running.values()):
        os.kill(pid, signal.SIGKILL)
    first.communicate()
    # By now the process id in the file may be that of somebody else.
    pid_file = folder / "servers" / "postgres" / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(str(running["postgres"]), str(os.getpid()), 1))
    async with embedded.servers(Settings(data_folder=folder)) as found:
        assert answers(found)


async def test_servers_nobody_uses_can_be_stopped(folder: Path) -> None:
    first = member(folder)
    await asyncio.to_thread(addresses_of, first)
    running = pids(folder)
    assert not embedded.stop_servers(folder)
    assert all(is_alive(pid) for pid in running.values())
    first.kill()
    first.communicate()
    assert embedded.stop_servers(folder)
    assert not any(is_alive(pid) for pid in running.values())


async def test_a_path_too_long_for_a_socket_listens_on_the_loopback(folder: Path) -> None:
    deep = folder / ("long" * 20)
    try:
        async with embedded.servers(Settings(data_folder=deep)) as found:
            assert "@127.0.0.1:" in found.database_url
            assert "@127.0.0.1:" in found.redis_url
            assert answers(found)
    finally:
        assert embedded.stop_servers(deep)


async def test_a_lost_password_is_said_to_be(folder: Path) -> None:
    async with embedded.database(Settings(data_folder=folder)):
        pass
    path = folder / "servers" / "postgres.password"
    path.unlink()
    with pytest.raises(OwnServerError, match="is not the one it was made with") as caught:
        async with embedded.database(Settings(data_folder=folder)):
            pass
    assert str(path) in caught.value.mend


@pytest.mark.skipif(not is_root, reason="only root runs servers as another account")
async def test_root_is_told_which_folder_is_closed(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(parents=True, mode=0o700)
    with pytest.raises(OwnServerError, match=f"may not enter the folder {closed}") as caught:
        async with embedded.servers(Settings(data_folder=closed / "data")):
            pass
    assert "WORKFLOW_DATA_FOLDER" in caught.value.mend


@pytest.mark.skipif(not is_root, reason="only root runs servers as another account")
async def test_programs_in_a_closed_folder_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "blocked_by", lambda path, _: path)
    async with embedded.servers(Settings(data_folder=folder)) as found:
        assert answers(found)
        program = Path(psutil.Process(pids(folder)["redis"]).exe())
        assert program.is_relative_to(folder / "servers" / "programs")


@pytest.mark.skipif(not is_root, reason="the other tests run without root already")
async def test_servers_run_for_those_who_are_not_root(folder: Path) -> None:
    account = Account(65534, 65534, "nobody")
    if blocked_by(programs.postgres_programs(), account):
        pytest.skip("nobody may not run the programs where they are installed")
    give(folder, account, 0o700)
    process = member(folder, account.uid)
    found = await asyncio.to_thread(addresses_of, process)
    assert answers(found)
    process.communicate(timeout=30)
    assert not answers(found)


async def test_servers_that_settings_name_are_used(settings: Settings) -> None:
    async with embedded.servers(settings) as found:
        assert settings.database_url is not None
        assert found.database_url == settings.database_url.get_secret_value()
        assert answers(found)
    assert not (settings.data_folder / "servers").exists()


WRONG = [
    ("database_url", f"postgresql://me:{SECRET}@127.0.0.1:{{port}}/name", "refused"),
    ("database_url", f"postgresql://postgres:{SECRET}@127.0.0.1:{{postgres}}/nothere", '"nothere" does not exist'),
    ("database_url", f"mysql://me:{SECRET}@127.0.0.1/name", "is not the URL"),
    ("database_url", f"postgresql://me:{SECRET}@127.0.0.1:{SECRET}/name", "is not the URL"),
    ("redis_url", f"redis://:{SECRET}@127.0.0.1:{{port}}/0", "refused"),
    ("redis_url", f"http://:{SECRET}@127.0.0.1", "is not the URL"),
]


@pytest.mark.parametrize(("name", "url", "reason"), WRONG)
async def test_a_wrong_server_is_said_without_its_password(
    settings: Settings, postgres: str, name: str, url: str, reason: str
) -> None:
    url = url.format(port=free_port(), postgres=conninfo_to_dict(postgres)["port"])
    wrong = Settings.model_validate(settings.model_dump() | {name: url})
    with pytest.raises(SharedServerError, match=reason) as caught:
        async with embedded.servers(wrong):
            pass
    assert f"WORKFLOW_{name.upper()}" in caught.value.message
    assert SECRET not in str(caught.value)


async def test_a_server_that_never_answers_is_given_up(settings: Settings) -> None:
    silent = await asyncio.start_server(hold, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    for name, url in (("database_url", "postgresql://a:b@127.0.0.1:{}/c"), ("redis_url", "redis://127.0.0.1:{}")):
        wrong = Settings.model_validate(settings.model_dump() | {name: url.format(port), "connect_timeout": 0.3})
        with pytest.raises(SharedServerError, match=r"does not answer within 0.3 seconds|[Tt]imeout"):
            async with embedded.servers(wrong):
                pass
    silent.close()


async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take a connection and say nothing."""
    await reader.read()
    writer.close()
