"""Bitstamp: what happened to an order is told from the difference to what was open, in both file kinds alike."""

import json

import pytest
from surveillance.errors import FormatError
from surveillance.feeds import Options

from tests.feeds.small_files import Result, gzipped, lines, read, source

HEADER = "id,timestamp,exchange.timestamp,price,volume,action,direction"
KINDS = {"created": "order_created", "changed": "order_changed", "deleted": "order_deleted"}


def from_csv(*rows: tuple[int, str, str, int], options: Options | None = None) -> Result:
    """Read rows (order id, action, price, volume in 10⁻⁸) as csv; the order is a bid, a millisecond a row."""
    texts = [
        f"{order},{1430438404518 + place},1430438404000,{price},{volume},{action},bid"
        for place, (order, action, price, volume) in enumerate(rows)
    ]
    return read("bitstamp", source("orders.csv.gz", gzipped(lines(HEADER, *texts))), options)


def from_log(*rows: tuple[int, str, str, int]) -> Result:
    texts = []
    for place, (order, action, price, volume) in enumerate(rows):
        amount = f"{volume // 10**8}.{volume % 10**8:08d}"
        body = {"price": price, "amount": amount, "datetime": "1430438404", "id": order, "order_type": 0}
        texts.append(f"{1430438404518 + place} {KINDS[action]} {json.dumps(body)}")
    return read("bitstamp", source("live.log.gz", gzipped(lines(*texts))))


SITUATIONS = {
    "created": ([(1, "created", "236.47", 200)], [("new", 2e-06)]),
    "created_again": ([(1, "created", "236.47", 200), (1, "created", "236.47", 100)], [("new", 2e-06), ("new", 1e-06)]),
    "volume_down": (
        [(1, "created", "5", 200_000_000), (1, "changed", "5", 178_855_669)],
        [("new", 2.0), ("fill", 0.21144331)],
    ),
    "price_changed": ([(1, "created", "5", 300), (1, "changed", "6", 300)], [("new", 3e-06), ("replace", 3e-06)]),
    "price_and_volume": ([(1, "created", "5", 300), (1, "changed", "6", 200)], [("new", 3e-06), ("replace", 2e-06)]),
    "volume_up": ([(1, "created", "5", 200), (1, "changed", "5.0", 300)], [("new", 2e-06), ("replace", 3e-06)]),
    "volume_up_by_the_least": (
        [(1, "created", "5", 200), (1, "changed", "5", 201)],
        [("new", 2e-06), ("replace", 2.01e-06)],
    ),
    "changed_unknown": ([(1, "changed", "5", 200), (1, "changed", "5", 100)], [("replace", 2e-06), ("fill", 1e-06)]),
    "deleted_with_volume": ([(1, "created", "5", 200), (1, "deleted", "5", 200)], [("new", 2e-06), ("cancel", 2e-06)]),
    "deleted_unknown": ([(1, "deleted", "5", 200)], [("cancel", 2e-06)]),
    "deleted_with_less": ([(1, "created", "5", 200), (1, "deleted", "5", 100)], [("new", 2e-06), ("cancel", None)]),
    "deleted_at_nought": (
        [(1, "created", "5", 300), (1, "changed", "5", 100), (1, "deleted", "5", 0)],
        [("new", 3e-06), ("fill", 2e-06), ("fill", 1e-06)],
    ),
    "deleted_unknown_at_nought": ([(1, "deleted", "5", 0)], [("fill", None)]),
}


@pytest.mark.parametrize("read_rows", [from_csv, from_log])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_change_of_an_order_is_its_event(situation: str, read_rows) -> None:  # type: ignore[no-untyped-def]
    given, expected = SITUATIONS[situation]
    result = read_rows(*given)
    assert [(row["action"], row.get("size")) for row in result.rows] == expected
    assert {row["order_id"] for row in result.rows} == {"1"}
    assert {row["side"] for row in result.rows} == {"buy"}
    assert result.rejected == []


def test_time_is_the_logs_stamp_not_the_exchanges() -> None:
    assert from_csv((1, "created", "5", 100)).rows[0]["ts"] == 1_430_438_404_518_000_000


def test_symbol_is_btc_usd_unless_named() -> None:
    assert from_csv((1, "created", "5", 100)).rows[0]["symbol"] == "BTC-USD"
    assert from_csv((1, "created", "5", 100), options=Options("BTC/EUR")).rows[0]["symbol"] == "BTC/EUR"


def test_nothing_is_made_of_changes_that_change_nothing() -> None:
    result = from_csv((1, "created", "5", 2), (1, "changed", "5", 2), (1, "changed", "5", 0), (1, "deleted", "5", 0))
    assert [row["action"] for row in result.rows] == ["new", "fill"]
    assert result.left_out == {"changed_to_the_same": 1, "deleted_after_its_last_fill": 1}


def test_log_trade_has_no_aggressor_and_order_book_lines_are_counted() -> None:
    text = lines(
        '1430438404645 trade {"price": 236.47, "amount": 0.21144331, "id": 8111041}',
        '1430438404700 order_book {"bids": []}',
        '1430438404700 order_deleted {"price": "5", "amount": "0.5", "datetime": "1", "id": 2, "order_type": 1}',
    )
    result = read("bitstamp", source("live.log", text))
    assert result.rows[0] == {
        "type": "trade",
        "symbol": "BTC-USD",
        "ts": 1_430_438_404_645_000_000,
        "venue": "bitstamp",
        "price": 236.47,
        "size": 0.21144331,
        "trade_id": "8111041",
    }
    assert result.rows[1]["side"] == "sell"
    assert result.left_out == {"order_book": 1}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,2", "columns:2"),
        ("x,1430438404518,0,5,1,created,bid", "wrong_type:id"),
        ("1,143043840451.8,0,5,1,created,bid", "bad_time"),
        ("1,1430438404518,0,-5,1,created,bid", "wrong_type:price"),
        ("1,1430438404518,0,5,1.5,created,bid", "wrong_type:volume"),
        ("1,1430438404518,0,5,1,vanished,bid", "unknown_action"),
        ("1,1430438404518,0,5,1,created,both", "unknown_direction"),
    ],
)
def test_bad_csv_line_is_rejected_with_its_reason(line: str, reason: str) -> None:
    good = "7,1430438404518,0,5,1,created,bid"
    result = read("bitstamp", source("o.csv", lines(HEADER, good, line, good)))
    assert [(reject.position, reject.reason, reject.line.decode()) for reject in result.rejected] == [(1, reason, line)]
    assert len(result.rows) == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("garbage", "bad_time"),
        ("1430438404518 order_eaten {}", "unknown_kind"),
        ("1430438404518 order_created {", "not_json"),
        ('1430438404518 order_created {"id": 1, "price": "5", "amount": "1", "order_type": 2}', "unknown_order_type"),
        ('1430438404518 order_created {"id": 1, "price": "5", "amount": "١", "order_type": 1}', "wrong_type:amount"),
        ('1430438404518 order_created {"id": true, "price": "5", "amount": "1", "order_type": 1}', "wrong_type:id"),
        ('1430438404518 trade {"id": 1, "amount": 1}', "wrong_type:price"),
    ],
)
def test_bad_log_line_is_rejected_with_its_reason(line: str, reason: str) -> None:
    good = '1430438404645 trade {"price": 236.47, "amount": 0.2, "id": 8}'
    assert read("bitstamp", source("o.log", lines(good, line))).reasons == [reason]


def test_cut_last_line_is_truncation() -> None:
    with pytest.raises(FormatError, match="truncated"):
        read("bitstamp", source("o.csv", lines(HEADER, "7,1430438404518,0,5,1,created,bid") + b"8,14304"))
