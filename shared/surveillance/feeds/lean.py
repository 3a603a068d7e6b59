"""QuantConnect LEAN: zipped csv of ticks and bars; date, symbol, resolution and kind come from the inner name.

Equities: New York time, prices × 10⁴. FX: UTC, prices as they are, sizes unknown. Quotes are per exchange, not NBBO.
Source: QuantConnect/Lean, Common/Util/LeanData.cs and Data/equity/readme.md, Data/forex/readme.md.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from surveillance.errors import FormatError
from surveillance.events import CONDITIONS, DAY, INTERVALS, MINUTE, SECOND
from surveillance.feeds import assembly
from surveillance.feeds.columns import INTEGER, NUMBER, TEXT, Rows, read_rows
from surveillance.feeds.exchanges import MIC_OF_PARTICIPANT
from surveillance.feeds.feed import Defaults, Feed, FileSource, Options
from surveillance.feeds.files import open_zipped, wrapping, zip_names
from surveillance.feeds.local_time import HOUR, NEW_YORK, day_number, wall_to_utc
from surveillance.feeds.session_close import session_closes
from surveillance.feeds.strangers import refuse_others
from surveillance.feeds.text import Text
from surveillance.wire import Decoded

TITLE: Final = "LEAN ticks or bars"
MILLISECOND: Final = 1_000_000
PRICE_SCALE: Final = 10_000.0
OUT_OF_SEQUENCE: Final = 0x4000
CONDITION_BITS: Final[Mapping[int, str]] = {
    0x20: "intermarket_sweep",
    0x40: "auction_open",
    0x80: "auction_close",
    0x800: "late",
    0x2000: "extended_hours",
    OUT_OF_SEQUENCE: "out_of_sequence",
    0x100000: "average_price",
    0x80000000: "odd_lot",
}
_CURRENCY_CODES: Final = (
    "AUD BRL CAD CHF CNH CNY CZK DKK EUR GBP HKD HUF ILS INR JPY KRW MXN NOK NZD PLN RUB SEK SGD THB TRY TWD USD XAG "
    "XAU XPD XPT ZAR"
)
_CURRENCIES: Final = frozenset(_CURRENCY_CODES.split())
_OTHER_MARKETS: Final = ("crypto", "cryptofuture", "option", "future", "futureoption", "indexoption", "index", "cfd")
_INTRADAY: Final = re.compile(
    r"^(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)_(?P<symbol>[^_]+)_(?P<first>[a-z]+)_(?P<second>[a-z]+)\.csv$", re.I
)
_DAILY: Final = re.compile(r"^(?P<symbol>[^_]+)(_(trade|quote))?\.csv$", re.I)
_FX_FOLDER: Final = re.compile(r"^(?P<pair>[a-z]{6})_(?P<venue>[a-z]+)$", re.I)
_RESOLUTIONS: Final = {"second": "1s", "minute": "1m"}
_STAMP: Final = re.compile(r"^(\d{4})(\d\d)(\d\d) (\d\d):(\d\d)$", re.ASCII)


def _required(*fields: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in fields])


_TRADE_TICK: Final = _required(
    ("ms", INTEGER),
    ("price", NUMBER),
    ("size", NUMBER),
    ("exchange", TEXT),
    ("condition", TEXT),
    ("suspicious", INTEGER),
)
_QUOTE_TICK: Final = _required(
    ("ms", INTEGER),
    ("bid_price", NUMBER),
    ("bid_size", NUMBER),
    ("ask_price", NUMBER),
    ("ask_size", NUMBER),
    ("exchange", TEXT),
    ("condition", TEXT),
    ("suspicious", INTEGER),
)
_FX_TICK: Final = _required(("ms", INTEGER), ("bid_price", NUMBER), ("ask_price", NUMBER))
_PRICES: Final = ("open", "high", "low", "close")
_SIDE_COLUMNS: Final = tuple(f"{side}_{what}" for side in ("bid", "ask") for what in (*_PRICES, "size"))


def _bar_schema(time: pa.Field, is_quote: bool) -> pa.Schema:
    if is_quote:
        return pa.schema([time, *(pa.field(name, NUMBER) for name in _SIDE_COLUMNS)])
    return pa.schema([time, *(pa.field(name, NUMBER, nullable=False) for name in (*_PRICES, "volume"))])


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one inner file holds. `day` is None for daily and hourly files, whose rows carry their date."""

    symbol: str
    venue: str | None
    is_fx: bool
    is_quote: bool
    day: int | None
    interval: str | None
    """None for ticks."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo("UTC") if self.is_fx else NEW_YORK

    @property
    def scale(self) -> float:
        return 1.0 if self.is_fx else PRICE_SCALE


def _decode(source: FileSource, options: Options, left_out: Counter[str]) -> tuple[Defaults, Iterator[Decoded]]:
    if wrapping(source) == "zip":
        inner = [name for name in zip_names(source) if name.lower().endswith(".csv")]
        if not inner:
            raise FormatError(f"{source.name} is a zip without a LEAN csv file.")
        files = [open_zipped(source, name) for name in inner]
    else:
        files = [source]
    opened = [_open(file, source.name) for file in files]
    return _defaults(opened[0][1]), _chunks(opened)


def _defaults(kind: _Kind) -> Defaults:
    if kind.is_fx:
        return Defaults(asset_class="fx")
    return Defaults("XNYS", "equity", "America/New_York", 0.01)


def _chunks(opened: list[tuple[Text, _Kind]]) -> Iterator[Decoded]:
    for text, kind in opened:
        yield from _read(text, kind)


def _open(file: FileSource, outer: str) -> tuple[Text, _Kind]:
    text = Text(file)
    refuse_others(outer, text.head, ("lean",), TITLE)
    cells = text.head.split(b"\n", 1)[0].strip().split(b",")
    return text, _kind(file.name, outer, cells, text.head)


def _kind(name: str, outer: str, cells: list[bytes], head: bytes) -> _Kind:
    *folders, base = name.split("/")
    intraday, daily = _INTRADAY.match(base), _DAILY.match(base)
    if intraday:
        words = {intraday["first"].lower(), intraday["second"].lower()}
        day = day_number(int(intraday["year"]), int(intraday["month"]), int(intraday["day"]))
        resolution = next((word for word in words if word in (*_RESOLUTIONS, "tick")), None)
        if day is None or resolution is None or not words & {"trade", "quote"}:
            raise FormatError(f"{outer} is not named like a LEAN file: {base} tells no date, resolution and kind.")
        market = _market(folders, intraday["symbol"], outer)
        return _Kind(*market, "quote" in words, day, _RESOLUTIONS.get(resolution))
    if daily and re.match(rb"\d{8} \d\d:\d\d$", cells[0]):
        market = _market(folders, daily["symbol"], outer)
        return _Kind(*market, len(cells) == 11, None, "1h" if _is_hourly(folders, head) else "1d")
    raise FormatError(f"{outer} is not named like a LEAN file (20131007_ibm_Trade_Tick.csv; daily bars aapl.csv).")


def _is_hourly(folders: list[str], head: bytes) -> bool:
    """Daily and hourly files share their names; only hourly rows start at other hours than midnight."""
    if "hour" in folders:
        return True
    return "daily" not in folders and re.search(rb"(^|\n)\d{8} (?!00:00)\d\d:\d\d,", head) is not None


def _market(folders: list[str], symbol: str, outer: str) -> tuple[str, str | None, bool]:
    """Give symbol, venue and whether it is FX: by the folders, else by a pair of currency codes."""
    lower = [folder.lower() for folder in folders]
    other = next((market for market in _OTHER_MARKETS if market in lower), None)
    if other:
        raise FormatError(f"{outer} is LEAN data of market {other}; equities and forex are read.")
    name = symbol.upper()
    is_pair = len(name) == 6 and name[:3] in _CURRENCIES and name[3:] in _CURRENCIES
    if "equity" in lower or not (is_pair or "forex" in lower):
        return name, None, False
    venue = None
    if "forex" in lower and lower.index("forex") + 1 < len(lower):
        venue = lower[lower.index("forex") + 1].upper()
    for folder in folders:
        found = _FX_FOLDER.match(folder)
        if found and found["pair"].upper() == name:
            venue = found["venue"].upper()
    return f"{name[:3]}/{name[3:]}", venue, True


def _read(text: Text, kind: _Kind) -> Iterator[Decoded]:
    schema = _schema(kind)
    for block in text.blocks():
        rows = read_rows(block.data, schema)
        block.check_end(text.name, rows.last_rejected())
        rows, wall = _sifted_times(rows, kind)
        if not rows.lines.size:
            yield Decoded(pa.table({}), rows.rejected(None, kind.symbol))
            continue
        yield _event_rows(rows, wall, kind)


def _schema(kind: _Kind) -> pa.Schema:
    if kind.interval is None:
        return _FX_TICK if kind.is_fx else _QUOTE_TICK if kind.is_quote else _TRADE_TICK
    time = pa.field("stamp", TEXT, nullable=False) if kind.day is None else pa.field("ms", INTEGER, nullable=False)
    return _bar_schema(time, kind.is_quote)


def _sifted_times(rows: Rows, kind: _Kind) -> tuple[Rows, NDArray[np.int64]]:
    """Give wall-clock nanoseconds; rows whose time is none move to the bad lines."""
    if kind.day is not None:
        ms = rows.integer("ms")
        wrong = (ms < 0) | (ms >= DAY // MILLISECOND)
        rows, good = rows.sifted({"bad_time": wrong})
        return rows, kind.day * DAY + ms[good] * MILLISECOND
    stamps = rows.text("stamp").dictionary_encode()
    known = np.array([_wall(stamp) for stamp in stamps.dictionary.to_pylist()], np.int64)
    wall = known[stamps.indices.to_numpy()] if len(known) else known
    rows, good = rows.sifted({"bad_time": wall == _NO_TIME})
    return rows, wall[good]


_NO_TIME: Final = -(2**62)


def _wall(stamp: str) -> int:
    found = _STAMP.match(stamp.strip())
    if not found:
        return _NO_TIME
    year, month, day, hour, minute = map(int, found.groups())
    number = day_number(year, month, day)
    if number is None or hour > 23 or minute > 59:
        return _NO_TIME
    return number * DAY + hour * HOUR + minute * MINUTE


def _event_rows(rows: Rows, wall: NDArray[np.int64], kind: _Kind) -> Decoded:
    if kind.interval is not None:
        ts = _bar_ends(wall, kind)
        if kind.is_quote:
            rows, good, quotes = _bar_quotes(rows, kind)
            columns = {"ts": pa.array(ts[good]), **quotes}
        else:
            columns = {"ts": pa.array(ts), **_bar(rows, kind)}
        return _decoded(rows, columns, kind)
    ts = wall_to_utc(wall, kind.zone)
    if kind.is_fx:
        columns = {"ts": pa.array(ts), **_fx_quote(rows)}
        return _decoded(rows, columns, kind)
    codes, names, hexadecimal = _condition_codes(rows)
    rows, good = rows.sifted({"wrong_type:condition": ~hexadecimal, "wrong_type:exchange": ~_lettered(rows)})
    ts, codes = ts[good], codes[good]
    if kind.is_quote:
        sides = _sides(rows, PRICE_SCALE)
        empty = sides["bid_price"].is_null().to_numpy(zero_copy_only=False) & sides["ask_price"].is_null().to_numpy(
            zero_copy_only=False
        )
        rows, good = rows.sifted({"empty_quote": empty})
        ts, codes = ts[good], codes[good]
        columns = _sides(rows, PRICE_SCALE)
    else:
        columns = {
            "price": assembly.numbers(rows.number("price") / PRICE_SCALE),
            "size": assembly.numbers(rows.number("size")),
        }
    columns |= {
        "ts": pa.array(ts),
        "venue": _venues(rows.text("exchange")),
        "conditions": assembly.lists([_words(name, kind.is_quote) for name in names], codes),
        "raw_conditions": assembly.lists([_raw(name) for name in names], codes),
    }
    return _decoded(rows, columns, kind)


def _decoded(rows: Rows, columns: dict[str, pa.Array], kind: _Kind) -> Decoded:
    count = rows.lines.size
    if not count:
        return Decoded(pa.table({}), rows.rejected(None, kind.symbol))
    is_bar = kind.interval is not None and not kind.is_quote
    fixed = {
        "type": assembly.repeated("quote" if kind.is_quote else "bar" if is_bar else "trade", count),
        "symbol": assembly.repeated(kind.symbol, count),
    }
    if kind.venue is not None:
        fixed["venue"] = assembly.repeated(kind.venue, count)
    return Decoded(assembly.table(fixed | columns), rows.rejected(None, kind.symbol))


def _bar_ends(wall: NDArray[np.int64], kind: _Kind) -> NDArray[np.int64]:
    """Give the end of each bar: the session's close for a daily bar of equities, else its start + interval."""
    interval = kind.interval or "1d"
    if interval == "1d" and not kind.is_fx:
        return session_closes(wall // DAY)
    return wall_to_utc(wall, kind.zone) + INTERVALS[interval] * SECOND


def _bar(rows: Rows, kind: _Kind) -> dict[str, pa.Array]:
    prices = {name: assembly.numbers(rows.number(name) / kind.scale) for name in _PRICES}
    count = rows.lines.size
    return {
        "interval": assembly.repeated(kind.interval or "", count),
        **prices,
        "volume": assembly.numbers(rows.number("volume")),
    }


def _bar_quotes(rows: Rows, kind: _Kind) -> tuple[Rows, NDArray[np.bool_], dict[str, pa.Array]]:
    """Make one quote of a quote bar: both closes and last sizes; a side without a bar is unknown."""
    closes = {side: rows.number(f"{side}_close") for side in ("bid", "ask")}
    known = {side: ~np.isnan(close) & (close != 0) for side, close in closes.items()}
    rows, good = rows.sifted({"empty_quote": ~(known["bid"] | known["ask"])})
    columns: dict[str, pa.Array] = {}
    for side in ("bid", "ask"):
        absent = ~known[side][good]
        columns[f"{side}_price"] = assembly.numbers(closes[side][good] / kind.scale, absent)
        if not kind.is_fx:
            size = rows.number(f"{side}_size")
            columns[f"{side}_size"] = assembly.numbers(size, absent | (size == 0))
    return rows, good, columns


def _fx_quote(rows: Rows) -> dict[str, pa.Array]:
    return {name: assembly.numbers(rows.number(name)) for name in ("bid_price", "ask_price")}


def _sides(rows: Rows, scale: float) -> dict[str, pa.Array]:
    """Give both sides of exchange quotes; the side a row does not speak of is all 0 and becomes null."""
    columns = {}
    for side in ("bid", "ask"):
        price, size = rows.number(f"{side}_price"), rows.number(f"{side}_size")
        silent = (price == 0) & (size == 0)
        columns[f"{side}_price"] = assembly.numbers(price / scale, silent)
        columns[f"{side}_size"] = assembly.numbers(size, silent)
    return columns


def _condition_codes(rows: Rows) -> tuple[NDArray[np.int64], list[tuple[str, bool]], NDArray[np.bool_]]:
    """Number the pairs (condition, suspicious); False marks what is no hexadecimal."""
    encoded = rows.text("condition").dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    suspicious = rows.integer("suspicious") != 0
    condition = encoded.indices.to_numpy().astype(np.int64)
    sound = np.array([re.fullmatch(r"[0-9A-Fa-f]{1,8}", text) is not None for text in texts], bool)
    names = [(text, flag) for text in texts for flag in (False, True)]
    return condition * 2 + suspicious, names, sound[condition] if texts else np.zeros(0, bool)


def _lettered(rows: Rows) -> NDArray[np.bool_]:
    return np.asarray(
        pc.match_substring_regex(rows.text("exchange"), "^[A-Za-z]+$").to_numpy(zero_copy_only=False), bool
    )


def _words(name: tuple[str, bool], is_quote: bool) -> list[str]:
    """Give our words for trade condition bits; on quotes only `suspicious` has one."""
    text, suspicious = name
    if not re.fullmatch(r"[0-9A-Fa-f]{1,8}", text):
        return []
    bits = 0 if is_quote else int(text, 16)
    if suspicious:
        bits |= OUT_OF_SEQUENCE
    named = [word for bit, word in CONDITION_BITS.items() if bits & bit]
    return sorted(named, key=lambda word: CONDITIONS[word])


def _raw(name: tuple[str, bool]) -> list[str]:
    return [name[0]] if name[0].strip("0") else []


def _venues(exchanges: pa.Array) -> pa.Array:
    encoded = exchanges.dictionary_encode()
    codes = encoded.dictionary.to_pylist()
    return pa.array([(MIC_OF_PARTICIPANT.get(code, code) or None) for code in codes], pa.string()).take(encoded.indices)


def _recognises(source: FileSource) -> bool:
    try:
        if wrapping(source) != "zip":
            return False
        names = zip_names(source)
    except FormatError:
        return True
    base = [name.rpartition("/")[2] for name in names]
    return any(_INTRADAY.match(name) or _DAILY.match(name) for name in base)


FEED: Final = Feed("lean", TITLE, (".zip",), _decode, _recognises)
