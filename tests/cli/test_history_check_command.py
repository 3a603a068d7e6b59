"""`surveillance history check`: findings of a file, row by row, in words and as JSON."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app

COMMAND = ["history", "check"]
LINES = ["Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits"]
LINES += [f"2024-01-{day:02d},10,10.2,9.9,{10 + day / 100},{10 + day / 100},1000,0,0" for day in range(1, 21)]
LINES[8] = "2024-01-08,1000,1020,990,1008,1008,1000,0,0"


def test_findings_are_told_row_by_row(tmp_path: Path) -> None:
    bars, out = tmp_path / "X-1d.csv", tmp_path / "found.json"
    bars.write_text("\n".join(LINES) + "\n")
    result = CliRunner().invoke(app, [*COMMAND, str(bars), "--json", str(out)])
    assert result.exit_code == 0
    assert "1 of 20 rows flagged" in result.stdout
    assert "2024-01-08 close" in result.stdout
    told = json.loads(out.read_text())["files"][0]
    assert (told["rows"], told["rows_flagged"], told["checks"]) == (20, 1, {"unit_100x": 5})
    close = next(each for each in told["findings"] if each["column"] == "close")
    assert close == {
        "symbol": "X-1d", "date": "2024-01-08", "row": 7, "column": "close", "reason": "unit_100x", "outcome": "fixed",
        "original": 1008.0, "repaired": pytest.approx(10.08), "cause_date": None,
    }  # fmt: skip


def test_calendar_finds_days_without_a_session(tmp_path: Path) -> None:
    bars, out = tmp_path / "X.csv", tmp_path / "found.json"
    bars.write_text("\n".join(LINES) + "\n")
    assert CliRunner().invoke(app, [*COMMAND, str(bars), "--json", str(out), "--calendar", "XNYS"]).exit_code == 0
    told = json.loads(out.read_text())["files"][0]
    closed = [each["date"] for each in told["findings"] if each["reason"] == "non_trading_day"]
    assert closed == [f"2024-01-{day:02d}" for day in (1, 6, 7, 13, 14, 15, 20)]
    assert told["rows_quarantined"] == 7


@pytest.mark.parametrize("text", [None, "a,b\n1,2\n"])
def test_what_is_no_file_of_bars_is_bad_input(tmp_path: Path, text: str | None) -> None:
    bars = tmp_path / "X.csv"
    if text is not None:
        bars.write_text(text)
    result = CliRunner().invoke(app, [*COMMAND, str(bars)])
    assert result.exit_code == 2
    assert str(bars) in result.stderr or bars.name in result.stderr
