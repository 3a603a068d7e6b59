"""Every recorded file beside the project reads; the counts are those of the files themselves."""

import time
from collections import Counter
from pathlib import Path

import pytest
from surveillance.errors import FormatError
from surveillance.feeds import FORMATS, FileSource, chosen, merge

DATA = Path(__file__).parents[2].parent / "shared/data"

LOBSTER = {
    "orders/lobster/LOBSTER_SampleFile_AAPL_2012-06-21_1.zip": {"order": 107_165, "trade": 34_990, "quote": 107_165},
    "orders/lobster/LOBSTER_SampleFile_AMZN_2012-06-21_5.zip": {"order": 153_490, "trade": 11_419, "quote": 55_071},
}
BITSTAMP = {
    "orders/bitstamp/btcusd_2015-05-01_first_two_hours.csv.gz": {"order": 21_883},
    "orders/bitstamp/live_orders_2015-05-01_first_two_hours.log.gz": {"order": 21_868, "trade": 286},
}
LEAN = {
    "ticks/lean/ibm/20131007_quote.zip": {"quote": 109_067},
    "ticks/lean/ibm/20131007_trade.zip": {"trade": 24_293},
    "ticks/lean/ibm/20131008_quote.zip": {"quote": 125_750},
    "ticks/lean/ibm/20131008_trade.zip": {"trade": 33_381},
    "ticks/lean/spy/20131007_trade.zip": {"trade": 250_601},
    "ticks/lean/spy/20131008_trade.zip": {"trade": 451_545},
    "fx/lean/eurusd_oanda/20140508_quote.zip": {"quote": 87_833},
    "fx/lean/eurusd_oanda/20140509_quote.zip": {"quote": 47_634},
    "bars/daily/lean/aapl.zip": {"bar": 5_849},
    "bars/daily/lean/ibm.zip": {"bar": 5_849},
    "bars/daily/lean/spy.zip": {"bar": 5_849},
    "bars/minute/ibm/20131007_quote.zip": {"quote": 554},
    "bars/minute/ibm/20131007_trade.zip": {"bar": 453},
    "bars/minute/ibm/20131008_quote.zip": {"quote": 594},
    "bars/minute/ibm/20131008_trade.zip": {"bar": 424},
    "bars/minute/spy/20131007_quote.zip": {"quote": 908},
    "bars/minute/spy/20131007_trade.zip": {"bar": 828},
    "bars/minute/spy/20131008_quote.zip": {"quote": 910},
    "bars/minute/spy/20131008_trade.zip": {"bar": 828},
    "bars/second/ibm/20131007_trade.zip": {"bar": 5_123},
    "bars/second/ibm/20131008_trade.zip": {"bar": 6_826},
    "bars/second/spy/20131007_trade.zip": {"bar": 16_675},
    "bars/second/spy/20131008_trade.zip": {"bar": 22_383},
}
BARS = {"bars/daily/sp500_2013-02_2018-02_half.csv.gz": {"bar": 304_216}}
POLYGON = {
    "polygon/rest/v1__last__crypto__BTC__USD.json": {"trade": 1},
    "polygon/rest/v1__last_quote__currencies__AUD__USD.json": {"quote": 1},
    "polygon/rest/v2__aggs__grouped__locale__us__market__stocks__2005-04-04_adjusted_true.json": {"bar": 1},
    "polygon/rest/v2__aggs__ticker__AAPL__prev.json": {"bar": 1},
    "polygon/rest/v2__aggs__ticker__AAPL__range__1__day__2005-04-01__2005-04-04.json": {"bar": 2},
    "polygon/rest/v2__last__nbbo__AAPL.json": {"quote": 1},
    "polygon/rest/v2__last__trade__AAPL.json": {"trade": 1},
    "polygon/rest/v2__reference__news_ticker_NFLX.json": {"news": 4},
    "polygon/rest/v3__quotes__AAPL.json": {"quote": 10},
    "polygon/rest/v3__trades__AAPL_limit_2.json": {"trade": 2},
}
FILES = [
    (format_name, name, counts)
    for format_name, files in (
        ("lobster", LOBSTER),
        ("bitstamp", BITSTAMP),
        ("lean", LEAN),
        ("bars", BARS),
        ("polygon", POLYGON),
    )
    for name, counts in files.items()
]
EVENTLESS = {
    "bars/factor_files/aapl.csv": "is a LEAN factor file",
    "bars/factor_files/ibm.csv": "is a LEAN factor file",
    "bars/factor_files/spy.csv": "is a LEAN factor file",
    "bars/daily/symbols.txt": "is a list of symbols",
}


def path_of(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the recorded data is not here: {path}")
    return path


@pytest.mark.parametrize(("format_name", "name", "counts"), FILES)
def test_recorded_file_reads_without_a_reject(format_name: str, name: str, counts: dict[str, int]) -> None:
    path = path_of(name)
    types: Counter[str] = Counter()
    start = time.perf_counter()
    with path.open("rb") as stream:
        reading = FORMATS[format_name].read(FileSource(str(path), stream))
        chunks = list(reading)
    seconds = time.perf_counter() - start
    for chunk in chunks:
        chunk.table.validate()
        assert chunk.table.column("symbol").null_count == chunk.table.column("ts").null_count == 0
        types.update({row["values"]: row["counts"] for row in chunk.table.column("type").value_counts().to_pylist()})
    print(f"{name}: {types.total():,} events, left out {dict(reading.left_out)}, {seconds:.2f} s")
    assert types == counts
    assert [reject.reason for chunk in chunks for reject in chunk.rejected] == []


@pytest.mark.parametrize("format_name", ["lean", "bars"])
@pytest.mark.parametrize("name", EVENTLESS)
def test_recorded_file_without_events_is_named_for_what_it_is(format_name: str, name: str) -> None:
    path = path_of(name)
    with path.open("rb") as stream, pytest.raises(FormatError, match=EVENTLESS[name]):
        list(FORMATS[format_name].read(FileSource(str(path), stream)))


@pytest.mark.parametrize("format_name", ["lobster", "bitstamp", "lean", "bars"])
def test_folder_gives_each_format_its_own_files(format_name: str) -> None:
    folder = path_of("orders").parent
    expected = {"lobster": LOBSTER, "bitstamp": BITSTAMP, "lean": LEAN, "bars": BARS}[format_name]
    feed = FORMATS[format_name]
    found = []
    names = (str(path) for part in ("orders", "ticks", "fx", "bars") for path in (folder / part).rglob("*"))
    for name in chosen(feed, names):
        with Path(name).open("rb") as stream:
            if feed.recognises(FileSource(name, stream)):
                found.append(str(Path(name).relative_to(folder)))
    assert found == sorted(expected)


def test_recorded_files_merge_into_one_order() -> None:
    paths = [path_of(f"ticks/lean/ibm/20131007_{kind}.zip") for kind in ("trade", "quote")]
    streams = [path.open("rb") for path in paths]
    readings = [
        FORMATS["lean"].read(FileSource(str(path), stream)) for path, stream in zip(paths, streams, strict=True)
    ]
    last = 0
    rows = 0
    for chunk in merge(readings):
        ts = chunk.table.column("ts").to_numpy()
        assert ts[0] >= last
        assert (ts[1:] >= ts[:-1]).all()
        last = ts[-1]
        rows += chunk.table.num_rows
    for stream in streams:
        stream.close()
    assert rows == 24_293 + 109_067
