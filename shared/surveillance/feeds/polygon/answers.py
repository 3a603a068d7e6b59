"""REST answers to event rows, in the answer's own order."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np

from surveillance.errors import FormatError
from surveillance.events import DAY, INTERVALS, SECOND
from surveillance.feeds.local_time import NEW_YORK, utc_to_wall
from surveillance.feeds.polygon.conditions import CORRECTIONS
from surveillance.feeds.polygon.fields import ENVELOPE, EVENTLESS_ANSWERS, LEFT_OUT_ANSWERS, MAPPED_ANSWERS
from surveillance.feeds.polygon.messages import Frame, encoded
from surveillance.feeds.polygon.rows import (
    NBBO,
    Row,
    crypto_conditions,
    quote_side,
    stock_size,
    stock_venue,
    trade_conditions,
)
from surveillance.feeds.polygon.values import Fields, LeftOutError, UnusableError
from surveillance.feeds.session_close import session_closes

Answer = Mapping[str, Any]

SENTIMENTS: Final[Mapping[str, float]] = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}
_RANGE: Final = re.compile(r"range(?:__|/)(\d+)(?:__|/)(second|minute|hour|day|week|month|quarter|year)(?![a-z])")
_SUBJECT: Final = re.compile(r"v3(?:__|/)(?:trades|quotes)(?:__|/)([A-Za-z0-9.:-]+?)(?=__|_|/|\?|\.json|$)")
_INTERVAL_NAMES: Final = {
    (1, "second"): "1s",
    (1, "minute"): "1m",
    (5, "minute"): "5m",
    (1, "hour"): "1h",
    (60, "minute"): "1h",
    (1, "day"): "1d",
}
_LONGEST_BREAK_OF_DAYS: Final = 6 * DAY


def answer_kind(answer: Answer, name: str) -> str | None:
    """Tell which answer this is, by what is in it; None if it holds no event of ours."""
    results, last = answer.get("results"), answer.get("last")
    if isinstance(last, Mapping) and "converted" not in answer:
        return "last crypto trade" if "price" in last else "last currency quote" if "bid" in last else None
    if isinstance(results, Mapping):
        if {"P", "p"} & results.keys() and {"t", "T"} <= results.keys():
            return "last nbbo" if "P" in results else "last trade"
        return None
    if not isinstance(results, list) or not results:
        return None
    keys = results[0].keys() if isinstance(results[0], Mapping) else set()
    if {"o", "h", "l", "c", "t"} <= keys:
        return "aggregates"
    if "published_utc" in keys:
        return "news"
    if keys & {"sip_timestamp", "participant_timestamp"}:
        return "quotes" if keys & {"bid_price", "ask_price"} else "trades" if "price" in keys else None
    return None


def is_answer(item: Answer, name: str) -> bool:
    """Tell an answer from a message without a type."""
    of_answers = {"results", "last", "request_id", "status"} & item.keys()
    return bool(of_answers) or any(word in name for word in EVENTLESS_ANSWERS)


def eventless(answer: Answer, name: str) -> str:
    """Describe an answer without events, by a word of its request's path."""
    path = name + str(answer.get("next_url", ""))
    return next((words for word, words in EVENTLESS_ANSWERS.items() if word in path), "answers without events")


def add_answer(frame: Frame, answer: Answer, name: str, symbol: str | None) -> None:
    """Put the events of an answer into a frame.

    `name` is the file's, whose words `range/1/day` and `v3/quotes/AAPL` (or with `__` for `/`) say what the answer
    itself does not. Raises `FormatError` where neither they nor `symbol` do.
    """
    kind = answer_kind(answer, name)
    if kind is None:
        frame.left_out[eventless(answer, name)] += 1
        return
    try:
        _add_kind(frame, kind, answer, name, symbol)
    except LeftOutError as left_out:
        frame.left_out[str(left_out)] += 1
    except UnusableError as unusable:
        frame.reject(str(unusable), encoded(answer))


def _add_kind(frame: Frame, kind: str, answer: Answer, name: str, symbol: str | None) -> None:
    known = MAPPED_ANSWERS[kind].keys() | LEFT_OUT_ANSWERS[kind].keys() | ENVELOPE.keys()
    frame.unknown_keys.update(answer.keys() - known)
    if kind == "aggregates":
        _add_aggregates(frame, answer, name, known)
        return
    if kind in ("trades", "quotes"):
        subject = _subject(answer, name, symbol)
        rows = _trade_rows if kind == "trades" else _quote_rows
        for item in answer["results"]:
            _add(frame, item, known, lambda fields: rows(fields, subject))
        return
    if kind == "news":
        for item in answer["results"]:
            _add(frame, item, known, _news_rows)
        return
    if kind in ("last crypto trade", "last currency quote"):
        item = {**answer["last"], "symbol": answer.get("symbol")}
        _add(frame, item, known, _last_crypto_rows if kind == "last crypto trade" else _last_currency_rows)
        return
    _add(frame, answer["results"], known, _last_trade_rows if kind == "last trade" else _last_nbbo_rows)


def _add(frame: Frame, item: Any, known: set[str], rows: Callable[[Fields], Iterator[Row]]) -> None:
    if not isinstance(item, Mapping):
        frame.reject("not_an_object", encoded(item))
        return
    try:
        made = list(rows(Fields(item)))
    except LeftOutError as left_out:
        frame.left_out[str(left_out)] += 1
        return
    except UnusableError as unusable:
        frame.reject(str(unusable), encoded(item))
        return
    frame.rows += made
    frame.unknown_keys.update(item.keys() - known)


def _add_aggregates(frame: Frame, answer: Answer, name: str, known: set[str]) -> None:
    items = answer["results"]
    interval = _interval(items, name)
    if interval not in INTERVALS:
        frame.left_out[f"aggregates of {interval}"] += len(items)
        return
    first = len(frame.rows)
    for item in items:
        _add(frame, item, known, lambda fields: _bar_rows(fields, Fields(answer), interval))
    _end_bars(frame.rows[first:], interval)


def _interval(items: list[Any], name: str) -> str:
    """Give the bars' interval: by the file's name or their distance; bars that name their symbol are daily."""
    found = _RANGE.search(name)
    if found:
        return _INTERVAL_NAMES.get((int(found[1]), found[2]), f"{found[1]} {found[2]}")
    if isinstance(items[0], Mapping) and "T" in items[0]:
        return "1d"
    times = [Fields(item).time("t") for item in items if isinstance(item, Mapping) and isinstance(item.get("t"), int)]
    steps = [abs(later - time) for time, later in pairwise(times) if time and later]
    step = min((step for step in steps if step), default=0)
    for word, seconds in INTERVALS.items():
        if step == seconds * SECOND:
            return word
    if DAY <= step <= _LONGEST_BREAK_OF_DAYS or abs(step - DAY) == INTERVALS["1h"] * SECOND:
        return "1d"
    raise FormatError(f"{name} does not tell how long its bars are; keep `range/1/minute` of the request in its name.")


def _bar_rows(item: Fields, answer: Fields, interval: str) -> Iterator[Row]:
    yield {
        "type": "bar",
        "symbol": item.ticker("T") or answer.ticker("ticker"),
        "ts": item.time("t"),
        "interval": interval,
        "open": item.number("o"),
        "high": item.number("h"),
        "low": item.number("l"),
        "close": item.number("c"),
        "volume": item.number("v"),
        "vwap": item.number("vw"),
        "trade_count": item.count("n"),
    }


def _end_bars(rows: list[Row], interval: str) -> None:
    """Move each start to the bar's end: the session's close for daily bars of stocks."""
    timed = [row for row in rows if row["ts"] is not None]
    stocks = [row for row in timed if interval == "1d" and row["symbol"] and not {"/", "-"} & set(row["symbol"])]
    for row in timed:
        row["ts"] += INTERVALS[interval] * SECOND
    if stocks:
        starts = np.array([row["ts"] - DAY for row in stocks], np.int64)
        for row, close in zip(stocks, session_closes(utc_to_wall(starts, NEW_YORK) // DAY).tolist(), strict=True):
            row["ts"] = close


def _subject(answer: Answer, name: str, symbol: str | None) -> str:
    for place in (answer.get("next_url"), name):
        found = _SUBJECT.search(place) if isinstance(place, str) else None
        if found:
            ticker = Fields({"ticker": found[1]}).ticker("ticker")
            if ticker:
                return ticker
    if symbol is None:
        raise FormatError(f"{name} names no symbol; name it, or keep `v3/quotes/AAPL` of the request in its name.")
    return symbol


def _trade_rows(item: Fields, symbol: str) -> Iterator[Row]:
    codes = item.codes("conditions")
    is_crypto = "-" in symbol
    exchange = item.integer("exchange")
    yield {
        "type": "trade",
        "symbol": symbol,
        "ts": _sip_time(item),
        "venue": _number_text(exchange) if is_crypto else stock_venue(exchange, item.integer("trf_id")),
        "trade_id": item.text("id"),
        "price": item.number("price"),
        "size": item.number("size"),
        "correction": _correction(item.integer("correction")),
        **(crypto_conditions(codes) if is_crypto else trade_conditions(codes)),
    }


def _quote_rows(item: Fields, symbol: str) -> Iterator[Row]:
    ts = _sip_time(item)
    is_stock = "/" not in symbol and "-" not in symbol
    sizes = {side: item.number(f"{side}_size") for side in ("bid", "ask")}
    if is_stock:
        sizes = {side: stock_size(size, ts) for side, size in sizes.items()}
    yield {
        "type": "quote",
        "symbol": symbol,
        "ts": ts,
        "venue": NBBO if is_stock else _number_text(item.integer("bid_exchange")),
        **quote_side("bid", item.number("bid_price"), sizes["bid"]),
        **quote_side("ask", item.number("ask_price"), sizes["ask"]),
        "raw_conditions": item.codes("conditions") + item.codes("indicators") or None,
    }


def _last_trade_rows(item: Fields) -> Iterator[Row]:
    yield {
        "type": "trade",
        "symbol": item.ticker("T"),
        "ts": item.time("t"),
        "venue": stock_venue(item.integer("x"), item.integer("r")),
        "trade_id": item.text("i"),
        "price": item.number("p"),
        "size": item.number("s"),
        "correction": _correction(item.integer("e")),
        **trade_conditions(item.codes("c")),
    }


def _last_nbbo_rows(item: Fields) -> Iterator[Row]:
    ts = item.time("t")
    yield {
        "type": "quote",
        "symbol": item.ticker("T"),
        "ts": ts,
        "venue": NBBO,
        **quote_side("bid", item.number("p"), stock_size(item.number("s"), ts)),
        **quote_side("ask", item.number("P"), stock_size(item.number("S"), ts)),
        "raw_conditions": item.codes("c") + item.codes("i") or None,
    }


def _last_crypto_rows(item: Fields) -> Iterator[Row]:
    yield {
        "type": "trade",
        "symbol": item.pair("symbol", "-"),
        "ts": item.time("timestamp"),
        "venue": item.text("exchange"),
        "price": item.number("price"),
        "size": item.number("size"),
        **crypto_conditions(item.codes("conditions")),
    }


def _last_currency_rows(item: Fields) -> Iterator[Row]:
    yield {
        "type": "quote",
        "symbol": item.pair("symbol", "/"),
        "ts": item.time("timestamp"),
        "venue": item.text("exchange"),
        "bid_price": item.number("bid"),
        "ask_price": item.number("ask"),
    }


def _news_rows(item: Fields) -> Iterator[Row]:
    """Give one event for each symbol of the story; a sentiment is the insight's on that symbol."""
    sentiments: dict[str | None, float] = {}
    for insight in item.items("insights"):
        if isinstance(insight, Mapping):
            fields = Fields(insight)
            score = SENTIMENTS.get(fields.text("sentiment") or "")
            if score is not None:
                sentiments[fields.text("ticker")] = score
    story = {
        "type": "news",
        "ts": item.written_time("published_utc"),
        "news_id": item.text("id"),
        "headline": item.text("title"),
        "url": item.text("article_url"),
        "source": item.nested("publisher").text("name"),
    }
    tickers = item.items("tickers")
    if not tickers:
        raise UnusableError("missing:tickers")
    for ticker in tickers:
        try:
            symbol = Fields({"tickers": ticker}).ticker("tickers")
        except LeftOutError:
            continue
        yield {**story, "symbol": symbol, "sentiment": sentiments.get(ticker)}


def _sip_time(item: Fields) -> int | None:
    ts = item.time("sip_timestamp")
    return item.time("participant_timestamp") if ts is None else ts


def _correction(indicator: int | None) -> str | None:
    return None if indicator is None else CORRECTIONS.get(indicator)


def _number_text(number: int | None) -> str | None:
    return None if number is None else str(number)
