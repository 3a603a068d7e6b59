"""`surveillance rules`: every rule with all it declares; docs/rules.md is what the rules say today."""

import json
from pathlib import Path

from surveillance.batch import BATCH_RULES
from surveillance.engine import Engine
from typer.testing import CliRunner

from cli.main import app
from cli.rules import catalogue, markdown

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_json_has_the_shape_of_the_contract() -> None:
    entries = json.loads(CliRunner().invoke(app, ["rules", "--json"]).stdout)
    assert entries
    for entry in entries:
        names = {"rule", "rule_version", "title", "kind", "tier", "answers", "needs", "parameters"}
        assert set(entry) == names
        assert entry["kind"] in ("pattern", "condition")
        assert entry["rule"] in entry["answers"]
        for parameter in entry["parameters"]:
            assert set(parameter) == {"name", "default", "unit", "minimum", "maximum"}
            assert parameter["minimum"] <= parameter["default"] <= parameter["maximum"]
        assert {"enabled", "cool_down_s"} <= {parameter["name"] for parameter in entry["parameters"]}


def test_catalogue_lists_what_the_engine_runs_and_what_runs_in_batch() -> None:
    every = [*(rule.module.ID for rule in Engine()._rules), *(rule.ID for rule in BATCH_RULES)]
    assert [entry["rule"] for entry in catalogue()] == every


def test_table_names_every_rule() -> None:
    shown = CliRunner().invoke(app, ["rules"]).stdout
    assert all(entry["rule"] in shown for entry in catalogue())


def test_page_is_up_to_date() -> None:
    expected = "\n".join(markdown()) + "\n"
    assert PAGE.read_text() == expected, "write it anew: surveillance rules --markdown > docs/rules.md"
