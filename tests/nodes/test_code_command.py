"""Execute command: real commands in a shell."""

from __future__ import annotations

from workflow_kernel.testing import run_node


def test_it_runs_once_for_the_first_item() -> None:
    result = run_node("code.command", {"command": "={{ 'echo ' + $json.word }}"}, [{"word": "one"}, {"word": "two"}])
    assert result.json() == [{"exitCode": 0, "stderr": "", "stdout": "one"}]
    assert result.sources() == [[(0, 0)]]


def test_it_runs_for_each_item() -> None:
    parameters = {"command": "={{ 'echo ' + $json.word }}", "once": False}
    result = run_node("code.command", parameters, [{"word": "one"}, {"word": "two"}])
    assert [row["stdout"] for row in result.json()] == ["one", "two"]


def test_a_command_that_fails_leaves_by_the_error_port() -> None:
    parameters = {"command": "={{ 'echo bad >&2; exit ' + str($json.code) }}", "once": False}
    result = run_node("code.command", parameters, [{"code": 0}, {"code": 3}], on_error="branch")
    assert len(result.json()) == 1
    assert result.json("error") == [{"code": 3, "error": "The command failed with exit code 3."}]


def test_secrets_of_this_process_are_not_handed_on() -> None:
    result = run_node("code.command", {"command": "env"}, [{}])
    assert "PYTEST" not in result.json()[0]["stdout"]
