"""Promise: asked to, the build compares our indicators with a vendor's, a plain loop's here; else nobody is asked."""

import importlib.util
import json
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from surveillance.adapters.history import HistoryLake
from surveillance.adapters.indicator_reconciliation import Reconciliation, reconcile
from surveillance.adapters.objects import FolderObjects
from surveillance.collection.polygon.indicators import spread
from surveillance.errors import InputError
from surveillance.history.tables import BY_NAME
from surveillance.quality.vendor_indicators import WARM_UP
from surveillance.simulation.daily_bars import DailyBars, daily_bars
from typer.testing import CliRunner

from cli.history_build import Builder, Report
from cli.history_reconciliation import reconcile_indicators
from cli.history_steps import check_bars
from cli.main import app
from local.vendor import KEY, Market, VendorServer
from tests.history.lakes import write_rows

SYMBOLS, SESSIONS = 60, 300


@pytest.fixture(scope="module")
def made() -> DailyBars:
    return daily_bars(SYMBOLS, SESSIONS, seed=8, faults=0.0)


@pytest.fixture(scope="module")
def vendor(made: DailyBars) -> Iterator[VendorServer]:
    server = VendorServer(Market(made)).start()
    yield server
    server.stop()


@pytest.fixture
def builder(made: DailyBars, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builder:
    monkeypatch.delenv("POLYGON_API_KEY", raising=False)
    for name in ("bars", "splits", "dividends"):
        columns = getattr(made, name)
        kept = pa.schema([field for field in BY_NAME[f"raw_{name}"].columns if field.name in columns.column_names])
        kept = pa.schema([field for field in kept if field.name != "loaded_at"])
        write_rows(tmp_path, f"raw_{name}", columns.select(kept.names), "simulated")
    told = Builder(HistoryLake(tmp_path), lambda line: None)
    check_bars(told.lake, Report("quality", "built"))
    return told


def point_at(vendor: VendorServer, monkeypatch: pytest.MonkeyPatch, key: str = KEY) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", key)
    monkeypatch.setenv("VENDOR_ENDPOINTS", json.dumps({"polygon": vendor.url}))
    monkeypatch.setenv("VENDOR_RATES", json.dumps({"polygon": [10_000, 1]}))


def rows_of(builder: Builder, name: str) -> list[dict[str, Any]]:
    return builder.lake.read(BY_NAME[name]).to_pylist()  # type: ignore[no-any-return]


def test_to_compare_without_a_key_is_refused_before_anything_is_built(builder: Builder) -> None:
    before = {path for path in builder.lake.folder.rglob("*") if path.is_file()}
    done = CliRunner().invoke(app, ["history", "build", "--reconcile", "--lake", str(builder.lake.folder)])
    assert (done.exit_code, done.stderr.split()[0]) == (2, "POLYGON_API_KEY")
    assert {path for path in builder.lake.folder.rglob("*") if path.is_file()} == before


def test_a_key_in_the_environment_alone_asks_nobody(
    builder: Builder, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(vendor, monkeypatch)
    monkeypatch.setattr("cli.history_marts.read_ahead", lambda *_: nullcontext())
    monkeypatch.setattr("cli.history_marts.build_marts", lambda *_: Report("marts", "unchanged"))
    done = CliRunner().invoke(app, ["history", "build", "--lake", str(builder.lake.folder)], catch_exceptions=False)
    assert [step["step"] for step in json.loads(done.stdout)["steps"]] == ["quality", "indicators", "sessions", "marts"]
    assert rows_of(builder, "raw_vendor_indicators") == []


def test_fifty_symbols_agree_with_the_vendor_through_splits_and_dividends(
    builder: Builder, made: DailyBars, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(vendor, monkeypatch)
    report = reconcile_indicators(builder)
    found, collected = report.told["found"], report.told["collected"]
    assert (collected["requests"], collected["failed"]) == (4 * 50, [])
    assert (found["symbols"], found["agreement"], found["below"]) == (50, 1.0, [])
    assert found["compared"] == 50 * 6 * 22 == collected["rows"]["raw_vendor_indicators"]
    assert made.splits.num_rows
    assert made.dividends.num_rows
    table = rows_of(builder, "indicator_reconciliation")
    assert {(row["interval"], row["compared"]) for row in table} == {("D", 22)}
    assert len(table) == 50 * 6
    assert reconcile_indicators(builder).outcome == "unchanged"


def test_a_vendor_that_refuses_the_key_is_told_of(
    builder: Builder, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(vendor, monkeypatch, "another")
    with pytest.raises(InputError, match="refuses the key"):
        reconcile_indicators(builder)


@pytest.mark.nightly
def test_one_indicator_of_one_symbol_that_differs_is_below(
    builder: Builder, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(vendor, monkeypatch)
    reconcile_indicators(builder)
    folder = builder.lake.folder
    told = builder.lake.read(BY_NAME["raw_vendor_indicators"]).drop_columns(["loaded_at"])
    symbol = told["symbol"][0].as_py()
    wrong = pc.and_(pc.equal(told["symbol"], symbol), pc.equal(told["indicator"], "sma_50"))
    values = pc.if_else(wrong, pc.multiply(told["value"], 1.00001), told["value"])
    for path in builder.lake.files(BY_NAME["raw_vendor_indicators"]):
        path.unlink()
    write_rows(folder, "raw_vendor_indicators", told.set_column(3, "value", values), "wrong")
    found = reconcile(FolderObjects(folder), date(2022, 3, 10))
    assert found.below == [f"{symbol} sma_50"]
    assert found.agreement == pytest.approx(1 - 1 / 300, abs=1e-4)


@pytest.mark.extended
def test_a_symbol_with_too_few_bars_is_counted_not_compared(
    builder: Builder, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(vendor, monkeypatch)
    reconcile_indicators(builder)
    days = sorted({row["date"] for row in rows_of(builder, "bars")})
    last = days[WARM_UP + 4]
    told = [{"symbol": "SIM0000", "date": day, "indicator": "rsi_14", "value": 1.0, "source": "a"} for day in days]
    schema = pa.schema([field for field in BY_NAME["raw_vendor_indicators"].columns if field.name != "loaded_at"])
    write_rows(builder.lake.folder, "raw_vendor_indicators", pa.Table.from_pylist(told, schema), "early")
    found = reconcile(FolderObjects(builder.lake.folder), last)
    assert (found.compared, found.agreeing) == (5, 0)
    assert found.only_theirs > 5


def test_nothing_told_writes_nothing(builder: Builder) -> None:
    assert reconcile(FolderObjects(builder.lake.folder), date(2022, 3, 10)).agreement is None
    assert rows_of(builder, "indicator_reconciliation") == []


@pytest.mark.parametrize(("agreement", "metric"), [(0.9949, 99.49), (None, None)])
def test_the_function_measures_what_was_compared_and_nothing_else(
    agreement: float | None, metric: float | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"LAKE_BUCKET": "lake", "AWS_DEFAULT_REGION": "eu-west-1", "POWERTOOLS_TRACE_DISABLED": "true"}
    names |= {"POWERTOOLS_METRICS_NAMESPACE": "Surveillance", "POWERTOOLS_SERVICE_NAME": "reconcile_indicators"}
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    place = Path(__file__).resolve().parents[2] / "lambdas" / "reconcile_indicators" / "handler.py"
    spec = importlib.util.spec_from_file_location("reconcile_handler", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    run = date(2022, 3, 10)
    found = Reconciliation(run) if agreement is None else Reconciliation(run, 50, 10_000, 9_949, 0, agreement)
    monkeypatch.setattr(module.reconciler, "answer", lambda event: found)
    context = SimpleNamespace(
        function_name="f", memory_limit_in_mb=128, invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:f",
        aws_request_id="request",
    )  # fmt: skip
    told = module.handle({"day": "2022-03-10"}, context)
    assert (told["day"], told["agreement"], "reason" in told) == ("2022-03-10", agreement, metric is None)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    measured = [line["IndicatorAgreement"] for line in lines if "IndicatorAgreement" in line]
    assert measured == ([] if metric is None else [[pytest.approx(metric)]])


def test_a_long_list_is_spread_evenly_and_the_same_each_time() -> None:
    listed = tuple(f"S{number:04d}" for number in range(2500))
    chosen = spread(listed[::-1])
    assert (len(chosen), chosen[:2]) == (50, ("S0000", "S0050"))
    assert chosen == spread(listed)
    assert spread(("B", "A", "A")) == ("A", "B")
