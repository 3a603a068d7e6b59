"""The vendors played on this machine answer every dataset, so that what was generated is what is collected."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from surveillance.collection.datasets import DATASETS
from surveillance.simulation.daily_bars import DailyBars, daily_bars

from local.vendor import KEY, Market, VendorServer
from tests.collection.collecting import Collecting, days, table_rows
from tests.collection.vendor_server import Vendor

FIRST = date(2021, 1, 4)


@pytest.fixture(scope="module")
def made() -> DailyBars:
    return daily_bars(12, 30, 3, 0.0, FIRST)


@pytest.fixture
def local(made: DailyBars, tmp_path: Path) -> Iterator[Collecting]:
    server = VendorServer(Market(made)).start()
    pointed = Vendor()
    pointed.url = server.url
    collecting = Collecting(pointed, tmp_path)
    collecting.key = KEY
    yield collecting
    server.stop()


def test_every_dataset_is_answered(local: Collecting, made: DailyBars) -> None:
    symbols = sorted(set(made.bars["symbol"].to_pylist()))
    for source, name in DATASETS:
        asked = ["EUR/USD"] if source == "alphavantage" else symbols[:3]
        report = local.run(source, name, days("2021-01-04", "2021-01-29", symbols=asked))
        assert report.complete, report.failed
        assert not report.rejected


def test_what_is_collected_is_what_was_generated(local: Collecting, made: DailyBars, tmp_path: Path) -> None:
    local.run("polygon", "grouped_daily", days("2021-01-04", "2021-03-31"), parallel=3)
    names = ("symbol", "date", "ts", "open", "high", "low", "close", "volume")
    ours = {tuple(row[name] for name in names) for row in table_rows(tmp_path, "raw_bars")}
    theirs = {
        (row["symbol"], row["date"], row["ts"].replace(tzinfo=None), *(row[name] for name in names[3:]))
        for row in made.bars.to_pylist()
    }
    assert ours == theirs


def test_another_key_is_refused(local: Collecting) -> None:
    local.key = "other"
    with pytest.raises(Exception, match="refuses the key"):
        local.run("polygon", "splits", days("2021-01-04"))
