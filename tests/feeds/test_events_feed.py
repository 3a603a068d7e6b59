"""Our own events: the same rows from NDJSON, its compressed forms and Parquet; times never from a float."""

import pyarrow as pa
import pytest
from surveillance.errors import FormatError
from surveillance.feeds import Options
from surveillance.wire import encode_row, table_of

from tests.feeds.small_files import gzipped, parquet, read, source, xzipped, zipped_names, zstandard

TS = 1_340_285_400_017_459_617
ROWS = [
    {"type": "trade", "symbol": "AAPL", "ts": TS, "price": 585.33, "size": 18.0, "conditions": ["odd_lot"]},
    {"type": "quote", "symbol": "MSFT", "ts": TS + 1, "bid_price": 1.0, "bid_size": 5.0},
]
NDJSON = b"".join(encode_row(row) + b"\n" for row in ROWS)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("e.ndjson", NDJSON),
        ("e.ndjson", NDJSON[:-1]),
        ("e.ndjson", b"\xef\xbb\xbf" + NDJSON.replace(b"\n", b"\r\n")),
        ("e.ndjson.gz", gzipped(NDJSON)),
        ("e.ndjson.xz", xzipped(NDJSON)),
        ("e.ndjson.zst", zstandard(NDJSON)),
        ("e.zip", zipped_names({"a.ndjson": encode_row(ROWS[0]), "b.ndjson": encode_row(ROWS[1]), "readme.txt": b"x"})),
        ("e.parquet", parquet(table_of(ROWS))),
    ],
)
def test_every_form_gives_the_same_rows(name: str, data: bytes) -> None:
    result = read("events", source(name, data))
    assert result.rows == ROWS
    assert result.rejected == []


def test_unknown_keys_and_columns_are_counted() -> None:
    data = b'{"type":"trade","symbol":"A","ts":1,"mood":"good"}\n'
    assert read("events", source("e.ndjson", data)).unknown_keys == {"mood": 1}
    table = table_of(ROWS).append_column("mood", pa.array(["good", None]))
    assert read("events", source("e.parquet", parquet(table))).unknown_keys == {"mood": 1}


def test_bad_lines_keep_their_place() -> None:
    first, second = NDJSON.splitlines()
    data = b"\n".join([b"{", first, b'{"type":"trade","ts":"x","symbol":"Q"}', second, b""])
    result = read("events", source("e.ndjson", data))
    assert [(reject.position, reject.reason, reject.symbol) for reject in result.rejected] == [
        (0, "not_json", None),
        (1, "wrong_type:ts", "Q"),
    ]
    assert result.rows == ROWS


def test_parquet_of_wider_or_narrower_types_is_read_exactly() -> None:
    table = pa.table(
        {
            "type": pa.array(["trade"]).dictionary_encode(),
            "symbol": pa.array(["A"], pa.large_string()),
            "ts": pa.array([TS], pa.uint64()),
            "price": pa.array([5], pa.int32()),
            "size": pa.array([0.5], pa.float32()),
            "account": pa.array([None], pa.null()),
            "conditions": pa.array([["late"]], pa.large_list(pa.string())),
        }
    )
    assert read("events", source("e.parquet", parquet(table))).rows == [
        {"type": "trade", "symbol": "A", "ts": TS, "price": 5.0, "size": 0.5, "conditions": ["late"]}
    ]


@pytest.mark.parametrize(
    ("column", "values", "sentence"),
    [
        ("ts", pa.array([1.0]), "column ts as double; int64 was expected"),
        ("ts", pa.array([1], pa.timestamp("ns")), "column ts as timestamp"),
        ("price", pa.array(["5"]), "column price as string; double was expected"),
        ("symbol", pa.array([5]), "column symbol as int64; string was expected"),
    ],
)
def test_parquet_of_other_types_is_refused(column: str, values: pa.Array, sentence: str) -> None:
    given = {"type": pa.array(["trade"]), "symbol": pa.array(["A"]), "ts": pa.array([1])}
    with pytest.raises(FormatError, match=sentence):
        read("events", source("e.parquet", parquet(pa.table({**given, column: values}))))


def test_parquet_of_another_kind_is_refused() -> None:
    with pytest.raises(FormatError, match="no column `type`"):
        read("events", source("e.parquet", parquet(pa.table({"a": [1]}))))
    with pytest.raises(FormatError, match="no event"):
        read("events", source("e.parquet", parquet(table_of(ROWS).slice(0, 0))))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\x00\x01\x02", "is binary"),
        (b'{"a":1}\n', "none of its 1 rows has a known type"),
        (b'{"type":"orders","symbol":"A","ts":1}\n', "none of its 1 rows has a known type"),
        (b"a,b\n1,2\n", "is a table of another kind .columns a, b., not market events"),
        (b"not json\n", "no event of market events: 1 lines rejected .not_json 1."),
        (NDJSON + b'{"type":"tra', "truncated: its last line ends early"),
        (b"34200.004241176,1,16113575,18,5853300,1\n", "is a LOBSTER message file"),
        (b'[{"ev":"T"}]\n', "is Polygon messages"),
    ],
)
def test_file_without_events_gets_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(FormatError, match=sentence) as raised:
        read("events", source("e.ndjson", data))
    assert str(raised.value).startswith("e.ndjson")
    assert str(raised.value).endswith(".")


def test_last_line_without_newline_that_parses_but_has_a_wrong_type_is_only_rejected() -> None:
    result = read("events", source("e.ndjson", NDJSON + b'{"type":"trade","ts":"x"}'))
    assert result.reasons == ["wrong_type:ts"]


def test_symbol_filters_rows_and_the_rejects_of_other_symbols() -> None:
    first, second = NDJSON.splitlines()
    data = b"\n".join([first, b'{"ts":"x","symbol":"AAPL"}', b'{"ts":"x","symbol":"MSFT"}', b"{", second])
    result = read("events", source("e.ndjson", data), Options("MSFT"))
    assert result.rows == ROWS[1:]
    assert [(reject.position, reject.symbol) for reject in result.rejected] == [(0, "MSFT"), (0, None)]


def test_file_that_begins_with_bars_is_read() -> None:
    bar = {"type": "bar", "symbol": "A", "ts": 1, "interval": "1d", "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0}
    trade = {"type": "trade", "symbol": "A", "ts": 2, "price": 1.0, "size": 1.0}
    data = b"".join(encode_row(row) + b"\n" for row in (bar, trade))
    assert [row["type"] for row in read("events", source("e.ndjson", data)).rows] == ["bar", "trade"]
