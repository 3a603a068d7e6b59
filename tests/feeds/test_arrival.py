"""Promise: rows of the lake come back in the order of receipt, each once, however they landed."""

from random import Random

from surveillance.feeds.arrival import in_order_of_arrival
from surveillance.wire import Decoded, table_of

ROWS = [
    {"type": "trade", "symbol": "AB"[n % 2], "ts": n, "received_ts": 10 * n, "producer": "p", "number": n, "price": 1.0}
    for n in range(50)
]


def test_rows_that_landed_anyhow_come_in_order_and_once() -> None:
    landed = [*ROWS, *ROWS[10:20]]
    Random(1).shuffle(landed)
    parts = [Decoded(table_of(landed[start : start + 7])) for start in range(0, len(landed), 7)]
    (given,) = in_order_of_arrival(parts)
    assert given.table.column("number").to_pylist() == list(range(50))


def test_rows_without_numbers_are_all_kept() -> None:
    plain = [{key: row[key] for key in ("type", "symbol", "ts", "price")} for row in ROWS for _ in range(2)]
    (given,) = in_order_of_arrival([Decoded(table_of(plain[::-1]))])
    assert given.table.column("ts").to_pylist() == [row["ts"] for row in plain]
