"""Rows of every kind that models tell apart, drawn at random: both dialects of SQL must say the same of them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from surveillance.events import SCHEMA as EVENTS
from surveillance.history.tables import BY_NAME
from surveillance.metric_rows import KEY

from tests.history import lakes

DAYS = (date(2022, 1, 11), date(2022, 3, 7))
MINUTES = 3
SYMBOLS = ("SIM0001", "SIM0002", "SIM0003")
EVENTS_A_DAY, ALERTS_A_DAY = 300, 60
NANOSECONDS = 1_000_000_000


def write_varied(lake: Path) -> None:
    """Add events, alerts, metrics, rates, splits, news and grades to a lake of `lakes`."""
    for day in DAYS:
        random = Random(day.toordinal())
        _land(lake / "events", day, _events(random, day), EVENTS)
        _land(lake / "alerts", day, _alerts(random, day), BY_NAME["raw_alerts"].columns)
        _land(lake / "metrics", day, _metrics(random, day), BY_NAME["raw_metrics"].columns)
    random = Random(1)
    for name, rows in (
        ("raw_fx", _rates(random)),
        ("raw_splits", _splits()),
        ("raw_news", _news(random)),
        ("raw_grades", _grades(random)),
        ("raw_instruments", _details()),
    ):
        schema = pa.schema([field for field in BY_NAME[name].columns if field.name != "loaded_at"])
        lakes.write_rows(lake, name, pa.Table.from_pylist(list(rows), schema), "varied")


def _land(folder: Path, day: date, rows: Iterator[dict[str, Any]], schema: pa.Schema) -> None:
    place = folder / f"year={day:%Y}/month={day:%m}/day={day:%d}/hour=17"
    place.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema), place / "varied.parquet")


def _events(random: Random, day: date) -> Iterator[dict[str, Any]]:
    drawn: list[dict[str, Any]] = []
    for number in range(EVENTS_A_DAY):
        told = {
            "symbol": random.choice(SYMBOLS),
            "venue": random.choice(("XNYS", "ARCX", None)),
            "ts": _start(day) + random.randrange(MINUTES * 60 * NANOSECONDS),
            "producer": random.choice(("feed/a", "feed/b", None)),
            "number": random.choice((number, number // 2)),
            **random.choice((_trade, _quote, _order, _status))(random),
        }
        drawn.append({key: value for key, value in told.items() if value is not None})
    yield from drawn
    yield from random.sample(drawn, EVENTS_A_DAY // 10)


def _trade(random: Random) -> dict[str, Any]:
    return {
        "type": "trade",
        "price": random.randrange(900, 1100) / 100,
        "size": float(random.randrange(1, 500)),
        "trade_id": str(random.randrange(200)),
        "aggressor": random.choice(("buy", "sell", None)),
        "correction": random.choice(("cancel", "correct", *[None] * 8)),
    }


def _quote(random: Random) -> dict[str, Any]:
    bid = random.randrange(900, 1100)
    return {
        "type": "quote",
        "bid_price": random.choice((bid / 100, None)),
        "bid_size": float(random.randrange(3)),
        "ask_price": random.choice(((bid + random.randrange(-2, 9)) / 100, None)),
        "ask_size": float(random.randrange(3)),
    }


def _order(random: Random) -> dict[str, Any]:
    return {
        "type": "order",
        "action": random.choice(("new", "replace", "cancel", "fill")),
        "order_id": str(random.randrange(100)),
        "account": random.choice(("a", None)),
        "side": random.choice(("buy", "sell", None)),
        "price": random.choice((10.0, None)),
        "size": random.choice((5.0, None)),
    }


def _status(random: Random) -> dict[str, Any]:
    first = random.choice((random.randrange(50), None))
    return {
        "type": "status",
        "state": random.choice(("gap", "halted", "open")),
        "from_seq": first,
        "to_seq": None if first is None else first + random.randrange(5),
    }


def _alerts(random: Random, day: date) -> Iterator[dict[str, Any]]:
    for number in range(ALERTS_A_DAY):
        start = _start(day) + random.randrange(10 * NANOSECONDS)
        name = f"{day}-{number // 2}"
        yield {
            "alert_id": name,
            "episode_key": name,
            "revision": 1 + number % 2,
            "rule": random.choice(("spoofing", "layering", "wash_trade")),
            "rule_version": 1,
            "severity": random.choice(("low", "medium", "high", "critical")),
            "score": random.random(),
            "symbol": random.choice(SYMBOLS),
            "venue": random.choice(("XNYS", None)),
            "accounts": random.sample(["a", "b", "c"], random.randrange(4)),
            "candidate": random.random() < 0.5,
            "data_tier": random.randrange(4),
            "start_ts": start,
            "end_ts": start + random.randrange(90 * NANOSECONDS),
            "detected_ts": start,
            "order_count": random.randrange(9),
            "trade_count": random.choice((random.randrange(9), None)),
            "metrics": {"share": random.random()},
            "completeness": {"gaps": random.randrange(2), "late": 0, "quarantined": random.randrange(2)},
            "explanation": "It's 5 % below the touch; 'quoted'.",
            "status": random.choice(("open", "in_review", "escalated", "closed_true", "closed_false", "suppressed")),
        }


def _metrics(random: Random, day: date) -> Iterator[dict[str, Any]]:
    columns = [field for field in BY_NAME["raw_metrics"].columns if field.name not in (*KEY, "sma", "ema")]
    for symbol in SYMBOLS:
        for minute in (*range(MINUTES), MINUTES - 1):
            told: dict[str, Any] = {
                field.name: random.choice((random.gauss(0, 1), None))
                if field.type == pa.float64()
                else random.randrange(100)
                for field in columns
            }
            told |= {"effective_spread_bp": None, "sma": [("5", random.gauss(0, 1))], "ema": []}
            ts = _start(day) + minute * 60 * NANOSECONDS
            yield {"symbol": symbol, "venue": "XNYS", "ts": ts, "revision": random.randint(1, 2), **told}


def _rates(random: Random) -> Iterator[dict[str, Any]]:
    for place in range(20):
        low = 1.1 + random.random() / 100
        day = DAYS[0] + timedelta(days=place)
        yield {
            "symbol": "EUR/USD",
            "date": day,
            "ts": datetime(day.year, day.month, day.day, 21),
            "interval": "1d",
            "open": low,
            "high": low + 0.01,
            "low": low,
            "close": low + 0.005,
            "source": "varied",
        }


def _splits() -> Iterator[dict[str, Any]]:
    yield {"symbol": "ELSEWHERE", "execution_date": DAYS[0], "split_from": 1.0, "split_to": 3.0, "source": "varied"}


def _news(random: Random) -> Iterator[dict[str, Any]]:
    for number in range(40):
        yield {
            "news_id": f"v{number}",
            "symbol": random.choice(SYMBOLS),
            "published": datetime(2022, random.choice((1, 3)), random.randrange(3, 9), random.randrange(24), 59, 59),
            "headline": "h",
            "sentiment": random.choice((random.uniform(-1, 1), None)),
            "source": "varied",
            "source_feed": "varied",
        }


def _grades(random: Random) -> Iterator[dict[str, Any]]:
    for number in range(20):
        yield {
            "symbol": random.choice(SYMBOLS),
            "date": DAYS[0] + timedelta(days=number),
            "firm": random.choice("AB"),
            "previous_grade": random.choice(("hold", None)),
            "new_grade": random.choice(("buy", "sell")),
            "action": random.choice(("upgrade", "downgrade", "init", None)),
            "source": "varied",
        }


def _details() -> Iterator[dict[str, Any]]:
    for symbol, sector in zip(SYMBOLS, ("Energy", None, "Utilities"), strict=True):
        yield {
            "symbol": symbol,
            "name": f"{symbol} plc",
            "sector": sector,
            "market_cap": 5e9,
            "source": "varied",
            "as_of": DAYS[1],
        }


def _start(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 17, tzinfo=UTC).timestamp()) * NANOSECONDS
