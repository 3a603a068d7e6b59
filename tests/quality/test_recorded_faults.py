"""Vendor errors as recorded by others: faulty rows are found, good ones left alone."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from surveillance.quality import inspect
from surveillance.quality.vendor_csv import read_vendor_csv

from tests.quality.series import SPLIT_ADJUSTED

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "bad_daily_bars"
RAW_COLUMNS = ("Open", "High", "Low", "Close", "Volume", "Dividends", "Stock Splits")
ROUNDING = 1e-3
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="needs ../shared/data")


def flagged(path: Path) -> set[int]:
    findings = inspect(read_vendor_csv(path.read_bytes(), path.name), settings=SPLIT_ADJUSTED).findings
    return {row["row"] for row in findings.to_pylist() if row["outcome"] != "noted" and row["row"] is not None}


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def differ(one: str, other: str) -> bool:
    if not one or not other:
        return one != other
    return abs(float(one) - float(other)) > ROUNDING * max(abs(float(one)), abs(float(other)))


def faulty(bad: Path, mended: Path) -> Iterator[tuple[bool, bool]]:
    """Give for each row whether it differs in raw columns, and whether in the adjusted close alone."""
    given = rows(bad)
    key = next(iter(given[0]))
    truth = {row[key]: row for row in rows(mended)}
    for row in given:
        other = truth[row[key]]
        raw = any(differ(row[name], other[name]) for name in RAW_COLUMNS)
        yield raw, not raw and differ(row["Adj Close"], other["Adj Close"])


def test_faulty_rows_are_found_and_good_ones_are_not() -> None:
    found = {"raw": 0, "adjusted": 0, "good": 0}
    total = dict(found)
    for mended in sorted(FOLDER.glob("*-fixed.csv")):
        bad = mended.with_name(mended.name.replace("-fixed", ""))
        marked = flagged(bad)
        for number, (raw, adjusted) in enumerate(faulty(bad, mended)):
            kind = "raw" if raw else "adjusted" if adjusted else "good"
            total[kind] += 1
            found[kind] += number in marked
    assert (total["raw"], total["adjusted"]) == (83, 4_071)
    assert found["raw"] >= 0.95 * total["raw"]
    assert found["adjusted"] >= 0.95 * total["adjusted"]
    assert found["good"] <= 0.01 * total["good"]


def test_files_without_bad_dividends_are_left_alone() -> None:
    paths = sorted(FOLDER.glob("*-no-bad-divs.csv"))
    assert paths
    assert sum(len(flagged(path)) for path in paths) <= 0.01 * sum(len(rows(path)) for path in paths)
