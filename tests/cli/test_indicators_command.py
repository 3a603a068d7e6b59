"""`surveillance indicators`: every indicator with all it declares; docs/indicators.md lists what there is today."""

import json
from pathlib import Path

from surveillance.indicators import DEFAULT, INDICATORS, request
from typer.testing import CliRunner

from cli.indicators import catalogue, markdown
from cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "indicators.md"


def test_json_names_every_indicator_with_its_columns() -> None:
    told = CliRunner().invoke(app, ["indicators", "--json"])
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert [each["indicator"] for each in found] == [each.name for each in INDICATORS]
    assert [text for each in found for text in each["computed"]] == [
        asked.text for each in INDICATORS for asked in DEFAULT if asked.indicator is each
    ]
    assert all(request(each["indicator"]).columns == tuple(each["columns"]) for each in found)


def test_table_shows_every_indicator() -> None:
    told = CliRunner().invoke(app, ["indicators"], env={"COLUMNS": "250"})
    assert all(each["indicator"] in told.stdout for each in catalogue())


def test_page_lists_the_indicators_of_today() -> None:
    expected = "\n".join(markdown()) + "\n"
    assert expected in PAGE.read_text(), "put in its place: surveillance indicators --markdown"
