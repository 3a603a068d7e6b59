"""A csv of companies, `symbol,sector,industry,Name,...`, to rows of `raw_instruments`; names are as in HTML."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from html import unescape
from io import StringIO
from typing import Any, Final

COLUMNS: Final = ("symbol", "sector", "industry", "Name")


def instrument_rows(text: str, source: str, as_of: date | None, counts: Counter[str]) -> Iterator[dict[str, Any]]:
    """Give a row a line; `as_of` is the day the caller vouches for, as the file names none."""
    for line in csv.DictReader(StringIO(text)):
        symbol = (line["symbol"] or "").strip()
        if not symbol:
            counts["missing:symbol"] += 1
            continue
        yield {
            "symbol": symbol,
            "name": unescape(line["Name"] or "") or None,
            "sector": line["sector"] or None,
            "industry": line["industry"] or None,
            "currency": "USD",
            "asset_class": "equity",
            "source": source,
            "as_of": as_of,
        }
