"""Files of history come into the raw tables whole, once, and what is not history is named."""

import gzip
import io
import json
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli.main import app

DATA = Path(__file__).parents[3] / "shared" / "data"
BARS = "date,open,high,low,close,volume,symbol\n2013-02-08,15.07,15.12,14.63,14.75,8407500,AAL\n"
EARNINGS = "symbol,date,qtr,eps_est,eps,release_time,surp\nA,11/19/12,12-Oct,0.8,0.84,post,0.04\n"
COMPANIES = 'symbol,sector,industry,Name,Summary Quote\nAAN,Industrials,Rental,"Aaron&#39;s, Inc.",x\n'
FACTORS = """19980102,0.8613657,0.00892857,1
20000620,0.8613657,0.00892857,101
20050225,0.8613657,0.0178571,88.97
20120808,0.8613657,0.0357143,619.86
20121106,0.8650639,0.0357143,582.86
20501231,0.869015,0.0357143,0
"""


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["import", *map(str, arguments)])


def told(*arguments: object) -> dict[str, Any]:
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def rows(lake: Path, table: str) -> list[dict[str, Any]]:
    files = sorted((lake / table).rglob("*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def zipped(path: Path, inner: str, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(inner, text)
    return path


def test_a_table_of_bars_becomes_rows_by_month(tmp_path: Path) -> None:
    later = "2013-03-01,1,2,1,2,,AAL\n"
    source = tmp_path / "sp.csv.gz"
    source.write_bytes(gzip.compress((BARS + later).encode()))
    lake = tmp_path / "lake"
    assert told(source, "--lake", lake)["rows"] == {"raw_bars": 2}
    folder = lake / "raw_bars" / "interval=1d"
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet")) == [
        "month=2013-02/bars-sp.parquet",
        "month=2013-03/bars-sp.parquet",
    ]
    first, second = rows(lake, "raw_bars")
    assert first["date"] == date(2013, 2, 8)
    assert first["ts"] == datetime(2013, 2, 8, 21)
    assert (first["volume"], first["close"], first["interval"], first["source"]) == (8_407_500, 14.75, "1d", "bars")
    assert second["volume"] is None


def test_a_second_import_writes_nothing_and_a_third_only_what_is_new(tmp_path: Path) -> None:
    source, lake = tmp_path / "sp.csv", tmp_path / "lake"
    source.write_text(BARS)
    told(source, "--lake", lake)
    before = {path: path.read_bytes() for path in lake.rglob("*.parquet")}
    again = told(source, "--lake", lake)
    assert (again["written"], again["unchanged"]) == (0, 1)
    assert {path: path.read_bytes() for path in lake.rglob("*.parquet")} == before
    source.write_text(BARS + "2013-03-01,1,2,1,2,3,AAL\n")
    third = told(source, "--lake", lake)
    assert (third["written"], third["unchanged"]) == (1, 1)
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_month_that_a_corrected_file_lacks_is_removed(tmp_path: Path) -> None:
    source, lake = tmp_path / "sp.csv", tmp_path / "lake"
    source.write_text(BARS + "2013-03-01,1,2,1,2,3,AAL\n")
    told(source, "--lake", lake)
    source.write_text(BARS)
    told(source, "--lake", lake)
    assert [row["date"] for row in rows(lake, "raw_bars")] == [date(2013, 2, 8)]


def test_bars_of_another_length_of_one_file_name_stay(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    minute = zipped(
        tmp_path / "minute/20131007_trade.zip", "20131007_ibm_minute_trade.csv", "34200000,10000,10000,10000,10000,5\n"
    )
    daily = zipped(tmp_path / "daily/ibm.zip", "ibm.csv", "20131007 00:00,10000,10000,10000,10000,5\n")
    told(daily, minute, "--lake", lake)
    told(minute, "--lake", lake)
    assert {row["interval"] for row in rows(lake, "raw_bars")} == {"1d", "1m"}
    (bar,) = [row for row in rows(lake, "raw_bars") if row["interval"] == "1m"]
    assert (bar["ts"], bar["date"]) == (datetime(2013, 10, 7, 13, 31), date(2013, 10, 7))


def test_factors_become_splits_and_dividends_of_the_next_session(tmp_path: Path) -> None:
    source, lake = tmp_path / "aapl.csv", tmp_path / "lake"
    source.write_text(FACTORS)
    told(source, "--lake", lake)
    splits = [
        (row["symbol"], row["execution_date"], row["split_from"], row["split_to"]) for row in rows(lake, "raw_splits")
    ]
    assert splits == [("AAPL", date(2000, 6, 21), 1, 2), ("AAPL", date(2005, 2, 28), 1, 2)]
    dividends = [(row["ex_dividend_date"], row["cash_amount"]) for row in rows(lake, "raw_dividends")]
    assert dividends == [(date(2012, 8, 9), 2.65), (date(2012, 11, 7), 2.65)]


def test_a_reverse_split_has_more_from_than_to(tmp_path: Path) -> None:
    source, lake = tmp_path / "x.csv", tmp_path / "lake"
    source.write_text("20120102,1,8,10\n20120601,1,8,10\n20501231,1,1,0\n")
    told(source, "--lake", lake)
    (split,) = rows(lake, "raw_splits")
    assert (split["execution_date"], split["split_from"], split["split_to"]) == (date(2012, 6, 4), 8, 1)


def test_earnings_carry_period_and_surprise(tmp_path: Path) -> None:
    source, lake = tmp_path / "eps.csv", tmp_path / "lake"
    source.write_text(
        EARNINGS
        + "B,1/2/13,12-Dec,0,0.1,pre,0.1\n,1/2/13,12-Dec,0,0.1,pre,0.1\n"
        + "C,13/2/13,12-Dec,0,0,pre,0\nD,1/2/13,12-Dec,x,0,pre,0\n"
    )
    answer = told(source, "--lake", lake)
    first, second = rows(lake, "raw_earnings")
    assert (first["report_date"], first["fiscal_period"], first["time_of_day"]) == (
        date(2012, 11, 19),
        "2012-10",
        "post",
    )
    assert first["surprise_percent"] == pytest.approx(5)
    assert second["surprise_percent"] is None
    assert answer["rejected"] == {"bad_date": 1, "bad_figure": 1, "missing:symbol": 1}


def test_companies_are_instruments_of_the_day_vouched_for(tmp_path: Path) -> None:
    source, lake = tmp_path / "c.csv", tmp_path / "lake"
    source.write_text(COMPANIES)
    told(source, "--lake", lake, "--as-of", "2015-12-31")
    (row,) = rows(lake, "raw_instruments")
    assert (row["symbol"], row["name"], row["sector"], row["as_of"]) == (
        "AAN",
        "Aaron's, Inc.",
        "Industrials",
        date(2015, 12, 31),
    )


def test_in_a_folder_what_is_no_history_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "bars.csv").write_text(BARS)
    (folder / "symbols.txt").write_text("AAL\nAAP\n")
    answer = told(folder, "--lake", tmp_path / "lake")
    assert answer["files"] == 1
    assert "a list of symbols" in answer["other_files"][str(folder / "symbols.txt")]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("symbols.txt", b"AAL\nAAP\n", "a list of symbols"),
        ("bars.csv.gz", gzip.compress((BARS * 500).encode())[:-20], "truncated"),
        ("bars.csv", b"", "is empty"),
        ("eps.csv", EARNINGS.split("\n")[0].encode() + b"\n", "no row that can be used"),
        ("a.zip", b"PK\x03\x04nothing", "truncated or damaged"),
    ],
)
def test_a_file_that_can_t_be_used_ends_with_one_sentence(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    done = run(tmp_path / name, "--lake", tmp_path / "lake")
    assert done.exit_code == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list((tmp_path / "lake").rglob("*.parquet"))


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "bars.csv").write_text(BARS)
    done = run(tmp_path / "a", tmp_path / "b", "--lake", tmp_path / "lake")
    assert done.exit_code == 2
    assert "same name" in done.stderr


def test_recorded_factor_files_give_the_dividends_that_were_paid(tmp_path: Path) -> None:
    source = DATA / "bars" / "factor_files"
    if not source.is_dir():
        pytest.skip("../shared/data is not here")
    told(source, "--lake", tmp_path)
    paid = {(row["symbol"], row["ex_dividend_date"]): row["cash_amount"] for row in rows(tmp_path, "raw_dividends")}
    assert paid["AAPL", date(2012, 8, 9)] == 2.65
    assert paid["AAPL", date(2020, 8, 7)] == 0.82
    assert paid["IBM", date(2020, 5, 7)] == 1.63
    splits = {(row["symbol"], row["execution_date"]): row["split_to"] for row in rows(tmp_path, "raw_splits")}
    assert splits == {
        ("AAPL", date(2000, 6, 21)): 2,
        ("AAPL", date(2005, 2, 28)): 2,
        ("AAPL", date(2014, 6, 9)): 7,
        ("AAPL", date(2020, 8, 31)): 4,
        ("IBM", date(1999, 5, 27)): 2,
    }


def test_recorded_earnings_and_companies_come_whole(tmp_path: Path) -> None:
    source = DATA / "earnings"
    if not source.is_dir():
        pytest.skip("../shared/data is not here")
    answer = told(source, "--lake", tmp_path)
    assert answer["rows"] == {"raw_earnings": 30_541, "raw_instruments": 2_387}
    assert (answer["rejected"], answer["repeated"]) == ({}, 0)


def test_of_rows_with_one_key_the_last_stays_and_the_others_are_counted(tmp_path: Path) -> None:
    source = tmp_path / "sp.csv"
    source.write_text(BARS + "2013-02-08,1,2,1,2,3,AAL\n")
    answer = told(source, "--lake", tmp_path / "lake")
    assert answer["repeated"] == 1
    assert [row["close"] for row in rows(tmp_path / "lake", "raw_bars")] == [2]


def test_times_have_no_zone_so_that_all_engines_read_them_alike(tmp_path: Path) -> None:
    source = tmp_path / "sp.csv"
    source.write_text(BARS)
    told(source, "--lake", tmp_path / "lake")
    (file,) = (tmp_path / "lake").rglob("*.parquet")
    assert pq.read_schema(io.BytesIO(file.read_bytes())).field("ts").type == pa.timestamp("ms")
