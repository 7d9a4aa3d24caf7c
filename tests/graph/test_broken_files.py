"""Broken files give problems that name the place and the mend, at once, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.graph import make_broken
from workflow_kernel.base.errors import InvalidWorkflowError, Problem
from workflow_kernel.graph.format import read
from workflow_kernel.graph.validate import validate
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.registry import Registry

CATALOG = RegistryCatalog(Registry())


def problems_of(source: object) -> Sequence[Problem]:
    try:
        return validate(read(source), CATALOG)  # type: ignore[arg-type]
    except InvalidWorkflowError as error:
        assert error.problems
        return error.problems


def check(problems: Sequence[Problem], code: str) -> None:
    assert code in [problem.code for problem in problems], [str(problem) for problem in problems[:5]]
    for problem in problems:
        assert problem.message and problem.mend, problem
        assert "\n" not in problem.message, problem
        assert len(str(problem)) < 1_500, problem
    if code < "WF138":
        assert "line " in problems[0].message or code in ("WF131",), problems[0]
    elif problems[0].code != "WF138":
        found = next(problem for problem in problems if problem.code == code)
        assert found.node or found.field or "line " in found.message or code in ("WF144", "WF149"), found


@pytest.mark.parametrize("name", make_broken.SMALL)
def test_a_broken_file_is_told_with_place_and_mend(name: str) -> None:
    code, content = make_broken.SMALL[name]
    path = make_broken.FOLDER / name
    data = content if isinstance(content, bytes) else content.encode()
    assert path.read_bytes() == data, "stale: python -m tests.graph.make_broken"
    problems = problems_of(path)
    check(problems, code)


@pytest.mark.parametrize("name", make_broken.LARGE)
def test_a_file_of_senseless_size_is_told_in_time(name: str) -> None:
    code, make = make_broken.LARGE[name]
    content = make()
    problems = problems_of(content)
    check(problems, code)


def test_the_corpus_has_no_files_of_its_own() -> None:
    assert {path.name for path in make_broken.FOLDER.iterdir()} == set(make_broken.SMALL)


def test_a_file_that_is_not_there_or_is_a_folder_is_told() -> None:
    for path in (make_broken.FOLDER / "nowhere.flow", make_broken.FOLDER):
        assert problems_of(path)[0].code == "WF130"
