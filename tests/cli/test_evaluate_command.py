"""`surveillance evaluate`: a simulated session, replayed, gives a scorecard of the contract's shape."""

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.main import app

PLAYED = "spoofing=1,layering=1"
KEYS = {
    "scenarios", "hit", "recall", "recall_low", "alerts", "right", "precision", "precision_low", "f1",
    "seconds_to_detect",
}  # fmt: skip


def test_simulated_and_replayed_session_is_scored(tmp_path: Path) -> None:
    events, labels, accounts, instruments, alerts = (
        str(tmp_path / name) for name in ("e.parquet", "l.ndjson", "a.csv", "i.csv", "alerts.ndjson")
    )
    runner = CliRunner()
    tables = ["--accounts", accounts, "--instruments", instruments]
    simulate = ["simulate", "--out", events, "--labels", labels, *tables, "--minutes", "6", "--symbols", "2"]
    replay = ["replay", events, "--format", "events", "--alerts", alerts, *tables]
    evaluate = ["evaluate", "--alerts", alerts, "--labels", labels, "--instruments", instruments]
    for command in ([*simulate, "--scenarios", PLAYED], replay, evaluate):
        assert runner.invoke(app, command).exit_code == 0
    card = json.loads(runner.invoke(app, [*evaluate, "--json"]).stdout)
    assert set(card["patterns"]) == {"spoofing", "layering"}
    assert all(set(row) == KEYS for row in card["patterns"].values())
    assert card["instrument_hours"] == 0.2
    assert runner.invoke(app, ["evaluate", "--alerts", labels, "--labels", labels]).exit_code == 2
