"""Play the vendors of history on this machine: their REST paths, pages and keys, over generated years of daily bars.

What collectors ask of Polygon, Finnhub, FMP and Alpha Vantage is answered from one deterministic market, so that a
daily run or a back-fill has something to collect. `python -m local.vendor --port 9100 --symbols 50 --sessions 250`.
"""

import argparse
import json
import re
import signal
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import prod
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from surveillance.simulation.daily_bars import FIRST_DAY, DailyBars, daily_bars

from local.vendor_indicators import indicator_values

HOST: Final = "127.0.0.1"
KEY: Final = "local-vendor-key"
NEW_YORK: Final = ZoneInfo("America/New_York")
ROWS_PER_PAGE: Final = 1000
Query = Mapping[str, str]
_GROUPED: Final = re.compile(r"/v2/aggs/grouped/locale/us/market/stocks/(\d{4}-\d\d-\d\d)$")
_AGGREGATES: Final = re.compile(r"/v2/aggs/ticker/([^/]+)/range/1/day/(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)$")
_INDICATOR: Final = re.compile(r"/v1/indicators/(sma|ema|rsi|macd)/([^/]+)$")
_DETAILS: Final = re.compile(r"/v3/reference/tickers/([^/]+)$")
_CHANGES: Final = re.compile(r"/vX/reference/tickers/([^/]+)/events$")
_TONES: Final = ("positive", "neutral", "negative")


class Market:
    """One generated market, by what is asked of it."""

    def __init__(self, made: DailyBars) -> None:
        self._made = made

    @cached_property
    def days(self) -> dict[str, list[dict[str, Any]]]:
        """Give each day's bars as Polygon writes them."""
        by_day: dict[str, list[dict[str, Any]]] = {}
        for row in self._made.bars.to_pylist():
            time = round(row["ts"].timestamp() * 1000)
            bar = {
                "T": row["symbol"],
                "o": row["open"],
                "h": row["high"],
                "l": row["low"],
                "c": row["close"],
                "t": time,
            }
            bar |= {"v": row["volume"], "vw": row["vwap"], "n": row["trade_count"]}
            by_day.setdefault(f"{row['date']}", []).append(bar)
        return by_day

    @cached_property
    def splits(self) -> list[dict[str, Any]]:
        """Give splits by day."""
        rows = [_renamed(row, ("execution_date", "split_from", "split_to")) for row in self._made.splits.to_pylist()]
        return sorted(rows, key=lambda row: (row["execution_date"], row["ticker"]))

    @cached_property
    def dividends(self) -> list[dict[str, Any]]:
        """Give dividends by day."""
        rows = [_renamed(row, ("ex_dividend_date", "cash_amount")) for row in self._made.dividends.to_pylist()]
        return sorted(rows, key=lambda row: (row["ex_dividend_date"], row["ticker"]))

    @cached_property
    def instruments(self) -> dict[str, dict[str, Any]]:
        """Give each symbol's instrument."""
        return {row["symbol"]: row for row in self._made.instruments.to_pylist()}

    def closes(self, symbol: str) -> tuple[list[str], list[float]]:
        """Give a symbol's days and closes, with the splits of later days divided out."""
        splits = [each for each in self.splits if each["ticker"] == symbol]
        days, closes = [], []
        for day in sorted(self.days):
            for bar in self.days[day]:
                if bar["T"] == symbol:
                    later = (each["split_from"] / each["split_to"] for each in splits if each["execution_date"] > day)
                    days.append(day)
                    closes.append(prod(later, start=bar["c"]))
        return days, closes

    def ticker(self, symbol: str, *, whole: bool = False) -> dict[str, Any]:
        """Write a ticker as the list has it, or with its details."""
        row = self.instruments[symbol]
        told = {"ticker": symbol, "name": row["name"], "market": "stocks", "locale": "us", "type": "CS"}
        told |= {"primary_exchange": row.get("exchange"), "active": True, "currency_name": "usd"}
        if whole:
            sic = row.get("sic_code")
            told |= {"market_cap": row.get("market_cap"), "sic_code": None if sic is None else f"{sic}"}
            told |= {"list_date": f"{row['list_date']}" if row.get("list_date") else None}
        return told


def _renamed(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    kept = {name: f"{row[name]}" if isinstance(row[name], date) else row[name] for name in names}
    return {"ticker": row["symbol"], **kept}


class Vendor:
    """Answers a path, or None where there is nothing. `url` is where next pages are."""

    def __init__(self, market: Market, url: str = "") -> None:
        self._market, self.url = market, url
        self._lists: dict[str, Callable[[Query], list[Any]]] = {
            "/v3/reference/splits": lambda query: _within(market.splits, "execution_date", query),
            "/v3/reference/dividends": lambda query: _within(market.dividends, "ex_dividend_date", query),
            "/v3/reference/tickers": self._tickers,
            "/v3/reference/exchanges": lambda query: [
                {"id": 10, "type": "exchange", "asset_class": "stocks", "name": "NYSE", "mic": "XNYS"}
            ],
            "/v3/reference/conditions": lambda query: [],
            "/v2/reference/news": self._news,
        }

    def answer(self, path: str, query: Query) -> Any:
        """Give the JSON of a path."""
        if path in self._lists:
            return self._page(path, query)
        if found := _GROUPED.match(path):
            return _aggregates(self._market.days.get(found[1], []))
        if found := _AGGREGATES.match(path):
            days = (day for day in sorted(self._market.days) if found[2] <= day <= found[3])
            bars = [bar for day in days for bar in self._market.days[day] if bar["T"] == found[1]]
            return {"ticker": found[1], **_aggregates(bars)}
        if (found := _INDICATOR.match(path)) and found[2] in self._market.instruments:
            return {"status": "OK", "results": {"values": self._indicator(found[1], found[2], query)}}
        if (found := _DETAILS.match(path)) and found[1] in self._market.instruments:
            return {"status": "OK", "results": self._market.ticker(found[1], whole=True)}
        if (found := _CHANGES.match(path)) and found[1] in self._market.instruments:
            return {"status": "OK", "results": {"name": found[1], "events": []}}
        if path == "/v1/marketstatus/upcoming":
            return []
        if path == "/v1/marketstatus/now":
            return {"market": "closed", "serverTime": f"{max(self._market.days)}T18:00:00-05:00", "exchanges": {}}
        if path == "/calendar/earnings":
            return {"earningsCalendar": self._earnings(query["from"], query["to"])}
        if path == "/stock/earnings":
            return []
        if path == "/grades":
            return self._grades(query.get("symbol", ""))
        if path == "/query":
            return {"Meta Data": {}, "Time Series FX (Daily)": {day: _rate(day) for day in self._market.days}}
        return None

    def _page(self, path: str, query: Query) -> dict[str, Any]:
        first = int(query.get("cursor", "0"))
        size = min(int(query.get("limit") or ROWS_PER_PAGE), ROWS_PER_PAGE)
        rows = self._lists[path](query)
        page: dict[str, Any] = {"status": "OK", "request_id": "local", "results": rows[first : first + size]}
        if first + size < len(rows):
            kept = "&".join(f"{name}={value}" for name, value in query.items() if name != "cursor")
            page["next_url"] = f"{self.url}{path}?{kept}&cursor={first + size}"
        return page

    def _tickers(self, query: Query) -> list[Any]:
        if query.get("active") == "false":
            return []
        return [self._market.ticker(symbol) for symbol in sorted(self._market.instruments)]

    def _news(self, query: Query) -> list[Any]:
        """Tell a story a day of each tenth symbol, each second one with the source's own sentiment."""
        day = query["published_utc.gte"][:10]
        stories = []
        for place, symbol in enumerate(sorted(self._market.instruments)):
            if (place + date.fromisoformat(day).toordinal()) % 10:
                continue
            story: dict[str, Any] = {"id": f"{day}-{symbol}", "title": f"{symbol} shares rise", "tickers": [symbol]}
            story |= {"published_utc": f"{day}T12:00:00Z", "article_url": "https://local.invalid/"}
            story |= {"publisher": {"name": "Local"}}
            if place % 2:
                story["insights"] = [{"ticker": symbol, "sentiment": _TONES[place % 3]}]
            stories.append(story)
        return stories

    def _earnings(self, first: str, last: str) -> list[Any]:
        rows = []
        start = date.fromisoformat(first)
        for number in range((date.fromisoformat(last) - start).days + 1):
            day = start + timedelta(days=number)
            for place, symbol in enumerate(sorted(self._market.instruments)):
                if (day.toordinal() + place) % 91 == 0 and f"{day}" in self._market.days:
                    row = {"symbol": symbol, "date": f"{day}", "year": day.year, "quarter": (day.month + 2) // 3}
                    row |= {
                        "epsEstimate": 1.0,
                        "epsActual": 0.9 + place % 4 / 10,
                        "hour": "amc" if place % 2 else "bmo",
                    }
                    rows.append(row)
        return rows

    def _indicator(self, kind: str, symbol: str, query: Query) -> list[Any]:
        days, closes = self._market.closes(symbol)
        told = indicator_values(kind, closes, int(query.get("window", "0")))
        first, last = query["timestamp.gte"], query["timestamp.lte"]
        return [
            {"timestamp": round(datetime.fromisoformat(day).replace(tzinfo=NEW_YORK).timestamp() * 1000), **values}
            for day, values in zip(days, told, strict=True)
            if values is not None and first <= day <= last
        ]

    def _grades(self, symbol: str) -> list[Any]:
        if symbol not in self._market.instruments:
            return []
        change = {"gradingCompany": "Local", "previousGrade": "Hold", "newGrade": "Buy", "action": "upgrade"}
        return [{"symbol": symbol, "date": min(self._market.days), **change}]


def _aggregates(bars: list[dict[str, Any]]) -> dict[str, Any]:
    return {"status": "OK", "adjusted": False, "queryCount": len(bars), "resultsCount": len(bars), "results": bars}


def _within(rows: list[dict[str, Any]], name: str, query: Query) -> list[Any]:
    first, last = query.get(f"{name}.gte", ""), query.get(f"{name}.lte", "9")
    return [row for row in rows if first <= row[name] <= last]


def _rate(day: str) -> dict[str, str]:
    price = 1.1 + date.fromisoformat(day).toordinal() % 97 / 1000
    return {"1. open": f"{price:.4f}", "2. high": f"{price + 0.002:.4f}", "3. low": f"{price - 0.002:.4f}",
            "4. close": f"{price + 0.001:.4f}"}  # fmt: skip


class VendorServer:
    """Serves in a thread of its own between `start` and `stop`; wants `KEY`, however it is sent."""

    def __init__(self, market: Market, port: int = 0) -> None:
        vendor = Vendor(market)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                sent = (
                    (self.headers.get("Authorization") or "").removeprefix("Bearer "),
                    self.headers.get("X-Finnhub-Token"),
                    self.headers.get("apikey"),
                    query.get("apikey"),
                )
                found = vendor.answer(parts.path, query) if KEY in sent else None
                status = 200 if found is not None else 404 if KEY in sent else 401
                body = json.dumps(found if found is not None else {"status": "ERROR"}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer((HOST, port), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://{HOST}:{self._server.server_port}"
        vendor.url = self.url

    def start(self) -> "VendorServer":
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End, and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--sessions", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=FIRST_DAY)
    given = parser.parse_args()
    market = Market(daily_bars(given.symbols, given.sessions, given.seed, 0.0, given.first))
    server = VendorServer(market, given.port).start()
    print(server.url, flush=True)
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.stop()


if __name__ == "__main__":
    main()
