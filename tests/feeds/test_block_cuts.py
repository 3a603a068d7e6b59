"""How a file is cut into blocks while it is read changes nothing."""

import json

import pytest
from surveillance.feeds import FileSource, text
from surveillance.wire import encode_row

from tests.feeds.small_files import lines, read, source, zipped_names

EVENTS = b"".join(encode_row({"type": "trade", "symbol": "A", "ts": k, "price": 1.0}) + b"\n" for k in range(40))
ORDERS = [f"{34200 + k}.5,{1 + k % 5},{k},{k + 1},5853300,1" for k in range(40)]
BOOK = [f"5859400,{k // 3},5853300,18" for k in range(40)]
FILES = {
    "events": ("e.ndjson", EVENTS.replace(b'"price":1.0}\n', b'"price":"x"}\n', 2)),
    "lobster": (
        "x.zip",
        zipped_names(
            {
                "A_2012-06-21_message_1.csv": lines(*ORDERS[:20], "bad", *ORDERS[20:]),
                "A_2012-06-21_orderbook_1.csv": lines(*BOOK[:20], BOOK[20], *BOOK[20:]),
            }
        ),
    ),
    "bitstamp": (
        "o.csv",
        lines(
            "id,timestamp,exchange.timestamp,price,volume,action,direction",
            *(f"7,{1430438404518 + k},0,5,{900 - k},{'changed' if k else 'created'},bid" for k in range(40)),
        ),
    ),
    "lean": (
        "o.zip",
        zipped_names({"20131007_ibm_Trade_Tick.csv": lines(*(f"{k},1815200,{k},P,{k % 3}0,0" for k in range(60)))}),
    ),
    "polygon": (
        "p.ndjson",
        lines(*(json.dumps([{"ev": "C", "p": "EUR/USD", "a": 2, "b": 1, "t": k}]) for k in range(40)), "{"),
    ),
    "bars": (
        "b.csv",
        lines("date,open,high,low,close,volume,symbol", *(f"2013-02-{1 + k % 28:02d},1,1,1,1,5,A" for k in range(60))),
    ),
}


@pytest.mark.parametrize("format_name", FILES)
def test_small_blocks_give_the_same(format_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(format_name, source(*FILES[format_name]))
    assert whole.rows
    for size in (7, 300):
        monkeypatch.setattr(text, "BLOCK_BYTES", size)
        monkeypatch.setattr(text, "HEAD_BYTES", 80)
        name, data = FILES[format_name]
        cut = read(format_name, FileSource(name, source(name, data).stream))
        assert cut.rows == whole.rows
        assert cut.rejected == whole.rejected
        assert cut.left_out == whole.left_out


@pytest.mark.parametrize("format_name", ["events", "bitstamp", "polygon", "bars"])
def test_windows_line_ends_give_the_same(format_name: str) -> None:
    name, data = FILES[format_name]
    whole, given = read(format_name, source(name, data)), read(format_name, source(name, data.replace(b"\n", b"\r\n")))
    assert given.rows == whole.rows
    assert given.reasons == whole.reasons
