"""Credential types: found by entry points, described, checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workflow_kernel.sdk.credentials import CredentialTypes

PAGE = (Path(__file__).parents[2] / "docs" / "credentials.md").read_text(encoding="utf-8")


def test_another_distribution_brings_types_by_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "acme_credentials-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-credentials\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[workflow.credentials]\nacme = acme_credentials\n")
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "acme_credentials.py").write_text(example)
    monkeypatch.syspath_prepend(str(tmp_path))
    types = CredentialTypes()
    found = types.find("acme.key")
    assert (found.spec.title, found.secret_fields()) == ("Acme", {"key"})
    assert types.fits("acme.key", ("http.header",))
    assert found(key="k").for_nodes(None)["value"] == "k"


def test_every_type_is_on_the_page() -> None:
    assert [kind.spec.type for kind in CredentialTypes() if f"`{kind.spec.type}`" not in PAGE] == []
