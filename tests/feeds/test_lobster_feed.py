"""LOBSTER: every message type becomes the right events, at the exact nanosecond, beside the book of its own line."""

import datetime

import pytest
from surveillance.errors import FormatError
from surveillance.feeds import FORMATS, Options
from surveillance.feeds.lobster import companion_name

from tests.feeds.small_files import (
    LOBSTER_BOOK,
    LOBSTER_MESSAGES,
    LOBSTER_NAME,
    lines,
    lobster_zip,
    read,
    source,
    zipped_names,
)

OPEN = 1_340_285_400_000_000_000  # 2012-06-21 09:30 in New York
STILL_BOOK = "5859400,200,5853300,18"


def one(message: str, book: str = STILL_BOOK) -> list[dict]:
    rows = read("lobster", lobster_zip((message,), (book,))).rows
    return [row for row in rows if row["type"] != "quote"]


def test_new_order_is_entered_with_price_and_side() -> None:
    assert one("34200.004241176,1,16113575,18,5853300,1") == [
        {
            "type": "order",
            "symbol": "AAPL",
            "ts": OPEN + 4_241_176,
            "venue": "XNAS",
            "action": "new",
            "order_id": "16113575",
            "side": "buy",
            "price": 585.33,
            "size": 18.0,
        }
    ]


def test_partial_cancel_has_its_size_and_delete_has_none() -> None:
    (cancel,) = one("34200.1,2,7,8,5853300,-1")
    (delete,) = one("34200.1,3,7,8,5853300,-1")
    assert (cancel["action"], cancel["size"], cancel["side"]) == ("cancel", 8.0, "sell")
    assert delete["action"] == "cancel"
    assert "size" not in delete


def test_visible_execution_is_a_fill_and_a_trade_of_one_id() -> None:
    fill, trade = one("34200.1,4,7,8,5853300,-1")
    assert (fill["type"], fill["action"], fill["side"], fill["trade_id"]) == ("order", "fill", "sell", "2012-06-21-1")
    assert (trade["type"], trade["aggressor"], trade["trade_id"]) == ("trade", "buy", "2012-06-21-1")
    assert (fill["price"], fill["size"]) == (trade["price"], trade["size"]) == (585.33, 8.0)
    assert "order_id" not in trade
    assert "hidden" not in trade


def test_hidden_execution_is_a_hidden_trade_only() -> None:
    (trade,) = one("34200.1,5,0,8,5853300,1")
    assert (trade["type"], trade["hidden"], trade["aggressor"]) == ("trade", True, "sell")


@pytest.mark.parametrize(
    ("seconds", "word"),
    [
        ("34200.5", "auction_open"),
        ("40000", "auction_open"),
        ("57539.999999999", "auction_open"),
        ("57540", "auction_close"),
    ],
)
def test_cross_is_an_auction_trade_without_aggressor(seconds: str, word: str) -> None:
    (trade,) = one(f"{seconds},6,-1,8,5853300,-1")
    assert (trade["type"], trade["conditions"]) == ("trade", [word])
    assert "aggressor" not in trade


@pytest.mark.parametrize(("price", "state"), [("-1", "halted"), ("0", "pre_open"), ("1", "open")])
def test_halt_message_is_a_status(price: str, state: str) -> None:
    (status,) = one(f"36023,7,0,0,{price},-1")
    assert status == {"type": "status", "symbol": "AAPL", "ts": OPEN + 1_823 * 10**9, "venue": "XNAS", "state": state}


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("34200", 0),
        ("34200.", 0),
        ("34200.1", 100_000_000),
        ("34200.000000001", 1),
        ("34200.123456789", 123_456_789),
        ("34200.9999999999", 999_999_999),
        ("34200.12345678999999999999", 123_456_789),
    ],
)
def test_time_is_exact_and_digits_beyond_the_ninth_are_cut(text: str, ns: int) -> None:
    (order,) = one(f"{text},1,7,8,5853300,1")
    assert order["ts"] == OPEN + ns


def test_winter_date_uses_winter_time() -> None:
    name = "AAPL_2012-01-04_34200000_57600000_{}_1.csv"
    file = source(
        "x.zip",
        zipped_names(
            {name.format("message"): lines("34200,1,7,8,5853300,1"), name.format("orderbook"): lines(STILL_BOOK)}
        ),
    )
    assert read("lobster", file).rows[0]["ts"] == 1_325_687_400_000_000_000


def test_quote_follows_its_message_where_the_top_changed() -> None:
    rows = read("lobster", lobster_zip()).rows
    kinds = [(row["type"], row.get("action")) for row in rows]
    assert kinds == [
        ("order", "new"),
        ("quote", None),
        ("order", "cancel"),
        ("quote", None),
        ("order", "fill"),
        ("trade", None),
        ("quote", None),
        ("trade", None),
        ("order", "cancel"),
        ("quote", None),
    ]
    assert rows[1]["ts"] == rows[0]["ts"]
    assert {key: rows[1][key] for key in ("bid_price", "bid_size", "ask_price", "ask_size")} == {
        "bid_price": 585.33,
        "bid_size": 18.0,
        "ask_price": 585.94,
        "ask_size": 200.0,
    }


def test_empty_side_has_size_nought_and_no_price() -> None:
    rows = read("lobster", lobster_zip(LOBSTER_MESSAGES[:1], ("9999999999,0,-9999999999,0",))).rows
    assert rows[1] == {
        "type": "quote",
        "symbol": "AAPL",
        "ts": OPEN + 4_241_176,
        "venue": "XNAS",
        "bid_size": 0.0,
        "ask_size": 0.0,
    }


def test_size_beside_the_price_of_an_empty_side_means_nothing() -> None:
    rows = read("lobster", lobster_zip(LOBSTER_MESSAGES[:1], ("-9999999999,7,5853300,18",))).rows
    assert rows[1]["ask_size"] == 0.0
    assert "ask_price" not in rows[1]


def test_deeper_levels_make_no_quote_but_are_counted() -> None:
    file = lobster_zip(
        ("34200,1,1,1,5853300,1", "34200,1,2,1,5853200,1"),
        ("5859400,200,5853300,1,9999999999,0,-9999999999,0", "5859400,200,5853300,1,9999999999,0,5853200,1"),
        level=2,
    )
    result = read("lobster", file)
    assert [row["type"] for row in result.rows] == ["order", "quote", "order"]
    assert result.defaults.shown_levels == 2
    assert (result.defaults.calendar, result.defaults.timezone) == ("XNYS", "America/New_York")


def test_bad_line_is_rejected_and_keeps_the_line_numbers() -> None:
    messages = ("34200,1,1,1,5853300,1", "garbage", "34200,9,1,1,5853300,1", "34200,5,0,1,5853300,1")
    result = read("lobster", lobster_zip(messages, (STILL_BOOK,) * 4))
    assert [row["type"] for row in result.rows] == ["order", "quote", "trade"]
    assert result.rows[-1]["trade_id"] == "2012-06-21-4"
    assert [(reject.position, reject.reason, reject.line) for reject in result.rejected] == [
        (2, "columns:1", b"garbage"),
        (2, "unknown_message_type", b"34200,9,1,1,5853300,1"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("86400,1,1,1,5853300,1", "bad_time"),
        ("-1,1,1,1,5853300,1", "bad_time"),
        ("1e3,1,1,1,5853300,1", "bad_time"),
        ("34200,1,1,x,5853300,1", "wrong_type:size"),
        ("34200,1,1,1.5,5853300,1", "wrong_type:size"),
        ("34200,1,1,,5853300,1", "missing:size"),
        ("34200,1,1,1,5853300,0", "bad_direction"),
        ("34200,7,0,0,5,-1", "unknown_halt_state"),
        ("34200,1,1,1,99999999999999999999,1", "wrong_type:price"),
    ],
)
def test_each_fault_has_its_reason(line: str, reason: str) -> None:
    result = read("lobster", lobster_zip((LOBSTER_MESSAGES[0], line), (STILL_BOOK,) * 2))
    assert result.reasons == [reason]


def test_bad_book_row_loses_only_its_quote() -> None:
    result = read("lobster", lobster_zip(LOBSTER_MESSAGES[:2], (STILL_BOOK, "5859400,x,5853300,10")))
    assert [row["type"] for row in result.rows] == ["order", "quote", "order"]
    assert result.reasons == ["book:wrong_type:ask_size_1"]


def test_csv_pair_reads_as_its_zip_does() -> None:
    book = source("d/" + LOBSTER_NAME.format("orderbook", 1), lines(*LOBSTER_BOOK))
    message = source("d/" + LOBSTER_NAME.format("message", 1), lines(*LOBSTER_MESSAGES), book)
    assert companion_name(message.name) == book.name
    assert FORMATS["lobster"].is_companion(book.name)
    assert read("lobster", message).rows == read("lobster", lobster_zip()).rows


def test_message_file_without_its_book_is_refused() -> None:
    with pytest.raises(FormatError, match="order book file beside it"):
        read("lobster", source(LOBSTER_NAME.format("message", 1), lines(*LOBSTER_MESSAGES)))


@pytest.mark.parametrize(("messages", "books"), [(5, 4), (4, 5), (5, 1)])
def test_unequal_length_is_truncation(messages: int, books: int) -> None:
    with pytest.raises(FormatError, match="unequal length"):
        read("lobster", lobster_zip(LOBSTER_MESSAGES[:messages], LOBSTER_BOOK[:books]))


def test_empty_lines_at_the_end_are_no_difference_in_length() -> None:
    assert len(read("lobster", lobster_zip((*LOBSTER_MESSAGES, "", ""), LOBSTER_BOOK)).rows) == 10
    assert len(read("lobster", lobster_zip(LOBSTER_MESSAGES, (*LOBSTER_BOOK, "", ""))).rows) == 10


def test_cut_last_line_is_truncation() -> None:
    book = source(LOBSTER_NAME.format("orderbook", 1), lines(*LOBSTER_BOOK))
    message = source(LOBSTER_NAME.format("message", 1), lines(*LOBSTER_MESSAGES)[:-9], book)
    with pytest.raises(FormatError, match="truncated"):
        read("lobster", message)


def test_zip_without_the_book_is_refused() -> None:
    file = source("x.zip", zipped_names({LOBSTER_NAME.format("message", 1): lines(*LOBSTER_MESSAGES)}))
    with pytest.raises(FormatError, match="not its order book"):
        read("lobster", file)


def test_name_without_a_date_takes_it_from_the_options() -> None:
    pair = {"message.csv": lines(*LOBSTER_MESSAGES), "orderbook.csv": lines(*LOBSTER_BOOK)}
    file = source("x.zip", zipped_names(pair))
    with pytest.raises(FormatError, match="names no symbol and trading date"):
        read("lobster", file)
    result = read("lobster", file, Options("AAPL", datetime.date(2012, 6, 21)))
    assert result.rows[0]["ts"] == OPEN + 4_241_176


def test_other_symbol_or_date_leaves_nothing_and_is_no_error() -> None:
    assert read("lobster", lobster_zip(), Options("AMZN")).rows == []
    assert read("lobster", lobster_zip(), Options(date=datetime.date(2012, 6, 22))).rows == []
    assert len(read("lobster", lobster_zip(), Options("AAPL", datetime.date(2012, 6, 21))).rows) == 10
