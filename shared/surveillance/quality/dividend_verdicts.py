"""Which of a dividend's figures is right: what is stated, what the adjusted close implies, a hundredth of either, none.

Each figure predicts a price step on the ex-date. The steps' likelihood (`likelihood.fit`), how usual the payment's size
is (`likelihood.plausibility`) and how often vendors make the mistake (the constants below, in nats) are added up. Equal
mistakes of one symbol are judged together, as one dividend of 1 % can't be seen in a price and ten can.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from surveillance.quality.bars import Floats, Mask
from surveillance.quality.dividend_events import ExDates
from surveillance.quality.likelihood import fit, plausibility

NONE, WRONG_SIZE, WRONG_ADJUSTMENT, NOT_ADJUSTED, PHANTOM, MISSING, PHANTOM_ADJUSTMENT, WRONG_DATE, TWIN = range(9)
CHECKS: Final = (
    "", "dividend_size", "dividend_adjustment", "dividend_not_adjusted", "phantom_dividend", "missing_dividend",
    "adjustment_without_dividend", "dividend_date", "twin_dividend",
)  # fmt: skip

SMALL: Final = 0.001
LARGE: Final = 0.05
VERY_LARGE: Final = 0.10
SMALL_NEEDS: Final = 4.0
SMALL_NEEDS_PRICE: Final = 1.0
SMALL_GROUP: Final = 3
LARGE_NEEDS: Final = 5.0
VERY_LARGE_NEEDS: Final = 4.5
SPLIT_NEEDS: Final = 5.0
STATED_IF_NOT_ADJUSTED: Final = 4.0
STATED_IF_UNRELATED: Final = 2.0
IMPLIED_IF_SPLIT: Final = 1.0
HUNDREDTH_IF_NOT_ADJUSTED: Final = 4.0
MISSING_OVER_PHANTOM: Final = 5.0
TWIN_SESSIONS: Final = 10
TWIN_SIZE: Final = 1.4
LIKE_OTHERS: Final = 2.0
LIKE_OTHERS_NEEDS: Final = -1.0
USUAL_SPACING: Final = 25
"""Percentile: a payment that is missing doubles one distance, and there may be few."""
HOLE: Final = 1.5
EDGE: Final = 0.75
CRASH_NEEDS: Final = 6.0
TWIN_UNCLEAR: Final = 1.0
TINY: Final = 2e-4


@dataclass
class Verdicts:
    """`fault` indexes `CHECKS`; `truth` is the share of the close before that was really paid; `at` where."""

    fault: npt.NDArray[np.int64]
    truth: Floats


def judge(events: ExDates, split_after: Floats) -> Verdicts:
    """Judge each ex-date. `split_after` is the log of the splits at and after it, 0 if there are none."""
    verdicts = Verdicts(np.zeros(len(events.place), dtype=np.int64), events.stated.copy())
    known = np.isfinite(events.implied)
    implied = np.where(known, events.implied, events.stated)
    slack = events.slack * np.maximum(events.stated, 0) + 2 * events.tolerance
    agree = np.abs(implied - events.stated) <= slack
    unpaid = ~agree & (events.stated <= 0)
    disagree = ~agree & (events.stated > 0)
    verdicts.truth = np.where(agree & known & (events.stated > 0), implied, verdicts.truth)
    _judge_disagreeing(events, disagree, split_after, verdicts)
    _judge_unpaid(events, unpaid, verdicts)
    agreeing = agree & (events.stated > 0)
    _judge_twins(events, agreeing, verdicts)
    _judge_small(events, agreeing & (verdicts.fault == NONE), verdicts)
    _judge_large(events, agreeing & (verdicts.fault == NONE), verdicts)
    _judge_unsplit(events, agreeing & (verdicts.fault == NONE), split_after, verdicts)
    return verdicts


def _price(events: ExDates, share: Floats) -> Floats:
    """Give the log likelihood of the price step if this share was paid."""
    error = events.price - np.log1p(-np.clip(share, -0.95, 0.95))
    return np.where(events.weight > 0, fit(error, events.noise), 0.0)


def _score(events: ExDates, share: Floats) -> Floats:
    return _price(events, share) + plausibility(share)


def _sums(values: Floats, groups: npt.NDArray[np.int64]) -> Floats:
    """Give each element the sum of its group."""
    inverse = np.unique(groups, return_inverse=True)[1]
    sums = np.bincount(inverse, weights=values)
    return np.asarray(sums[inverse], dtype=np.float64)


def _judge_disagreeing(events: ExDates, some: Mask, split_after: Floats, verdicts: Verdicts) -> None:
    at = np.flatnonzero(some)
    if not len(at):
        return
    stated, implied, tolerance = events.stated[at], events.implied[at], events.tolerance[at]
    unadjusted = np.abs(implied) <= 2 * tolerance
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(np.maximum(implied, 1e-12) / stated)
    slack = 0.03 + 2 * tolerance / stated
    hundredfold = ~unadjusted & (np.abs(np.abs(ratio) - np.log(100.0)) <= slack + 2 * tolerance * 100 / stated)
    by_split = (split_after[at] != 0) & (np.abs(np.abs(ratio) - np.abs(split_after[at])) <= slack) & ~unadjusted
    kind = np.select([unadjusted, hundredfold, by_split], [0, 1 + (ratio > 0), 3], 4)
    prior = np.select(
        [unadjusted, hundredfold, by_split], [STATED_IF_NOT_ADJUSTED, 0.0, -IMPLIED_IF_SPLIT], STATED_IF_UNRELATED
    )
    gain = _score(events, events.stated)[at] - _score(events, events.implied)[at]
    gain = np.where(unadjusted, (_price(events, events.stated) - _price(events, np.zeros(len(events.place))))[at], gain)
    together = np.where(kind == 4, np.arange(len(at)) + 8, kind)
    wide = int(together.max()) + 1
    total = _sums(gain, events.symbol[at] * wide + together) + prior
    stated_right = total > 0
    verdicts.truth[at] = np.where(stated_right, stated, np.where(unadjusted, 0.0, implied))
    verdicts.fault[at] = np.select(
        [stated_right & unadjusted, stated_right, unadjusted],
        [NOT_ADJUSTED, WRONG_ADJUSTMENT, PHANTOM],
        WRONG_SIZE,
    )
    hundredth = events.stated / 100.0
    better = (_score(events, hundredth) - _score(events, events.stated))[at] > HUNDREDTH_IF_NOT_ADJUSTED
    both = unadjusted & better & (stated > VERY_LARGE)
    verdicts.truth[at[both]] = hundredth[at[both]]
    verdicts.fault[at[both]] = WRONG_SIZE


def _judge_unpaid(events: ExDates, some: Mask, verdicts: Verdicts) -> None:
    """A step of the adjustment without a dividend: the dividend is missing, or the adjustment is wrong."""
    at = np.flatnonzero(some)
    if not len(at):
        return
    possible = (events.implied[at] > 0) & (events.implied[at] < 0.6)
    gain = (_price(events, events.implied) - _price(events, np.zeros(len(events.place))))[at]
    missing = possible & (gain + MISSING_OVER_PHANTOM > 0)
    verdicts.truth[at] = np.where(missing, events.implied[at], 0.0)
    verdicts.fault[at] = np.where(missing, MISSING, PHANTOM_ADJUSTMENT)


def _judge_small(events: ExDates, some: Mask, verdicts: Verdicts) -> None:
    """Payments under 0.1 % that may be hundredths of the true ones; the symbol's are judged together, then each.

    Together, that all of them are so small speaks against them too: few companies pay next to nothing regularly.
    """
    at = np.flatnonzero(some & (events.stated * 100 < 0.9))
    if not len(at):
        return
    gain = (_price(events, events.stated * 100) - _price(events, events.stated))[at]
    crash = at[(events.stated[at] >= SMALL) & (gain >= CRASH_NEEDS)]
    verdicts.truth[crash] = events.stated[crash] * 100
    verdicts.fault[crash] = WRONG_SIZE
    at = at[events.stated[at] < SMALL]
    if not len(at):
        return
    gain = (_price(events, events.stated * 100) - _price(events, events.stated))[at]
    usual = plausibility(events.stated[at] * 100) - plausibility(events.stated[at])
    size = _sums(np.ones(len(at)), events.symbol[at])
    price = _sums(gain, events.symbol[at])
    all_small = (size >= SMALL_GROUP) & (price >= SMALL_NEEDS_PRICE)
    together = price + np.where(all_small, _sums(usual, events.symbol[at]) / size, 0.0) >= SMALL_NEEDS
    regular = some & (events.stated >= SMALL)
    like_others = (gain >= LIKE_OTHERS_NEEDS) & np.array([_fills_hole(events, one, regular) for one in at.tolist()])
    wrong = at[together | (gain >= SMALL_NEEDS) | like_others]
    verdicts.truth[wrong] = events.stated[wrong] * 100
    verdicts.fault[wrong] = WRONG_SIZE


def _judge_large(events: ExDates, some: Mask, verdicts: Verdicts) -> None:
    """Payments over 5 % that the price did not feel: hundred times too large, or never paid."""
    at = np.flatnonzero(some & (events.stated > LARGE))
    if not len(at):
        return
    gain = (_price(events, events.stated / 100) - _price(events, events.stated))[at]
    needed = np.where(events.stated[at] > VERY_LARGE, VERY_LARGE_NEEDS, LARGE_NEEDS)
    each = gain >= needed
    persistent = np.where(gain > 1.5, gain, 0.0)
    together = (_sums(persistent, events.symbol[at]) >= LARGE_NEEDS) & (gain > 1.5) & (events.stated[at] > VERY_LARGE)
    wrong = at[each | together]
    hundredth = events.stated[wrong] / 100
    verdicts.truth[wrong] = np.where(hundredth >= TINY, hundredth, 0.0)
    verdicts.fault[wrong] = np.where(hundredth >= TINY, WRONG_SIZE, PHANTOM)


def _judge_unsplit(events: ExDates, some: Mask, split_after: Floats, verdicts: Verdicts) -> None:
    """Payments per share of before a later split, stated beside prices of after it."""
    share = events.stated * np.exp(-split_after)
    at = np.flatnonzero(some & (split_after != 0) & (np.maximum(share, events.stated) > 0.02) & (share < 0.6))
    if not len(at):
        return
    gain = (_score(events, share) - _score(events, events.stated))[at]
    wrong = at[gain >= SPLIT_NEEDS]
    verdicts.truth[wrong] = share[wrong]
    verdicts.fault[wrong] = WRONG_SIZE


def _judge_twins(events: ExDates, some: Mask, verdicts: Verdicts) -> None:
    """Two payments of about one size within days of each other, where the symbol pays seldom: one is a phantom."""
    at = np.flatnonzero(some)
    if len(at) < 2:
        return
    first, second = at[:-1], at[1:]
    days = events.day[second] - events.day[first]
    near = (events.symbol[first] == events.symbol[second]) & (days <= 1.5 * TWIN_SESSIONS)
    alike = np.abs(np.log(events.stated[first] / events.stated[second])) <= np.log(TWIN_SIZE)
    pairs = np.flatnonzero(near & alike)
    none = np.zeros(len(events.place))
    gain = _price(events, events.stated) - _price(events, none)
    for pair in pairs.tolist():
        one, two = int(first[pair]), int(second[pair])
        same = at[events.symbol[at] == events.symbol[one]]
        spacing = np.diff(events.day[same])
        if len(spacing) > 2 and np.median(spacing) < 3 * days[pair]:
            continue
        phantom = one if gain[one] < gain[two] else two
        if verdicts.fault[one] == NONE and verdicts.fault[two] == NONE and min(gain[one], gain[two]) < 1.0:
            verdicts.fault[phantom] = PHANTOM
            verdicts.truth[phantom] = 0.0
            if abs(gain[one] - gain[two]) < TWIN_UNCLEAR:
                verdicts.fault[one + two - phantom] = TWIN


def _fills_hole(events: ExDates, one: int, regular: Mask) -> bool:
    """Say whether a payment, times 100, is of its symbol's usual size and due when one of those is missing."""
    first, end = np.searchsorted(events.symbol, (events.symbol[one], events.symbol[one] + 1))
    others = np.flatnonzero(regular[first:end]) + first
    if len(others) < 2:
        return False
    usual = float(np.median(events.stated[others]))
    if abs(np.log(events.stated[one] * 100 / usual)) > np.log(LIKE_OTHERS):
        return False
    spacing = float(np.percentile(np.diff(events.day[others]), USUAL_SPACING))
    place = int(np.searchsorted(others, one))
    if place in (0, len(others)):
        nearest = others[0] if place == 0 else others[-1]
        return bool(abs(events.day[nearest] - events.day[one]) >= EDGE * spacing)
    return bool(events.day[others[place]] - events.day[others[place - 1]] >= HOLE * spacing)


def felt(events: ExDates, at: npt.NDArray[np.int64], share: Floats) -> Floats:
    """Give how much better the price at events is explained by a payment of a share than by none."""
    whole = np.zeros(len(events.place))
    whole[at] = share
    gain: Floats = (_price(events, whole) - _price(events, np.zeros(len(events.place))))[at]
    return gain
