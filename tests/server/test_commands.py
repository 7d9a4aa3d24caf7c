"""``workflow db`` and ``workflow config`` as a person uses them."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from tests.servers import free_port
from workflow_kernel.app.checks import OTHER_VARIABLES
from workflow_kernel.base.settings import Settings
from workflow_kernel.cli import main
from workflow_kernel.storage import processes

PACKAGE = Path(main.__file__).parents[1]


@pytest.fixture(autouse=True)
def configured(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands of these tests use the servers of the tests; gives the data folder."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    monkeypatch.setenv("WORKFLOW_DATA_FOLDER", str(settings.data_folder))
    monkeypatch.setenv("WORKFLOW_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("WORKFLOW_REDIS_URL", settings.redis_url.get_secret_value())
    return settings.data_folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    found = main.call(list(arguments))
    captured = capsys.readouterr()
    text = captured.out + captured.err
    assert found == code, text
    return text


def test_settings_are_shown_with_their_source_and_without_secrets(
    configured: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configured.mkdir()
    (configured / "workflow.toml").write_text('jwt_key = "hidden-one"\nport = 1234\n')
    monkeypatch.setenv("WORKFLOW_SMTP_URL", "smtp://ann:hidden-two@mail.example.com")
    monkeypatch.setenv("WORKFLOW_MASTER_KEYS_OLD", "hidden-three,hidden-four")
    monkeypatch.setenv("COLUMNS", "200")
    text = said(capsys, "config", "show")
    assert "hidden" not in text
    assert re.search(r"port\s+│ 1234\s+│ .*workflow\.toml", text)
    assert re.search(r"smtp_url\s+│ smtp://ann:\*\*\*@mail.example.com\s+│ WORKFLOW_SMTP_URL", text)
    assert re.search(r"bcrypt_cost\s+│ 12\s+│ default", text)
    assert all(f"\n{name} " in text for name in list(Settings.model_fields)[1:])


def test_a_configuration_that_works_is_said_to(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "config", "check")
    for what in ("Data folder", "Keys", "Postgres", "Redis", "Blobs", "Mail"):
        assert re.search(rf"^works +{what}: ", text, re.MULTILINE), text
    assert "of our own" not in text


def test_what_is_broken_or_doubtful_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKFLOW_HOSTT", "1")
    monkeypatch.setenv("WORKFLOW_HOST", "0.0.0.0")
    monkeypatch.setenv("WORKFLOW_SMTP_URL", f"smtp://ann:hidden@127.0.0.1:{free_port()}")
    monkeypatch.setenv("WORKFLOW_BLOB_URL", "nowhere://bucket")
    monkeypatch.setenv("WORKFLOW_MASTER_KEY", "hidden")
    monkeypatch.setenv("WORKFLOW_REDIS_URL", f"redis://:hidden@127.0.0.1:{free_port()}")
    text = said(capsys, "config", "check", code=5)
    assert "WORKFLOW_HOSTT: There is no such setting. Did you mean WORKFLOW_HOST?" in text
    assert re.search(r"doubtful +Address: ", text)
    for what in ("Keys", "Postgres and Redis", "Blobs", "Mail"):
        assert re.search(rf"^broken +{what}: ", text, re.MULTILINE), text
    assert "hidden" not in text


def test_every_variable_the_program_reads_is_known_to_the_check() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    used = set(re.findall(r'"(WORKFLOW_[A-Z_]+)"', code))
    assert used <= OTHER_VARIABLES | {f"WORKFLOW_{name.upper()}" for name in Settings.model_fields}


def test_the_database_goes_down_and_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing to do" in said(capsys, "db", "migrate")
    assert re.search(r"went from \w+_\d{4} to base", said(capsys, "db", "migrate", "--revision", "base"))
    assert re.search(r"went from base to \w+_\d{4}", said(capsys, "db", "migrate"))


def test_a_backup_is_written_and_brought_back(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str
) -> None:
    file = str(tmp_path / "backup")
    monkeypatch.setenv("WORKFLOW_BACKUP_PASSPHRASE", "short")
    assert "too short" in said(capsys, "db", "backup", file, code=2)
    monkeypatch.setenv("WORKFLOW_BACKUP_PASSPHRASE", "quite a long passphrase")
    assert f"Wrote {file}" in said(capsys, "db", "backup", file)
    assert "The backup is whole" in said(capsys, "db", "restore", "--check", file)
    assert "WF796 The database is not empty" in said(capsys, "db", "restore", file, code=2)
    said(capsys, "db", "migrate", "--revision", "base")
    with psycopg.connect(database_url) as connection:
        connection.execute("drop table alembic_version")
    assert "holds the database, attachments, keys" in said(capsys, "db", "restore", file)
    assert "nothing to do" in said(capsys, "db", "migrate")


def test_a_running_service_is_not_restored_under_its_feet(
    capsys: pytest.CaptureFixture[str], configured: Path, tmp_path: Path
) -> None:
    file = str(tmp_path / "backup")
    said(capsys, "db", "backup", "--master-key", file)
    with processes.announced(configured, processes.SERVER, "http://here", "1"):
        assert "WF792" in said(capsys, "db", "restore", "--replace", file, code=2)
        assert "WF792" in said(capsys, "db", "migrate", "--revision", "base", code=2)
