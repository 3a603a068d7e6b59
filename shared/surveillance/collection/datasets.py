"""Every dataset there is, by source and name."""

from collections.abc import Mapping
from typing import Final

from surveillance.collection.alphavantage import fx_daily
from surveillance.collection.finnhub import earnings_calendar, eps_surprises
from surveillance.collection.fmp import grades
from surveillance.collection.polygon import (
    aggregates,
    conditions,
    dividends,
    exchanges,
    grouped_daily,
    indicators,
    market_status,
    news,
    splits,
    ticker_changes,
    ticker_details,
    tickers,
)
from surveillance.collection.work import Dataset
from surveillance.errors import InputError

DATASETS: Final[Mapping[tuple[str, str], Dataset]] = {
    (module.DATASET.source, module.DATASET.name): module.DATASET
    for module in (
        grouped_daily,
        aggregates,
        indicators,
        tickers,
        ticker_details,
        ticker_changes,
        splits,
        dividends,
        exchanges,
        conditions,
        market_status,
        news,
        earnings_calendar,
        eps_surprises,
        grades,
        fx_daily,
    )
}


def dataset(source: str, name: str) -> Dataset:
    """Give a dataset; raises `InputError` with what there is."""
    found = DATASETS.get((source, name))
    if found is None:
        there = ", ".join(f"{each} {other}" for each, other in DATASETS)
        raise InputError(f"{source} {name} is no dataset; there are {there}.")
    return found
