"""Years of daily bars of invented US equities, with splits, dividends and a few faults of which the truth is told.

Each symbol draws from its own stream, a day at a time: more symbols or more sessions leave the bars there already were
as they are, only adjusted closes move, as a vendor's do. Prices follow a market factor, a beta and own moves; a split
divides them from its execution date on, a dividend takes its share off them on its ex-date.
"""

from datetime import date, timedelta
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from surveillance.calendar import exchange_sessions
from surveillance.errors import InputError
from surveillance.simulation.daily_bar_faults import Columns, Floats, Places, Told, dates, with_faults

CALENDAR: Final = "XNYS"
SOURCE: Final = "simulated"
FIRST_DAY: Final = date(2021, 1, 4)
SPLIT_PER_SESSION: Final = 0.0002
SPLITS: Final = ((2, 1), (2, 1), (3, 1), (4, 1), (3, 2), (1, 10))
"""To and from, each as likely."""
SESSIONS_A_QUARTER: Final = 63
PAYING_SHARE: Final = 0.6
LOST_EVENTS: Final = 0.02
"""Share of splits and of dividends that a faulty source does not tell of."""
SECTORS: Final = (
    ("Energy", 1311),
    ("Materials", 2821),
    ("Industrials", 3559),
    ("Consumer Discretionary", 5651),
    ("Consumer Staples", 2080),
    ("Health Care", 2834),
    ("Financials", 6021),
    ("Information Technology", 7372),
    ("Communication Services", 4813),
    ("Utilities", 4911),
    ("Real Estate", 6798),
)
_BLOCK: Final = 250
_TIMESTAMP: Final = pa.timestamp("ms", "UTC")
_LOADED_AFTER_MS: Final = 2 * 3_600_000
_MARKET, _NORMALS, _UNIFORMS, _CONSTANTS = range(4)


class DailyBars(msgspec.Struct, frozen=True):
    """Raw tables as a source gives them, and `faults` (symbol, date, fault): the truth about what is wrong in them."""

    bars: pa.Table
    splits: pa.Table
    dividends: pa.Table
    instruments: pa.Table
    faults: pa.Table


def daily_bars(
    symbols: int = 2500, sessions: int = 1000, seed: int = 1, faults: float = 0.0002, first: date = FIRST_DAY
) -> DailyBars:
    """Make so many sessions of so many symbols, bars ordered by symbol and date; `faults` is the share of bad rows.

    Raises InputError where a count is below 1.
    """
    if symbols < 1 or sessions < 1:
        raise InputError(f"{symbols} symbols and {sessions} sessions were asked for; both must be 1 or more.")
    days, closes = _calendar(first, sessions)
    market = _chance(seed, 0, _MARKET).standard_normal(sessions)
    parts = [
        _block(range(start, min(start + _BLOCK, symbols)), days, closes, market, seed, faults)
        for start in range(0, symbols, _BLOCK)
    ]
    return DailyBars(*(pa.concat_tables(tables).combine_chunks() for tables in zip(*parts, strict=True)))


def _calendar(first: date, sessions: int) -> tuple[Places, Places]:
    listed = exchange_sessions(CALENDAR, first, first + timedelta(days=sessions * 3 // 2 + 30))[:sessions]
    days = np.array([each[0] for each in listed], "datetime64[D]").astype(np.int64)
    return days, np.array([each[2] // 1_000_000 for each in listed], np.int64)


def _chance(seed: int, number: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng([seed, number, purpose])


def _block(
    numbers: range, days: Places, closes: Places, market: Floats, seed: int, fault_share: float
) -> tuple[pa.Table, ...]:
    count, sessions = len(numbers), len(days)
    names = np.array([f"SIM{number:04d}" for number in numbers])
    constants = np.array([_chance(seed, number, _CONSTANTS).random(8) for number in numbers])
    normals = np.array([_chance(seed, number, _NORMALS).standard_normal((sessions, 5)) for number in numbers])
    uniforms = np.array([_chance(seed, number, _UNIFORMS).random((sessions, 6)) for number in numbers])

    volatility = (0.18 + 0.32 * constants[:, :1]) / 252**0.5
    beta = 0.4 + 1.2 * constants[:, 1:2]
    start_price = np.exp(np.log(15.0) + constants[:, 2:3] * np.log(400.0 / 15.0))
    usual_volume = np.exp(np.log(2e5) + constants[:, 3:4] * np.log(2e7 / 2e5))
    jump = np.where(uniforms[:, :, 0] < 0.01, 4.0, 1.0)
    overnight = 0.5 * volatility * normals[:, :, 0] * jump
    intraday = 0.8 * volatility * normals[:, :, 1] + beta * 0.008 * market
    intraday -= 0.5 * (0.64 * volatility**2 + (beta * 0.008) ** 2)

    is_paid = (np.arange(sessions) % SESSIONS_A_QUARTER == (constants[:, 4:5] * SESSIONS_A_QUARTER).astype(int)) & (
        constants[:, 5:6] < PAYING_SHARE
    )
    is_split = (uniforms[:, :, 1] < SPLIT_PER_SESSION) & ~is_paid
    is_paid[:, 0] = is_split[:, 0] = False
    kind = (uniforms[:, :, 2] * len(SPLITS)).astype(np.int64)
    split_to, split_from = (np.array(SPLITS)[kind, place] for place in (0, 1))
    ratio = np.where(is_split, split_to / split_from, 1.0)
    share_paid = np.where(is_paid, 0.001 + 0.009 * constants[:, 6:7], 0.0)

    scale = start_price * np.cumprod((1.0 - share_paid) / ratio, axis=1)
    close_path = np.cumsum(overnight + intraday, axis=1)
    close = scale * np.exp(close_path)
    opened = scale * np.exp(close_path - intraday)
    high = np.maximum(opened, close) * np.exp(0.4 * volatility * np.abs(normals[:, :, 2]))
    low = np.minimum(opened, close) * np.exp(-0.4 * volatility * np.abs(normals[:, :, 3]))
    opened, high, low, close = (np.maximum(np.round(each, 2), 0.01) for each in (opened, high, low, close))
    shares = np.cumprod(ratio, axis=1)
    volume = usual_volume * shares * np.exp(0.35 * normals[:, :, 4]) * (1.0 + 12.0 * np.abs(overnight + intraday))
    volume = np.maximum(np.round(volume), 100.0)

    before = np.concatenate([close[:, :1], close[:, :-1]], axis=1)
    cash = np.round(before * share_paid, 4)
    kept = (1.0 - cash / before) / ratio
    later = np.cumprod(np.concatenate([kept[:, 1:], np.ones((count, 1))], axis=1)[:, ::-1], axis=1)[:, ::-1]

    columns: Columns = {
        "place": np.repeat(np.arange(count), sessions),
        "date": np.tile(days, count),
        "ts": np.tile(closes, count),
        "open": opened.ravel(),
        "high": high.ravel(),
        "low": low.ravel(),
        "close": close.ravel(),
        "volume": volume.ravel(),
        "vwap": np.round((high + low + 2.0 * close) / 4.0, 4).ravel(),
        "trade_count": np.maximum(volume // 120, 1.0).ravel(),
        "adjusted_close": (close * later).ravel(),
    }
    told = Told(names, days)
    has_faults = fault_share > 0
    lost = (uniforms[:, :, 5] < LOST_EVENTS) & has_faults
    columns = with_faults(columns, uniforms[:, :, 3].ravel(), uniforms[:, :, 4].ravel(), fault_share, told)
    splits = np.nonzero(is_split & ~lost)
    dividends = np.nonzero((cash > 0) & ~lost)
    told.say("missing_split", *np.nonzero(is_split & lost))
    told.say("missing_dividend", *np.nonzero((cash > 0) & lost))
    return (
        _bar_table(columns, names),
        pa.table(
            {
                "symbol": pa.array(names[splits[0]]),
                "execution_date": dates(days[splits[1]]),
                "split_from": split_from[splits].astype(np.float64),
                "split_to": split_to[splits].astype(np.float64),
                "source": pa.repeat(SOURCE, len(splits[0])),
            }
        ),
        pa.table(
            {
                "symbol": pa.array(names[dividends[0]]),
                "ex_dividend_date": dates(days[dividends[1]]),
                "cash_amount": cash[dividends],
                "currency": pa.repeat("USD", len(dividends[0])),
                "source": pa.repeat(SOURCE, len(dividends[0])),
            }
        ),
        _instruments(names, constants, start_price[:, 0], int(days[0])),
        told.table(),
    )


def _bar_table(columns: Columns, names: npt.NDArray[np.str_]) -> pa.Table:
    count = len(columns["ts"])
    symbols = pa.DictionaryArray.from_arrays(pa.array(columns["place"].astype(np.int32)), pa.array(names))
    counted = {
        name: pa.array(columns[name], from_pandas=True).cast(pa.int64(), safe=False)
        for name in ("volume", "trade_count")
    }
    prices = {name: pa.array(columns[name], from_pandas=True) for name in ("open", "high", "low", "close")}
    return pa.table(
        {
            "symbol": symbols.cast(pa.string()),
            "date": dates(columns["date"]),
            "ts": pa.array(columns["ts"]).cast(_TIMESTAMP),
            "interval": pa.repeat("1d", count),
            **prices,
            "volume": counted["volume"],
            "vwap": pa.array(columns["vwap"]),
            "trade_count": counted["trade_count"],
            "adjusted_close": pa.array(columns["adjusted_close"], from_pandas=True),
            "source": pa.repeat(SOURCE, count),
            "loaded_at": pa.array(columns["ts"] + _LOADED_AFTER_MS).cast(_TIMESTAMP),
        }
    )


def _instruments(names: npt.NDArray[np.str_], constants: Floats, prices: Floats, first_day: int) -> pa.Table:
    sectors = [SECTORS[int(each * len(SECTORS))] for each in constants[:, 7]]
    count = len(names)
    shares = 1e6 * np.exp(np.log(2000.0) * constants[:, 3])
    return pa.table(
        {
            "symbol": pa.array(names),
            "name": pa.array([f"Simulated {name.removeprefix('SIM')} Inc." for name in names]),
            "sector": pa.array([name for name, _ in sectors]),
            "sic_code": pa.array([str(code) for _, code in sectors]),
            "market_cap": np.round(shares * prices),
            "currency": pa.repeat("USD", count),
            "exchange": pa.repeat("XNYS", count),
            "asset_class": pa.repeat("equity", count),
            "list_date": dates(np.full(count, first_day)),
            "delisted_date": pa.nulls(count, pa.date32()),
            "source": pa.repeat(SOURCE, count),
            "as_of": dates(np.full(count, first_day)),
        }
    )
