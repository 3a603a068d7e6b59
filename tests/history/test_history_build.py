"""Promise: one command builds every table; again it changes nothing; new days touch only what is new.

The tests share a lake; sources without a file are among its inputs.
"""

import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from cli.history_dbt import DATABASE, Dbt, Settings
from tests.history import lakes
from tests.history.builds import build


def contents(lake: Path) -> dict[str, str]:
    """Hash every file of the lake but dbt's own."""
    files = (path for path in sorted(lake.rglob("*")) if path.is_file() and ".dbt" not in path.parts)
    return {path.relative_to(lake).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def rows(lake: Path, query: str) -> list[tuple[Any, ...]]:
    """Query the marts."""
    with duckdb.connect(str(lake / "marts.duckdb"), read_only=True) as connection:
        connection.execute("use history")
        return connection.execute(query).fetchall()


@pytest.fixture(scope="session")
def third_build(
    first_build: tuple[Path, dict[str, dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, dict[str, Any]], dict[str, str]]:
    lake = tmp_path_factory.mktemp("later") / "lake"
    shutil.copytree(first_build[0], lake)
    lakes.write_raw(lake, lakes.invented(), since=lakes.NEW_FROM.replace(day=1))
    before = contents(lake)
    return lake, build(lake), before


def test_first_build_makes_and_tests_every_mart(first_build: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    lake, steps = first_build
    assert {name: step["outcome"] for name, step in steps.items()} == dict.fromkeys(
        ("quality", "indicators", "sessions", "marts"), "built"
    )
    assert set(steps["marts"]["told"]["nodes"]) == {"pass", "success"}
    empty = {
        name
        for (name,) in rows(lake, "select table_name from information_schema.tables where table_schema = 'history'")
        if not name.startswith(("stg_", "int_")) and rows(lake, f"select count(*) from {name}") == [(0,)]  # noqa: S608
    }
    assert empty == set()


def test_build_without_news_leaves_its_tables_empty(first_build: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    lake, _ = first_build
    assert rows(lake, "select count(*) from stg_fx") == [(0,)]
    assert rows(lake, "select count(*) from stg_metrics") == [(0,)]


def test_dbt_that_is_not_told_to_build_ends_with_its_block_and_leaves_no_marts(tmp_path: Path) -> None:
    with Dbt(tmp_path, Settings()) as ahead:
        process = ahead.process
    assert process.returncode is not None
    assert not (tmp_path / DATABASE).exists()


def test_second_build_changes_no_byte(first_build: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    lake, _ = first_build
    before = contents(lake)
    steps = build(lake)
    assert {step["outcome"] for step in steps.values()} == {"unchanged"}
    assert contents(lake) == before


@pytest.mark.nightly
def test_new_days_change_only_their_months(
    third_build: tuple[Path, dict[str, dict[str, Any]], dict[str, str]],
) -> None:
    lake, steps, before = third_build
    now = contents(lake)
    changed = {path for path in before | now if before.get(path) != now.get(path)}
    months = {part for path in changed for part in path.split("/") if part.startswith("month=")}
    assert steps["marts"]["from_month"] == "2022-02"
    # February of days; January too for the week that began in it
    assert months <= {"month=2022-01", "month=2022-02", "month=2022-03"}
    assert "bars/interval=1d/month=2022-02/part.parquet" in changed
    assert "bars/interval=1d/month=2022-01/part.parquet" not in changed
    assert "source:lake.raw_news" not in str(steps["marts"]["told"]["changed"])
    assert rows(lake, "select max(date) from candlesticks_daily") > [(lakes.NEW_FROM,)]


def test_returns_and_averages_equal_numpy(first_build: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    lake, _ = first_build
    query = """
        select r.date, r.close, r.return_1d, r.return_20d, m.sma_50, m.sma_200, m.average_cross
        from returns_over_days as r
        inner join moving_averages as m on r.symbol = m.symbol and r.date = m.date
        where r.symbol = 'SIM0003'
        order by r.date
    """
    dates, close, one, twenty, fast, slow, cross = (np.array(column) for column in zip(*rows(lake, query), strict=True))
    close = close.astype(float)
    assert np.allclose(one[1:].astype(float), close[1:] / close[:-1] - 1)
    assert np.allclose(twenty[20:].astype(float), close[20:] / close[:-20] - 1)
    mean = np.convolve(close, np.full(50, 1 / 50), "valid")
    assert np.allclose(fast[49:].astype(float), mean)
    side = np.sign((fast[199:] - slow[199:]).astype(float))
    expected = np.where(side[1:] == side[:-1], None, np.where(side[1:] > 0, "golden", "death"))
    assert cross[200:].tolist() == expected.tolist()
    assert len(close) == len(set(dates))


def test_alert_stands_at_its_last_revision(first_build: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    lake, _ = first_build
    query = "select alert_id, revision, status, accounts, duration_seconds from fact_alerts order by 1"
    assert rows(lake, query) == [("a", 2, "closed_false", "a;b", 2), ("b", 1, "closed_true", "a;b", 1)]
    assert rows(lake, "select alerts, precision_of_decided from alert_statistics") == [(2, 0.5)]


def test_minute_of_events_is_counted_without_repeats(first_build: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    lake, _ = first_build
    measures = "trades, volume, vwap, signed_volume, quotes, order_messages, cancelled_orders"
    query = f"select {measures} from fact_intraday_metrics"  # noqa: S608
    assert rows(lake, query) == [(2, 200.0, 10.5, 0.0, 1, 2, 1)]
    assert rows(lake, "select messages_missing from data_completeness_daily where date = '2022-01-10'") == [(3,)]


def test_mart_shows_only_scalars_and_milliseconds(first_build: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    lake, _ = first_build
    query = """
        select distinct data_type from information_schema.columns
        where table_schema = 'history' and not regexp_matches(table_name, '^(stg|int)_|_history$')
    """
    kinds = {kind for (kind,) in rows(lake, query)}
    assert kinds <= {"VARCHAR", "DOUBLE", "BIGINT", "INTEGER", "HUGEINT", "BOOLEAN", "DATE", "TIMESTAMP_MS"}


@pytest.mark.nightly
def test_increment_equals_building_anew(
    third_build: tuple[Path, dict[str, dict[str, Any]], dict[str, str]],
) -> None:
    lake, _, _ = third_build
    names = [
        name
        for (name,) in rows(lake, "select table_name from information_schema.tables where table_schema = 'history'")
        if not name.startswith(("stg_", "int_"))
    ]
    grown = {name: rows(lake, f"select * from {name} order by all") for name in names}  # noqa: S608
    build(lake, "--full")
    for name in names:
        anew = rows(lake, f"select * from {name} order by all")  # noqa: S608
        assert len(anew) == len(grown[name]), name
        for old, new in zip(grown[name], anew, strict=True):
            assert _close(old, new), name


def _close(old: tuple[Any, ...], new: tuple[Any, ...]) -> bool:
    return all(
        abs(one - other) <= 1e-9 * max(1.0, abs(one))
        if isinstance(one, float) and isinstance(other, float)
        else one == other
        for one, other in zip(old, new, strict=True)
    )
