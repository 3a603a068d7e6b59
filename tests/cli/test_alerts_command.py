"""`surveillance alerts`: what the table holds, and decisions that keep who, when and why beside the content."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws
from surveillance.adapters.alert_table import AlertTable
from typer.testing import CliRunner, Result

from cli.main import app
from tests.adapters.aws_tables import alert, make_tables


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[AlertTable]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("ALERT_TABLE", "alerts")
    with mock_aws():
        held = AlertTable(make_tables(), "alerts")
        held.write(alert("low", severity="low"))
        held.write(alert("high", severity="high"))
        yield held


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["alerts", *arguments])


def listed(*arguments: str) -> list[str]:
    result = run("list", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return [json.loads(line)["severity"] for line in result.stdout.splitlines()]


@pytest.mark.usefixtures("table")
def test_list_filters() -> None:
    assert sorted(listed()) == ["high", "low"]
    assert listed("--severity", "medium") == ["high"]
    assert listed("--symbol", "NONE") == []
    assert "high" in run("list").stdout


def test_a_decision_is_kept_with_who_when_and_why_and_survives_the_engine(table: AlertTable) -> None:
    one: Any = alert("high", severity="high")
    for status, reason in (("in_review", "looks real"), ("closed_true", "reported")):
        assert run("set-status", one.alert_id, status, "--reason", reason, "--by", "Ann").exit_code == 0
    table.write(alert("high", revision=2, severity="high"))
    shown = json.loads(run("show", one.alert_id, "--json").stdout)
    assert (shown["alert"]["status"], shown["alert"]["revision"]) == ("closed_true", 2)
    assert [(change["status"], change["by"], change["reason"]) for change in shown["changes"]] == [
        ("in_review", "Ann", "looks real"),
        ("closed_true", "Ann", "reported"),
    ]
    assert all(change["at_ns"] > 0 for change in shown["changes"])
    assert "Ann set closed_true: reported" in run("show", one.alert_id).stdout


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "none"),
        ("set-status", "none", "in_review", "--reason", "x"),
        ("set-status", "none", "done", "--reason", "x"),
        ("set-status", "none", "in_review", "--reason", " "),
        ("list", "--severity", "huge"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_without_a_table_or_a_local_stack_it_says_so(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALERT_TABLE", raising=False)
    result = run("list", "--state", str(tmp_path))
    assert result.exit_code == 2
    assert "No local stack is up" in result.stderr
