"""Dividend errors: missing, of the wrong size, never paid, on the wrong day, or wrongly in the vendor's adjusted close.

A wrong adjustment taints the adjusted close of every earlier row, each of which is flagged with the ex-date as cause.
"""

from typing import Final

import numpy as np

from surveillance.quality import dividend_verdicts as verdict
from surveillance.quality.bars import NO_DAY, Bars, Floats, Integers
from surveillance.quality.dividend_events import ExDates, find_ex_dates
from surveillance.quality.dividend_verdicts import CHECKS, Verdicts
from surveillance.quality.findings import Findings
from surveillance.quality.settings import FIXED, FLAGGED, Settings

BEYOND_ROUNDING: Final = 2e-4
DATE_ROWS: Final = 5
SAME_SIZE: Final = 0.05


def check_dividends(bars: Bars, settings: Settings, findings: Findings) -> Bars:
    """Mend dividends, and the adjusted closes that follow from them."""
    events = find_ex_dates(bars, settings)
    if events is None:
        return bars
    verdicts = verdict.judge(events, _split_after(bars, events))
    _match_dates(events, verdicts)
    faulty = verdicts.fault != verdict.NONE
    if not faulty.any():
        return bars
    dividend = bars.dividend.copy()
    dividend[events.place[faulty]] = (verdicts.truth * events.before)[faulty]
    for code, check in enumerate(CHECKS):
        some = np.flatnonzero(verdicts.fault == code) if code else np.empty(0, dtype=np.int64)
        places = events.place[some]
        outcome = FLAGGED if code in (verdict.WRONG_ADJUSTMENT, verdict.NOT_ADJUSTED, verdict.TWIN) else FIXED
        findings.add(bars, places, check, "dividend", outcome, dividend[places], bars.day[places])
    adjusted = _readjusted(bars, events, verdicts, findings)
    return bars.with_columns(dividend=dividend, adjusted=adjusted)


def _split_after(bars: Bars, events: ExDates) -> Floats:
    """Give the log of all splits from each event's row on, the first of a symbol's rows left out."""
    logs = np.where(bars.starts(), 0.0, np.log(bars.split))
    total = np.cumsum(logs)
    last = np.searchsorted(bars.symbol, events.symbol, "right") - 1
    after: Floats = total[last] - total[events.place] + logs[events.place]
    return np.where(np.abs(after) < 1e-12, 0.0, after)


def _match_dates(events: ExDates, verdicts: Verdicts) -> None:
    """Take an unadjusted dividend and an equal adjustment without one, some rows apart, as one on the wrong day."""
    lonely = np.flatnonzero((events.stated <= 0) & (events.implied > 0))
    unadjusted = np.flatnonzero((events.stated > 0) & (np.abs(events.implied) <= 2 * events.tolerance))
    cash = events.implied * events.before
    for one in unadjusted.tolist():
        near = lonely[
            (events.symbol[lonely] == events.symbol[one])
            & (np.abs(events.place[lonely] - events.place[one]) <= DATE_ROWS)
            & (np.abs(cash[lonely] / (events.stated[one] * events.before[one]) - 1) <= SAME_SIZE)
        ]
        if len(near) != 1:
            continue
        other = int(near[0])
        share = np.array([events.stated[one], events.implied[other]])
        pair = np.array([one, other])
        felt = verdict.felt(events, pair, share)
        verdicts.fault[pair] = verdict.WRONG_DATE
        verdicts.truth[pair] = (share[0], 0.0) if felt[0] > felt[1] else (0.0, share[1])


def _readjusted(bars: Bars, events: ExDates, verdicts: Verdicts, findings: Findings) -> Floats:
    """Take the wrong steps out of the vendor's adjusted close, and flag the rows that this changes."""
    change = np.zeros(len(bars))
    known = np.isfinite(events.implied) & (verdicts.fault != verdict.NONE)
    if not known.any():
        return bars.adjusted
    right = np.log1p(-np.clip(verdicts.truth[known], -0.95, 0.99))
    given = np.log1p(-np.clip(events.implied[known], None, 0.999))
    change[events.step_place[known]] = right - given
    later = _sum_of_later(bars, change)
    tainted = np.flatnonzero((np.abs(later) > BEYOND_ROUNDING) & np.isfinite(bars.adjusted))
    if not len(tainted):
        return bars.adjusted
    adjusted = bars.adjusted.copy()
    adjusted[tainted] *= np.exp(later[tainted])
    causes = np.sort(events.place[known])
    following = causes[np.minimum(np.searchsorted(causes, tainted, "right"), len(causes) - 1)]
    cause = np.where(bars.symbol[following] == bars.symbol[tainted], bars.day[following], NO_DAY)
    findings.add(bars, tainted, "tainted_adjusted_close", "adjusted_close", FIXED, adjusted[tainted], cause)
    return adjusted


def _sum_of_later(bars: Bars, values: Floats) -> Floats:
    """Give each row the sum over the later rows of its symbol."""
    total = np.cumsum(values)
    last: Integers = np.searchsorted(bars.symbol, bars.symbol, "right") - 1
    later: Floats = total[last] - total
    return later
