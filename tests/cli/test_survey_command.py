"""`surveillance survey`: recorded days give a table by rule and severity, with the hours that instruments traded."""

from pathlib import Path

from typer.testing import CliRunner

from cli.main import app

HEADER = "date,open,high,low,close,volume,symbol"


def bars(folder: Path, last_volume: int) -> str:
    """Write twenty-one trading days of one stock, the last of them with this volume."""
    days = [
        f"2017-03-{day:02d}" for day in (*range(1, 4), *range(6, 11), *range(13, 18), *range(20, 25), *range(27, 30))
    ]
    volumes = [900, 1100] * 10 + [last_volume]
    rows = [f"{day},100,101,99,100,{volume},ABC" for day, volume in zip(days, volumes, strict=True)]
    path = folder / "days.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return str(path)


def test_recorded_days_are_told_by_rule_and_severity(tmp_path: Path) -> None:
    command = ["survey", bars(tmp_path, 10_000), "--format", "bars", "--title", "Some days", "--sample", "1"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0
    assert result.stdout.startswith("### Some days\n\n21 events, 136.5 instrument hours.\n")
    assert "| abnormal_volume |  |  | 1 |  |  | 0.00733 | 0.00733 |" in result.stdout
    assert "**abnormal_volume**, high, score 0." in result.stdout
    assert "10,000 ABC traded in the 1d bar" in result.stdout
    assert "spoofing, layering" in result.stdout.split("Not applicable: ")[1]


def test_quiet_days_have_no_alert(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["survey", bars(tmp_path, 1000), "--format", "bars"])
    assert "No alert." in result.stdout
