"""Settings: from the environment before the file, lists as people write them, wrong ones named without their values."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflow_kernel import docs
from workflow_kernel.base.settings import InvalidSettingsError, Settings, read_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKFLOW_DATA_FOLDER", str(tmp_path))
    return tmp_path


def test_arguments_come_before_the_environment_and_that_before_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "workflow.toml").write_text('port = 1000\nhost = "::1"\nkeep_days = 3\ncors_origins = ["https://a"]\n')
    monkeypatch.setenv("WORKFLOW_PORT", "2000")
    monkeypatch.setenv("WORKFLOW_HOST", "0.0.0.0")
    found = read_settings(host="127.0.0.2", keep_count=None)
    assert (found.host, found.port, found.keep_days, found.cors_origins) == ("127.0.0.2", 2000, 3, ["https://a"])
    assert found.keep_count == 100_000


@pytest.mark.parametrize("text", ["https://a, https://b", '["https://a", "https://b"]'])
def test_a_list_is_written_with_commas_or_as_json(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("WORKFLOW_CORS_ORIGINS", text)
    assert read_settings().cors_origins == ["https://a", "https://b"]


def test_all_wrong_settings_are_named_at_once_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PORT": "hidden-1", "KEEP_DAYS": "-77", "CORS_ORIGINS": '["hidden-2'}.items():
        monkeypatch.setenv(f"WORKFLOW_{name}", value)
    with pytest.raises(InvalidSettingsError) as caught:
        read_settings()
    for part in ("WORKFLOW_PORT: ", "WORKFLOW_KEEP_DAYS: ", "WORKFLOW_CORS_ORIGINS: "):
        assert part in caught.value.message
    assert "hidden" not in str(caught.value)
    assert "77" not in str(caught.value)


@pytest.mark.parametrize("text", ["port = ", 'prot = 1\nport = "x"'])
def test_a_wrong_file_is_named(folder: Path, text: str) -> None:
    (folder / "workflow.toml").write_text(text)
    with pytest.raises(InvalidSettingsError, match=r"workflow\.toml"):
        read_settings()


def test_a_named_file_that_is_not_there_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKFLOW_CONFIG", str(folder / "none.toml"))
    with pytest.raises(InvalidSettingsError, match=r"none\.toml"):
        read_settings()


def test_the_page_of_the_settings_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / docs.SETTINGS
    assert page.read_text(encoding="utf-8") == docs.settings_page(), "write it anew: make docs"
    assert all(field.description for field in Settings.model_fields.values())
