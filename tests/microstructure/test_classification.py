"""Trade directions agree with tclf's, trade by trade, and on a recorded day with the truth as often as documented.

tclf compares prices with a tolerance of 1e-4 and 1e-5 of the price; prices are handed to it in ticks from the day's
first, so that it compares exactly. Where a quote is crossed or one-sided, tclf's EMO tells nothing, nor its CLNV in a
locked market whenever rounding has it so; ours fall back on the tick rule. Its rules are called by themselves: its
`fit` needs a function that scikit-learn no longer has.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surveillance.microstructure import clnv, emo, lee_ready, met, quote_rule, quotes_before, tick_rule
from surveillance.microstructure.accuracy import accuracies
from tclf.classical_classifier import ClassicalClassifier

from tests.microstructure.flow import TICK, made
from tests.microstructure.recorded import executions

OURS: dict[str, Callable[..., np.ndarray]] = {
    "tick": lambda price, bid, ask: tick_rule(price),
    "quote": quote_rule,
    "lr": lee_ready,
    "emo": emo,
    "clnv": clnv,
}


def theirs(rule: str, price: np.ndarray, bid: np.ndarray, ask: np.ndarray) -> np.ndarray:
    last: float = np.nan
    different = []
    for now, before in zip(price, [np.nan, *price[:-1]], strict=True):
        last = before if now != before else last
        different.append(last)
    frame = pd.DataFrame({"trade_price": price, "price_all_lag": different, "bid_all": bid, "ask_all": ask})
    judge = ClassicalClassifier([(rule, "all")], strategy="const")
    judge.X_ = frame
    return np.nan_to_num(getattr(judge, f"_{rule}")("all"))


@pytest.mark.parametrize("rule", OURS)
@pytest.mark.parametrize("seed", range(3))
def test_generated_directions_are_those_of_tclf(rule: str, seed: int) -> None:
    trades, quotes = made(3000, 4000, seed, minutes=60)
    before = quotes_before(trades.ts, quotes.ts)
    bid, ask = met(quotes.bid, before), met(quotes.ask, before)
    prices = [(each / TICK - 6400.0) * 1000.0 for each in (trades.price, bid, ask)]
    ours, found = OURS[rule](*prices), theirs(rule, *prices)
    judged = {"emo": bid <= ask, "clnv": bid != ask}.get(rule, np.full(len(ours), True))
    assert judged.mean() > 0.8
    np.testing.assert_array_equal(ours[judged], found[judged])
    assert np.isin(ours, (-1, 1)).mean() > 0.5
    assert set(np.unique(found[~judged])) <= {-1.0, 0.0, 1.0}


@pytest.mark.parametrize("rule", OURS)
def test_recorded_directions_are_those_of_tclf(rule: str) -> None:
    trades, quotes, before, _ = executions()
    bid, ask = met(quotes.bid, before), met(quotes.ask, before)
    exactly = [np.round(each * 1e4) - np.round(trades.price[0] * 1e4) for each in (trades.price, bid, ask)]
    exactly = [each * 1024.0 for each in exactly]
    ours, found = OURS[rule](*exactly), theirs(rule, *exactly)
    assert (bid <= ask).mean() > 0.999
    np.testing.assert_array_equal(ours, found)


def test_recorded_accuracy_is_the_documented_one() -> None:
    told = {row["rule"]: row for row in accuracies(executions())}
    assert told["lee_ready"]["trades"] == 34_990
    shares = {rule: round(row["right"] / row["trades"], 4) for rule, row in told.items()}
    assert shares == {"tick": 0.8679, "quote": 0.9462, "lee_ready": 0.9533, "emo": 0.9326, "clnv": 0.9557}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(OURS)))
def test_mirrored_prices_mirror_the_direction(seed: int, rule: str) -> None:
    trades, quotes = made(60, 90, seed)
    before = quotes_before(trades.ts, quotes.ts)
    bid, ask = met(quotes.bid, before), met(quotes.ask, before)
    level = 16_384.0
    if rule == "clnv":  # 0.7 and 0.3 are not exact, so ends of the 30 % may round either way
        off = np.isclose(np.abs(trades.price - 0.5 * (bid + ask)), 0.2 * (ask - bid))
    else:
        off = np.zeros(60, bool)
    mirrored = OURS[rule](level - trades.price, level - ask, level - bid)
    np.testing.assert_array_equal(mirrored[~off], -OURS[rule](trades.price, bid, ask)[~off])


def test_at_the_mid_and_in_a_locked_market_the_tick_rule_judges() -> None:
    price = np.array([10.0, 10.5, 10.5, 10.5])
    bid, ask = np.array([10.0, 10.0, 10.5, np.nan]), np.array([11.0, 11.0, 10.5, 11.0])
    assert lee_ready(price, bid, ask).tolist() == [-1, 1, 1, 1]
    assert emo(price, bid, ask).tolist() == [-1, 1, 1, 1]
    assert quote_rule(price, bid, ask).tolist() == [-1, 0, 0, 0]
    assert tick_rule(price).tolist() == [0, 1, 1, 1]


def test_clnv_judges_by_the_quote_up_to_thirty_percent_and_by_the_tick_beyond() -> None:
    bid, ask = np.full(4, 0.0), np.full(4, 10.0)
    price = np.array([20.0, 7.0, 6.999, 3.0])
    assert clnv(price, bid, ask).tolist() == [0, 1, -1, -1]
    price = np.array([1.0, 3.0, 3.001, 10.0])
    assert clnv(price, bid, ask).tolist() == [-1, -1, 1, 1]
