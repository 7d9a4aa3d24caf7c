"""A library that takes long to load is there for who asks it, and is not loaded before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "ray_executor" / "stand_ins"
ASK = """
import sys
from jsonschema import Draft202012Validator, FormatChecker
assert "lark" not in sys.modules
validator = Draft202012Validator({"format": "iri"}, format_checker=FormatChecker())
print([validator.is_valid(text) for text in ("http://a/\\u00fc", "http://[", "a b")])
assert "lark" in sys.modules
import rfc3987_syntax
print(rfc3987_syntax.is_valid_syntax_iri("http://a"), rfc3987_syntax.__file__)
"""


def run(code: str, *, isolated: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *(["-S"] if isolated else []), "-c", code],
        env={**os.environ, "PYTHONPATH": str(FOLDER)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_it_answers_as_the_library_does() -> None:
    done = run(ASK)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "[True, False, False]"
    assert done.stdout.splitlines()[1].startswith("True ")
    assert str(FOLDER) not in done.stdout


def test_it_is_not_there_where_the_library_is_not() -> None:
    done = run("import rfc3987_syntax", isolated=True)
    assert "ModuleNotFoundError: No module named 'rfc3987_syntax'" in done.stderr
