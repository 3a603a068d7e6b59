"""LEAN factor files to splits and dividends.

A line `date, price factor, split factor, reference price` holds for the days up to its date, the next line's factors
for those after it; the reference price is the close of its day. So between two lines lies, on the session after the
earlier one's date, a split of the ratio of the split factors and a dividend of
`reference price × (1 − price factor ÷ next price factor)`.
Factors have seven decimals, so a dividend is known to about 10⁻⁷ of the price: given is the shortest decimal within
that, which is the amount paid wherever that was whole hundredths or thousandths.
Source: QuantConnect/Lean, Common/Data/Auxiliary/CorporateFactorRow.cs.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

import msgspec

from surveillance.calendar import exchange_sessions

HALF_STEP: Final = 0.5e-7
"""Half of the last decimal of a factor."""
LARGEST_SPLIT: Final = 1_000
MOST_DECIMALS: Final = 7
FIRST_DAY: Final = date(1950, 1, 1)
LAST_DAY: Final = date(2098, 12, 31)
LONGEST_BREAK_DAYS: Final = 14
Row = dict[str, Any]


class FactorLine(msgspec.Struct, frozen=True):
    """One line of a factor file."""

    day: date
    price_factor: float
    split_factor: float
    reference_price: float


class Factors(msgspec.Struct, frozen=True):
    """Rows of `raw_splits` and `raw_dividends`."""

    splits: list[Row]
    dividends: list[Row]


def parse(text: str, counts: Counter[str]) -> list[FactorLine]:
    """Read the lines in order of date; a line that can't be read is counted."""
    lines = []
    for line in text.splitlines():
        parts = line.split(",")
        try:
            day = date.fromisoformat(f"{parts[0][:4]}-{parts[0][4:6]}-{parts[0][6:8]}")
            price, split, reference = (float(part) for part in parts[1:4])
        except (ValueError, IndexError):
            counts["bad_factor_line"] += bool(line.strip())
            continue
        if not (0 < price < float("inf") and 0 < split < float("inf")):
            counts["bad_factor"] += 1
            continue
        lines.append(FactorLine(day, price, split, reference))
    return sorted(lines, key=lambda each: each.day)


def events_of_factors(symbol: str, lines: Sequence[FactorLine], source: str) -> Factors:
    """Give the splits and dividends between the lines of one symbol."""
    splits: list[Row] = []
    dividends: list[Row] = []
    sessions = _sessions(lines)
    for line, following in pairwise(lines):
        ratio = line.split_factor / following.split_factor
        paid = _paid(line, following)
        if abs(ratio - 1) <= _slack(line.split_factor, following.split_factor) and not paid:
            continue
        day = next_session(line.day, sessions)
        if abs(ratio - 1) > _slack(line.split_factor, following.split_factor):
            share = Fraction(ratio).limit_denominator(LARGEST_SPLIT)
            if ratio < 1:
                share = 1 / Fraction(1 / ratio).limit_denominator(LARGEST_SPLIT)
            splits.append(
                {
                    "symbol": symbol,
                    "execution_date": day,
                    "split_from": float(share.numerator),
                    "split_to": float(share.denominator),
                    "source": source,
                }
            )
        if paid:
            dividends.append(
                {
                    "symbol": symbol,
                    "ex_dividend_date": day,
                    "cash_amount": paid,
                    "currency": "USD",
                    "source": source,
                }
            )
    return Factors(splits, dividends)


def _slack(first: float, second: float) -> float:
    return HALF_STEP / first + HALF_STEP / second


def _paid(line: FactorLine, following: FactorLine) -> float:
    """Give the dividend as the shortest decimal that the factors' decimals allow, 0 for none."""
    amount = line.reference_price * (1 - line.price_factor / following.price_factor)
    error = line.reference_price * _slack(line.price_factor, following.price_factor)
    if abs(amount) <= error:
        return 0.0
    for decimals in range(2, MOST_DECIMALS):
        shorter = round(amount, decimals)
        if abs(shorter - amount) <= error:
            return shorter
    return round(amount, MOST_DECIMALS)


def _sessions(lines: Sequence[FactorLine]) -> list[date]:
    """Give the sessions of the decades that the lines speak of; the last line is a day in the far future."""
    if len(lines) < 2:
        return []
    first, last = max(lines[0].day, FIRST_DAY), min(lines[-2].day, LAST_DAY)
    if last < first:
        return []
    start, end = first.year // 10 * 10, (last + timedelta(days=LONGEST_BREAK_DAYS)).year // 10 * 10 + 9
    return [day for day, _, _ in exchange_sessions("XNYS", date(start, 1, 1), date(end, 12, 31))]


def next_session(day: date, sessions: Sequence[date]) -> date:
    """Give the first of the sessions after a day; the day after it where there is none."""
    place = bisect_right(sessions, day)
    return sessions[place] if place < len(sessions) else day + timedelta(days=1)
