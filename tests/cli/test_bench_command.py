"""`surveillance bench`: every figure of the contract, on a session small enough for a test."""

from pathlib import Path

from surveillance.rules import RULES
from surveillance.simulation import Session

from cli.bench import measure
from cli.bench_session import recorded
from cli.tables import read_parameters

TINY = Session(seed=3, minutes=1, symbols=1, orders_per_second=20.0, scenarios={})


def test_figures_are_those_of_the_contract(tmp_path: Path) -> None:
    session = recorded(TINY, tmp_path)
    figures = measure(session, None, read_parameters(), repeats=1)
    assert set(figures) == {
        "events", "decode", "replay_parquet", "replay_ndjson", "oracle_ratio", "batch_100_us",
        "cold_first_alert_seconds", "context_ns_per_event", "rules", "metrics", "microstructure",
    }  # fmt: skip
    assert set(figures["rules"]) == {rule.ID for rule in RULES}
    assert set(figures["microstructure"]) == {
        "trades", "quotes", "rows", "pass_seconds", "polars_seconds", "ratio_to_polars", "sum_seconds",
        "time_ratio_to_sum",
    }  # fmt: skip
    assert all(figures["metrics"][name] > 0 for name in ("ns_per_event", "time_ratio_to_context"))
    assert figures["microstructure"]["ratio_to_polars"] > 0  # the figures are the same
    assert figures["events"] > 500
    assert figures["replay_parquet"]["ratio_to_decode"] > 0


def test_a_session_is_simulated_once(tmp_path: Path) -> None:
    first = recorded(TINY, tmp_path)
    written = first.ndjson.stat().st_mtime_ns
    assert recorded(TINY, tmp_path).ndjson.stat().st_mtime_ns == written
