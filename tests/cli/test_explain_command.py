"""`surveillance explain`: an alert's sentences, its figures, and the events of its evidence and no others."""

from pathlib import Path

import pytest
from surveillance.alerts import Alert, Completeness, encode
from surveillance.wire import encode as encode_events
from surveillance.wire import table_of
from typer.testing import CliRunner, Result

from cli.main import app

OPEN = 1_772_461_800_000_000_000


def order(place: int, order_id: str) -> dict[str, object]:
    fields = {"type": "order", "symbol": "AAA", "ts": OPEN + place, "action": "new", "side": "buy"}
    return {**fields, "order_id": order_id, "price": 10.0, "size": 100.0}


ALERT = Alert(
    alert_id="ab" * 16,
    episode_key="k",
    revision=1,
    rule="spoofing",
    rule_version=1,
    parameters_hash="p",
    severity="high",
    score=0.75,
    symbol="AAA",
    venue="XSIM",
    accounts=["A1"],
    candidate=False,
    data_tier=2,
    start_ts=OPEN,
    end_ts=OPEN + 10,
    detected_ts=OPEN + 10,
    order_ids=["mine"],
    trade_ids=[],
    order_count=1,
    trade_count=0,
    metrics={"size_ratio": 6.5},
    thresholds={"size_ratio": 3.0},
    baselines={},
    completeness=Completeness(),
    explanation="1. A1 entered an order.\n2. It was withdrawn.",
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    alerts, events = tmp_path / "alerts.ndjson", tmp_path / "events.ndjson"
    alerts.write_bytes(encode(ALERT) + b"\n")
    events.write_bytes(encode_events(table_of([order(1, "mine"), order(2, "another")])))
    return alerts, events


def explain(alert_id: str, alerts: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["explain", alert_id, "--alerts", str(alerts), *more])


def test_story_holds_sentences_figures_and_only_its_own_events(files: tuple[Path, Path]) -> None:
    alerts, events = files
    result = explain(ALERT.alert_id, alerts, "--events", str(events))
    assert result.exit_code == 0, result.output
    for part in ("2. It was withdrawn.", "size_ratio 6.5", "accounts A1", "2026-03-02 14:30:00", "order_id mine"):
        assert part in result.stdout
    assert "another" not in result.stdout


def test_the_beginning_of_an_id_is_enough(files: tuple[Path, Path]) -> None:
    assert explain("abab", files[0]).exit_code == 0


@pytest.mark.parametrize("alert_id", ["", "cd"])
def test_no_alert_or_no_single_one_is_refused(files: tuple[Path, Path], alert_id: str) -> None:
    alerts, _ = files
    alerts.write_bytes(alerts.read_bytes() + encode(ALERT).replace(b"abab", b"abac") + b"\n")
    assert explain(alert_id, alerts).exit_code == 2


def test_a_file_of_other_lines_is_refused(files: tuple[Path, Path]) -> None:
    _, events = files
    assert explain("ab", events).exit_code == 2
