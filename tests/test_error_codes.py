"""Every error code that the source can give is documented, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_code_is_documented_with_its_mend() -> None:
    used = {
        code
        for package in ("workflow_kernel", "ray_executor", "jupyter_extension")
        for path in (ROOT / package).rglob("*.py")
        for code in re.findall(r"\bWF\d{3}\b", path.read_text(encoding="utf-8"))
    }
    rows = re.findall(r"^\| (WF\d{3}) \| (.+?) \| (.+?) \|$", (ROOT / "docs" / "errors.md").read_text("utf-8"), re.M)
    documented = [code for code, _, _ in rows]
    assert used - set(documented) == set(), "add them to docs/errors.md"
    assert set(documented) - used == set(), "remove them from docs/errors.md"
    assert documented == sorted(documented)
