"""Promise: the command judges what it plays and writes the same table as Markdown and as JSON."""

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.main import app


def test_scorecard_writes_table_and_json(tmp_path: Path) -> None:
    options = "--seeds 7 --patterns spoofing --each 2 --quiet-each 1 --rates 3 --difficulties 0.2 --jobs 1"
    result = CliRunner().invoke(app, ["scorecard", "--out", str(tmp_path / "card"), *options.split()])
    assert result.exit_code == 0, result.output
    card = json.loads((tmp_path / "card" / "scorecard.json").read_text())
    (cell,) = card["cells"]
    assert card["grid"]["seeds"] == [7]
    assert cell["patterns"]["spoofing"]["scenarios"] == 2
    text = (tmp_path / "card" / "scorecard.md").read_text()
    assert "## 3 orders/s and instrument, difficulty 0.2" in text
    assert "| spoofing | 2 |" in text


def test_seeds_that_are_no_numbers_give_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["scorecard", "--out", str(tmp_path), "--seeds", "a-b"])
    assert result.exit_code == 2
    assert "--seeds takes numbers and ranges, not a-b." in result.output
