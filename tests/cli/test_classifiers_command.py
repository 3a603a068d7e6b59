"""`surveillance classifiers`: recorded trades that tell their direction give a table of who is right how often."""

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.main import app

BEGIN = 1_772_461_800_000_000_000


def written(folder: Path, aggressor: str | None) -> str:
    """Write a quote and two trades, one at the ask, one at the mid after it."""
    told = {"type": "trade", "symbol": "A", "venue": "X", "size": 1.0, "aggressor": aggressor}
    lines = [
        {"type": "quote", "symbol": "A", "venue": "X", "ts": BEGIN, "bid_price": 10.0, "bid_size": 1.0,
         "ask_price": 11.0, "ask_size": 1.0},
        {**told, "ts": BEGIN, "price": 11.0, "trade_id": "1"},
        {**told, "ts": BEGIN + 1, "price": 10.5, "trade_id": "2"},
    ]  # fmt: skip
    path = folder / "events.ndjson"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def test_each_rule_is_told_with_its_shares(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["classifiers", written(tmp_path, "buy"), "--format", "events"])
    assert result.exit_code == 0
    in_feed_order, strictly_earlier = result.stdout.split("strictly earlier")
    assert "| lee_ready | 2 | 50.00% | 50.00% | 0.00% |" in in_feed_order
    assert "| quote | 2 | 50.00% | 0.00% | 50.00% |" in in_feed_order
    assert "| quote | 2 | 0.00% | 0.00% | 100.00% |" in strictly_earlier
    assert "Left out: nothing." in result.stdout


def test_trades_that_tell_no_direction_are_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["classifiers", written(tmp_path, None), "--format", "events"])
    assert result.exit_code == 2
    assert "no trade tells its direction" in result.stderr.lower()
