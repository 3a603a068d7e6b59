"""Polygon: each message and answer becomes its event; control messages stand apart, the rest is named and counted."""

import json
from typing import Any

import pytest
from surveillance.errors import FormatError
from surveillance.feeds import Options
from surveillance.feeds.polygon import decode_frame

from tests.feeds.small_files import Result, gzipped, read, source

MS = 10**6


def row(**message: Any) -> dict[str, Any]:
    """Decode one message; null fields are left out."""
    frame = decode_frame(json.dumps([message]).encode())
    assert frame.rejected == []
    (only,) = frame.table.to_pylist()
    return {key: value for key, value in only.items() if value is not None}


def answer(name: str, body: Any, options: Options | None = None) -> Result:
    return read("polygon", source(name, json.dumps(body, indent=2).encode()), options)


def test_stock_trade() -> None:
    given = row(ev="T", sym="MSFT", x=4, i="12345", z=3, p=114.125, s=100, c=[0, 12, 37], t=1536036818784, q=3681328)
    assert given == {
        "type": "trade",
        "symbol": "MSFT",
        "ts": 1536036818784 * MS,
        "venue": "FINR",
        "trade_id": "12345",
        "price": 114.125,
        "size": 100.0,
        "conditions": ["odd_lot", "extended_hours"],
        "raw_conditions": ["0", "12", "37"],
    }


@pytest.mark.parametrize(
    ("x", "trfi", "venue"),
    [(12, None, "XNAS"), (4, 202, "FINN"), (4, 999, "FINR"), (777, None, "777"), (12, 202, "XNAS")],
)
def test_trade_venue_is_a_mic_where_known(x: int, trfi: int | None, venue: str) -> None:
    assert row(ev="T", sym="A", x=x, trfi=trfi, p=1, s=1, t=1)["venue"] == venue


@pytest.mark.parametrize(("ms", "factor"), [(1762145999999, 100), (1762146000000, 1)])
def test_quote_sizes_are_round_lots_before_and_shares_since_2025_11_03(ms: int, factor: int) -> None:
    given = row(ev="Q", sym="MSFT", bx=4, bp=114.125, bs=2, ax=7, ap=114.128, **{"as": 3}, c=0, i=[604], t=ms, q=1, z=3)
    assert (given["bid_size"], given["ask_size"]) == (2.0 * factor, 3.0 * factor)
    assert given["venue"] == "NBBO"
    assert given["raw_conditions"] == ["0", "604"]


def test_quote_with_an_empty_side() -> None:
    given = row(ev="Q", sym="MSFT", bp=0, bs=0, ap=5, **{"as": 1}, t=1)
    assert given["bid_size"] == 0.0
    assert "bid_price" not in given


@pytest.mark.parametrize(("ev", "interval", "seconds"), [("A", "1s", 1), ("AM", "1m", 60)])
@pytest.mark.parametrize("end", [True, False])
def test_stock_bar_stands_at_its_end(ev: str, interval: str, seconds: int, end: bool) -> None:
    start = 1610144640000
    message = {"ev": ev, "sym": "GTE", "v": 4110, "vw": 0.4488, "o": 0.1, "c": 0.2, "h": 0.3, "l": 0.05, "s": start}
    message |= {"av": 9, "op": 1.0, "a": 0.4, "z": 685, "otc": True}
    if end:
        message["e"] = start + seconds * 1000
    assert row(**message) == {
        "type": "bar",
        "symbol": "GTE",
        "ts": (start + seconds * 1000) * MS,
        "interval": interval,
        "open": 0.1,
        "high": 0.3,
        "low": 0.05,
        "close": 0.2,
        "volume": 4110.0,
        "vwap": 0.4488,
    }


@pytest.mark.parametrize("t", [1601316752683, 1601316752683000, 1601316752683000000])
def test_limit_bands_are_a_status_whatever_unit_their_time_has(t: int) -> None:
    assert row(ev="LULD", T="MSFT", h=218.96, l=198.11, i=[21], z=3, t=t, q=290317) == {
        "type": "status",
        "state": "limit_up_down",
        "symbol": "MSFT",
        "ts": 1601316752683 * MS,
        "limit_low": 198.11,
        "limit_high": 218.96,
    }


def test_currency_quote_has_no_sizes() -> None:
    assert row(ev="C", p="USD/CNH", x="44", a=6.83366, b=6.83363, t=1536036818784) == {
        "type": "quote",
        "symbol": "USD/CNH",
        "ts": 1536036818784 * MS,
        "venue": "44",
        "bid_price": 6.83363,
        "ask_price": 6.83366,
    }


@pytest.mark.parametrize(
    ("ev", "pair", "symbol", "interval"),
    [
        ("CA", "USD/EUR", "USD/EUR", "1m"),
        ("CAS", "USD-EUR", "USD/EUR", "1s"),
        ("XA", "BCD-USD", "BCD-USD", "1m"),
        ("XAS", "BCD/USD", "BCD-USD", "1s"),
    ],
)
def test_pair_bar(ev: str, pair: str, symbol: str, interval: str) -> None:
    given = row(ev=ev, pair=pair, o=1, c=2, h=3, l=0.5, v=951.6112, s=1539145740000)
    seconds = 60 if interval == "1m" else 1
    assert (given["symbol"], given["interval"], given["volume"]) == (symbol, interval, 951.6112)
    assert given["ts"] == (1539145740000 + seconds * 1000) * MS


@pytest.mark.parametrize(("codes", "side"), [([1], "sell"), ([2], "buy"), ([0], None), ([], None), ([1, 2], None)])
def test_crypto_trade_conditions_name_the_aggressor(codes: list[int], side: str | None) -> None:
    given = row(
        ev="XT", pair="BTC-USD", p=33021.9, t=1610462007425, s=0.01616617, c=codes, i=14272084, x=3, r=1610462007576
    )
    assert given.get("aggressor") == side
    assert (given["symbol"], given["trade_id"], given["venue"], given["size"]) == (
        "BTC-USD",
        "14272084",
        "3",
        0.01616617,
    )
    assert "received_ts" not in given


def test_crypto_quote() -> None:
    given = row(ev="XQ", pair="BTC-USD", bp=33052.79, bs=0.48, ap=33073.19, **{"as": 0.601}, t=1610462411115, x=1, r=2)
    assert (given["bid_price"], given["bid_size"], given["ask_price"], given["ask_size"]) == (
        33052.79,
        0.48,
        33073.19,
        0.601,
    )


def test_crypto_book_gives_its_best_levels() -> None:
    book = {"ev": "XL2", "pair": "BTC-USD", "t": 1610462411115, "r": 1, "x": 1}
    given = row(
        **book, b=[[33712.7, 0.134], [33712.71, 0.18635], [33713, 0]], a=[[33718.24, 0.1], [33718.23, 3.5527483]]
    )
    assert (given["bid_price"], given["bid_size"]) == (33712.71, 0.18635)
    assert (given["ask_price"], given["ask_size"]) == (33718.23, 3.5527483)
    assert row(**book, b=[], a=[[1, 2]])["bid_size"] == 0.0


@pytest.mark.parametrize(
    ("ticker", "symbol"),
    [
        ("C:EURUSD", "EUR/USD"),
        ("C:EUR-USD", "EUR/USD"),
        ("X:BTC-USD", "BTC-USD"),
        ("X:BTCUSD", "BTC-USD"),
        ("X:DOGEUSDT", "DOGE-USDT"),
        ("BRK.A", "BRK.A"),
    ],
)
def test_ticker_is_named_as_its_market_does(ticker: str, symbol: str) -> None:
    assert row(ev="AM", sym=ticker, o=1, h=1, l=1, c=1, s=1610463240000)["symbol"] == symbol


def test_what_is_left_out_is_named_and_counted() -> None:
    frame = decode_frame(
        json.dumps(
            [
                {"ev": "NOI", "T": "A"},
                {"ev": "FMV", "sym": "A"},
                {"ev": "LV", "sym": "A"},
                {"ev": "V", "T": "I:SPX"},
                {"ev": "T", "sym": "O:AMC210827C00037000", "p": 1},
                {"ev": "AM", "sym": "I:SPX", "o": 1},
            ]
        ).encode()
    )
    assert frame.left_out == {"NOI": 1, "FMV": 1, "LV": 1, "V": 1, "options": 1, "indices": 1}
    assert (frame.rows, frame.rejected) == ([], [])


def test_control_messages_stand_apart() -> None:
    status = {"ev": "status", "status": "auth_success", "message": "authenticated"}
    frame = decode_frame(json.dumps([[status], [{"ev": "C", "p": "EUR/USD", "a": 1, "b": 1, "t": 1}]]).encode())
    assert frame.controls == [status]
    assert len(frame.rows) == 1


def test_unknown_fields_are_counted_and_known_ones_that_are_left_out_are_not() -> None:
    frame = decode_frame(b'{"ev":"T","sym":"A","p":1,"s":1,"t":1,"z":3,"q":5,"brandnew":1}')
    assert frame.unknown_keys == {"brandnew": 1}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b'{"ev":"T","sym":"A","p":"1","s":1,"t":1}', "wrong_type:p"),
        (b'{"ev":"T","sym":"A","p":1,"s":1,"t":1.5}', "wrong_type:t"),
        (b'{"ev":"T","sym":"A","p":1,"s":1,"t":99999999999999999999}', "wrong_type:t"),
        (b'{"ev":"T","sym":"A","p":1,"s":1,"t":9000000000000000000}', "ts_out_of_range"),
        (b'{"ev":"T","sym":"A","p":1,"s":true,"t":1}', "wrong_type:s"),
        (b'{"ev":"T","sym":["A"],"p":1,"s":1,"t":1}', "wrong_type:sym"),
        (b'{"ev":"T","sym":"A","p":1,"s":1,"t":1,"c":[1.5]}', "wrong_type:c"),
        (b'{"ev":"XL2","pair":"A","b":[[1]],"a":[],"t":1}', "wrong_type:b"),
        (b'{"ev":"ZZ"}', "unknown_message_type"),
        (b'{"ev":["T"]}', "missing:ev"),
        (b'{"sym":"A"}', "missing:ev"),
        (b"7", "not_an_object"),
        (b'{"ev":', "not_json"),
        (b"[" * 5000, "not_json"),
        (b"\xff", "not_json"),
    ],
)
def test_bad_message_is_rejected_with_its_reason(message: bytes, reason: str) -> None:
    assert [reject.reason for reject in decode_frame(message).rejected] == [reason]


FRAME = [[{"ev": "C", "p": "EUR/USD", "a": 2, "b": 1, "t": 1}], [[{"ev": "C", "p": "EUR/USD", "a": 3, "b": 1, "t": 2}]]]
FLAT = [FRAME[0][0], FRAME[1][0][0]]


@pytest.mark.parametrize(
    "data",
    [
        "".join(json.dumps(message) + "\n" for message in FLAT),
        "\n".join(json.dumps([message]) for message in FLAT),
        json.dumps(FRAME),
        json.dumps(FRAME, indent=1),
        "[\n" + ",\n".join(json.dumps(message) for message in FLAT) + "\n]\n",
    ],
)
def test_recorded_frames_read_alike_in_every_layout(data: str) -> None:
    rows = read("polygon", source("frames.ndjson.gz", gzipped(data.encode()))).rows
    assert [(row["symbol"], row["ask_price"]) for row in rows] == [("EUR/USD", 2.0), ("EUR/USD", 3.0)]


def test_bad_line_among_good_ones_is_rejected_in_place() -> None:
    text = json.dumps(FLAT[0])
    result = read("polygon", source("frames.ndjson", f"{text}\n{{broken\n{text}\n".encode()))
    assert [(reject.position, reject.reason, reject.line) for reject in result.rejected] == [
        (1, "not_json", b"{broken")
    ]


@pytest.mark.parametrize("cut", [1, 10])
def test_cut_file_is_truncation(cut: int) -> None:
    for data in (json.dumps(FRAME, indent=1).encode(), b"\n".join(json.dumps(m).encode() for m in FLAT)):
        with pytest.raises(FormatError):
            read("polygon", source("frames.json", data[:-cut]))


def bar(**more: Any) -> dict[str, Any]:
    return {"v": 642646396.0, "vw": 1.469, "o": 1.5, "c": 1.46, "h": 1.51, "l": 1.44, "n": 82132, **more}


def test_daily_aggregate_stands_at_the_sessions_close() -> None:
    body = {"ticker": "AAPL", "results": [bar(t=1112331600000)], "status": "OK", "adjusted": True}
    (given,) = answer("v2__aggs__ticker__AAPL__range__1__day__2005-04-01__2005-04-04.json", body).rows
    assert (given["symbol"], given["interval"], given["trade_count"]) == ("AAPL", "1d", 82132)
    assert given["ts"] == 1112389200 * 10**9  # 16:00 in New York


@pytest.mark.parametrize(
    ("word", "interval", "seconds"),
    [("1__second", "1s", 1), ("1__minute", "1m", 60), ("5__minute", "5m", 300), ("1__hour", "1h", 3600)],
)
def test_aggregate_time_is_a_start(word: str, interval: str, seconds: int) -> None:
    name = f"v2__aggs__ticker__AAPL__range__{word}__2005-04-01__2005-04-04.json"
    (given,) = answer(name, {"ticker": "AAPL", "results": [bar(t=1112331600000)]}).rows
    assert (given["interval"], given["ts"]) == (interval, (1112331600 + seconds) * 10**9)


def test_aggregates_without_a_named_interval_are_told_by_their_distance() -> None:
    results = [bar(t=1112331600000), bar(t=1112331660000)]
    assert {row["interval"] for row in answer("a.json", {"ticker": "A", "results": results}).rows} == {"1m"}
    with pytest.raises(FormatError, match="how long its bars are"):
        answer("a.json", {"ticker": "A", "results": results[:1]})


def test_aggregates_of_other_lengths_are_left_out() -> None:
    with pytest.raises(FormatError, match=r"1 left out \(aggregates of 1 week"):
        answer("v2/aggs/ticker/A/range/1/week/x.json", {"ticker": "A", "results": [bar(t=1112331600000)]})


def test_grouped_bars_name_their_symbols_and_crypto_days_are_utc() -> None:
    body = {"results": [bar(T="GIK", t=1602705600000), bar(T="X:BTCUSD", t=1602633600000)]}
    rows = answer("v2__aggs__grouped__x.json", body).rows
    assert [(row["symbol"], row["ts"]) for row in rows] == [
        ("GIK", 1602705600 * 10**9),
        ("BTC-USD", (1602633600 + 86400) * 10**9),
    ]


TRADE = {
    "conditions": [12, 37],
    "correction": 1,
    "exchange": 11,
    "id": "183276",
    "participant_timestamp": 1651181822461636600,
    "price": 156.43,
    "sequence_number": 7179341,
    "sip_timestamp": 1651181822461979400,
    "size": 10,
    "tape": 3,
}


@pytest.mark.parametrize(
    ("indicator", "word"), [(0, None), (1, None), (8, None), (10, "cancel"), (11, "cancel"), (12, "correct")]
)
def test_rest_trade_takes_the_sip_time_and_its_correction(indicator: int, word: str | None) -> None:
    (given,) = answer("v3__trades__AAPL_limit_2.json", {"results": [{**TRADE, "correction": indicator}]}).rows
    assert (given["symbol"], given["ts"], given["venue"]) == ("AAPL", 1651181822461979400, "ARCX")
    assert given.get("correction") == word


def test_rest_answer_without_a_symbol_needs_one() -> None:
    with pytest.raises(FormatError, match="names no symbol"):
        answer("trades.json", {"results": [TRADE]})
    assert answer("trades.json", {"results": [TRADE]}, Options("AAPL")).rows[0]["symbol"] == "AAPL"
    paged = {"results": [TRADE], "next_url": "https://api.example.com/v3/trades/BRK.A?cursor=x"}
    assert answer("trades.json", paged).rows[0]["symbol"] == "BRK.A"


def test_rest_quote_is_nbbo_in_shares() -> None:
    quote = {
        "ask_price": 155.87,
        "ask_size": 3,
        "bid_price": 155.85,
        "bid_size": 4,
        "sip_timestamp": 1652191872800638700,
    }
    (given,) = answer("v3__quotes__AAPL.json", {"results": [quote]}).rows
    assert (given["venue"], given["bid_size"], given["ask_size"]) == ("NBBO", 400.0, 300.0)


def test_last_trade_and_last_nbbo() -> None:
    trade = {"c": [12], "i": "237688", "p": 166.25, "s": 2, "x": 4, "r": 202, "T": "AAPL", "t": 1651179319310617300}
    quote = {"p": 155.65, "s": 1, "P": 155.66, "S": 14, "T": "AAPL", "t": 1652192754171838500}
    (last,) = answer("v2__last__trade__AAPL.json", {"results": trade}).rows
    (nbbo,) = answer("v2__last__nbbo__AAPL.json", {"results": quote}).rows
    assert (last["type"], last["venue"], last["conditions"]) == ("trade", "FINN", ["extended_hours"])
    assert (nbbo["bid_price"], nbbo["bid_size"], nbbo["ask_price"], nbbo["ask_size"]) == (155.65, 100.0, 155.66, 1400.0)


def test_last_crypto_trade_and_currency_quote() -> None:
    trade = {"last": {"conditions": [2], "exchange": 2, "price": 39976.8, "size": 0.005, "timestamp": 1651180409688}}
    quote = {"last": {"ask": 0.69527, "bid": 0.6952, "exchange": 48, "timestamp": 1652193694000}}
    (last,) = answer("a.json", {**trade, "symbol": "BTC-USD"}).rows
    (rate,) = answer("b.json", {**quote, "symbol": "AUD/USD"}).rows
    assert (last["symbol"], last["aggressor"], last["venue"]) == ("BTC-USD", "buy", "2")
    assert (rate["symbol"], rate["bid_price"], rate["venue"]) == ("AUD/USD", 0.6952, "48")


def test_news_is_one_event_a_symbol_with_its_sentiment() -> None:
    story = {
        "id": "abc",
        "publisher": {"name": "MarketWatch", "logo_url": "x"},
        "title": "A headline",
        "published_utc": "2022-04-28T17:08:00Z",
        "article_url": "https://example.com/a",
        "tickers": ["MSFT", "C:EURUSD", "AMZN", "O:X"],
        "insights": [{"ticker": "MSFT", "sentiment": "negative"}, {"ticker": "AMZN", "sentiment": "neutral"}],
    }
    rows = answer("news.json", {"results": [story, {**story, "tickers": []}]}).rows
    assert [(row["symbol"], row.get("sentiment")) for row in rows] == [("MSFT", -1.0), ("EUR/USD", None), ("AMZN", 0.0)]
    assert {key: rows[0][key] for key in ("type", "ts", "news_id", "headline", "url", "source")} == {
        "type": "news",
        "ts": 1651165680 * 10**9,
        "news_id": "abc",
        "headline": "A headline",
        "url": "https://example.com/a",
        "source": "MarketWatch",
    }


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("v1__indicators__ema__AAPL.json", {"results": {"values": []}, "status": "OK"}, "indicator values"),
        ("v1__marketstatus__now.json", {"market": "open"}, "market status"),
        ("v3__reference__splits.json", {"results": [{"ticker": "GOOGL"}]}, "reference data"),
        ("v1__conversion__AUD__USD.json", {"last": {"ask": 1, "bid": 1}, "converted": 1}, "currency conversion"),
    ],
)
def test_answer_without_events_is_named(name: str, body: Any, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        answer(name, body)
