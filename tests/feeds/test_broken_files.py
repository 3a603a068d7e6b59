"""Whatever bytes a file holds, a decoder gives events, rejects or one `FormatError`; a cut file is always found out."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from surveillance.errors import FormatError
from surveillance.feeds import FORMATS, FileSource
from surveillance.wire import encode_row, table_of

from tests.feeds.small_files import (
    LOBSTER_BOOK,
    LOBSTER_MESSAGES,
    LOBSTER_NAME,
    gzipped,
    lines,
    parquet,
    read,
    source,
    xzipped,
    zipped_names,
    zstandard,
)

EVENTS = [{"type": "trade", "symbol": "AAPL", "ts": k, "price": 5.0, "size": 1.0} for k in range(20)]
NDJSON = b"".join(encode_row(row) + b"\n" for row in EVENTS)
BARS = lines("date,open,high,low,close,volume,symbol", *["2013-02-08,15.07,15.12,14.63,14.75,8407500,AAL"] * 5)
LOG = lines('1430438404645 trade {"price": 236.47, "amount": 0.21144331, "id": 8111041}')
FRAME = json.dumps([{"ev": "T", "sym": "A", "p": 1, "s": 1, "t": 1, "c": [12]}]).encode()
TICKS = lines("14430270,1815200,283,P,20002020,0", "14430271,1815200,283,P,0,0")
PAIR = {
    LOBSTER_NAME.format("message", 1): lines(*LOBSTER_MESSAGES),
    LOBSTER_NAME.format("orderbook", 1): lines(*LOBSTER_BOOK),
}
WRAPPED = {
    "e.ndjson.gz": ("events", gzipped(NDJSON)),
    "e.ndjson.xz": ("events", xzipped(NDJSON)),
    "e.ndjson.zst": ("events", zstandard(NDJSON)),
    "e.zip": ("events", zipped_names({"a.ndjson": NDJSON})),
    "e.parquet": ("events", parquet(table_of(EVENTS))),
    "lobster.zip": ("lobster", zipped_names(PAIR)),
    "o.log.gz": ("bitstamp", gzipped(LOG)),
    "t.zip": ("lean", zipped_names({"20131007_ibm_Trade_Tick.csv": TICKS})),
    "f.json.gz": ("polygon", gzipped(FRAME)),
    "b.csv.gz": ("bars", gzipped(BARS)),
}
PLAIN_NAMES = {
    "events": ("e.ndjson", "e.parquet", "e.zip", "e.ndjson.zst"),
    "lobster": ("x.zip", "AAPL_2012-06-21_1_2_message_1.csv"),
    "bitstamp": ("o.csv", "o.log", "o.log.gz"),
    "lean": ("o.zip", "20131007_ibm_Trade_Tick.csv", "aapl.csv", "20140508_eurusd_minute_quote.csv"),
    "polygon": ("p.json", "v3__trades__A.json", "range__1__day__.json"),
    "bars": ("b.csv", "b.csv.gz"),
}
NAMES = [(format_name, name) for format_name, names in PLAIN_NAMES.items() for name in names]
SEEDS = [data for _, data in WRAPPED.values()] + [NDJSON, BARS, LOG, FRAME, TICKS, *PAIR.values()]
AT_LEISURE = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], max_examples=60)


def give(format_name: str, name: str, data: bytes) -> None:
    """Read a file; anything but events, rejects and `FormatError` fails the test."""
    companion = source("AAPL_2012-06-21_1_2_orderbook_1.csv", data)
    sentence = "."
    try:
        read(format_name, FileSource(name, source(name, data).stream, companion))
    except FormatError as error:
        sentence = str(error)
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("name", WRAPPED)
def test_whole_file_is_read(name: str) -> None:
    format_name, data = WRAPPED[name]
    assert read(format_name, source(name, data)).rows


@pytest.mark.parametrize("name", WRAPPED)
def test_file_cut_at_any_byte_is_refused(name: str) -> None:
    format_name, data = WRAPPED[name]
    for length in range(len(data)):
        with pytest.raises(FormatError):
            read(format_name, source(name, data[:length]))


@pytest.mark.parametrize("name", WRAPPED)
def test_file_with_a_changed_byte_never_crashes(name: str) -> None:
    format_name, data = WRAPPED[name]
    for place in range(len(data)):
        give(format_name, name, data[:place] + bytes([data[place] ^ 0x5A]) + data[place + 1 :])


@AT_LEISURE
@given(st.sampled_from(NAMES), st.binary(max_size=200))
@example(("polygon", "p.json"), b"[" * 3000)
@example(("bars", "b.csv"), BARS + b"\r1,2\xff,3\n")
def test_any_bytes_never_crash(where: tuple[str, str], data: bytes) -> None:
    give(*where, data)


@AT_LEISURE
@given(
    st.sampled_from(NAMES),
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 12), st.binary(max_size=12)), max_size=4),
)
def test_any_change_to_a_good_file_never_crashes(
    where: tuple[str, str], data: bytes, edits: list[tuple[int, int, bytes]]
) -> None:
    for place, removed, added in edits:
        data = data[:place] + added + data[place + removed :]
    give(*where, data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NAMES_OF_FIELDS = (
    "ev sym T pair p s t c i x h l o v vw e b a bp bs ap as results last ticker symbol n sip_timestamp price size "
    "tickers insights published_utc publisher conditions exchange timestamp bid ask P S id next_url"
)
KINDS = st.sampled_from(["T", "Q", "A", "AM", "LULD", "C", "CA", "XT", "XQ", "XL2", "XA"])
MESSAGE = st.dictionaries(st.sampled_from(NAMES_OF_FIELDS.split()), JSON, max_size=8)


@settings(AT_LEISURE, max_examples=20)
@given(st.sampled_from(PLAIN_NAMES["polygon"]), KINDS | st.none(), MESSAGE, MESSAGE)
def test_any_json_never_crashes_polygon(name: str, kind: str | None, message: dict, inner: dict) -> None:  # type: ignore[type-arg]
    body = message if kind is None else {**message, "ev": kind}
    give("polygon", name, json.dumps(body).encode())
    give("polygon", name, json.dumps({**message, "results": [inner, message]}).encode())
    give("polygon", name, json.dumps({**message, "results": inner}).encode())
    give("polygon", name, json.dumps({**message, "last": inner}).encode())
    bar = {"o": 1, "h": 1, "l": 1, "c": 1, "t": 1}
    give("polygon", name, json.dumps({**message, "results": [bar | inner, bar]}).encode())
    give("polygon", name, json.dumps({"results": [{"published_utc": "2022-04-28", "tickers": ["A"]} | inner]}).encode())


@AT_LEISURE
@given(
    st.lists(
        st.sampled_from([*TICKS.splitlines(), b"1,2,3,P,0,0", b"", b"x", b"1,,1,P,0,0", b"1,\xff,1,P,0,0"]), max_size=8
    )
)
def test_a_lines_fate_does_not_depend_on_its_neighbours(texts: list[bytes]) -> None:
    name = "20131007_ibm_Trade_Tick.csv"
    good = TICKS.splitlines()[0]
    alone = [read("lean", source(name, good + b"\n" + text + b"\n")) for text in texts if text]
    together = read("lean", source(name, b"\n".join([good, *texts, b""])))
    assert together.rows[1:] == [row for result in alone for row in result.rows[1:]]
    assert together.reasons == [reason for result in alone for reason in result.reasons]


@pytest.mark.parametrize("name", [name for name, (_, data) in WRAPPED.items() if data[:4] != b"PAR1"])
def test_name_that_promises_another_wrapping_is_refused(name: str) -> None:
    format_name, _ = WRAPPED[name]
    with pytest.raises(FormatError, match="holds no"):
        read(format_name, source(name, NDJSON))


@pytest.mark.parametrize("format_name", FORMATS)
def test_files_of_other_formats_are_refused_in_words(format_name: str) -> None:
    others = {"events": NDJSON, "bitstamp": LOG, "bars": BARS, "lobster": lines(*LOBSTER_MESSAGES), "polygon": FRAME}
    others.pop(format_name, None)
    for data in (*others.values(), b"\x89PNG\r\n\x1a\n\0\0", b"%PDF-1.4\n", b"Dear all,\nhello\n"):
        name = PLAIN_NAMES[format_name][0] if format_name not in ("lobster", "lean") else PLAIN_NAMES[format_name][1]
        companion = source("AAPL_2012-06-21_1_2_orderbook_1.csv", lines(*LOBSTER_BOOK))
        with pytest.raises(FormatError):
            read(format_name, FileSource(name, source(name, data).stream, companion))
