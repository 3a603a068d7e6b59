"""What tickers and details share: fields of `raw_instruments`, and the sector of an SIC code.

The sector is the division of the Standard Industrial Classification (SIC Manual 1987, OSHA): its first two digits.
"""

from typing import Final

from surveillance.collection.polygon.paging import SOURCE
from surveillance.collection.work import Job, Row, day_in, required
from surveillance.feeds.polygon.values import Fields

DIVISIONS: Final = (
    (1, 9, "Agriculture, Forestry and Fishing"),
    (10, 14, "Mining"),
    (15, 17, "Construction"),
    (20, 39, "Manufacturing"),
    (40, 49, "Transportation and Public Utilities"),
    (50, 51, "Wholesale Trade"),
    (52, 59, "Retail Trade"),
    (60, 67, "Finance, Insurance and Real Estate"),
    (70, 89, "Services"),
    (91, 97, "Public Administration"),
    (99, 99, "Nonclassifiable"),
)
FUNDS: Final = frozenset({"ETF", "ETN", "ETV", "ETS"})


def sector_of(sic_code: str | None) -> str | None:
    """Give the division of an SIC code of three or four digits."""
    if sic_code is None or not sic_code.isdecimal():
        return None
    group = int(sic_code.zfill(4)[:2])
    return next((name for first, last, name in DIVISIONS if first <= group <= last), None)


def instrument_row(item: Fields, job: Job) -> Row:
    """Give the row of one ticker."""
    sic_code = item.text("sic_code")
    kind = item.text("type")
    currency = item.text("currency_name")
    return {
        "symbol": required(item.ticker("ticker"), "ticker"),
        "name": item.text("name"),
        "sector": sector_of(sic_code),
        "industry": item.text("sic_description"),
        "sic_code": sic_code,
        "market_cap": item.number("market_cap"),
        "currency": currency.upper() if currency else None,
        "exchange": item.text("primary_exchange"),
        "asset_class": _asset_class(item.text("market"), kind),
        "instrument_type": kind,
        "active": item.flag("active"),
        "list_date": day_in(item, "list_date"),
        "delisted_date": day_in(item, "delisted_utc"),
        "cik": item.text("cik"),
        "composite_figi": item.text("composite_figi"),
        "share_class_figi": item.text("share_class_figi"),
        "shares_outstanding": item.number("share_class_shares_outstanding"),
        "source": SOURCE,
        "as_of": job.as_of,
    }


def _asset_class(market: str | None, kind: str | None) -> str | None:
    if market in ("stocks", "otc"):
        return "etf" if kind in FUNDS else "bond" if kind == "BOND" else "equity"
    return market
