"""The one pass gives what the plain functions give one after the other, and keeps the laws of its figures."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surveillance.errors import InputError
from surveillance.events import MINUTE, SECOND
from surveillance.microstructure import Minutes, Quotes, Trades, measure
from surveillance.microstructure.walk import BLOCK

from tests.microstructure.composition import RULES, composed
from tests.microstructure.flow import BEGIN, made, sessions

HORIZONS = (SECOND, 5 * SECOND, MINUTE)


def same(pass_: Minutes, plain: dict[str, np.ndarray]) -> None:
    assert set(plain) == set(Minutes._fields)
    for name, values in pass_._asdict().items():
        scale = 1e-9 * np.nanmax(np.abs(plain[name]), initial=1.0)
        np.testing.assert_allclose(values, plain[name], rtol=1e-9, atol=scale, err_msg=name)


@settings(max_examples=50, deadline=None)
@given(
    sessions,
    st.sampled_from(sorted(RULES)),
    st.sampled_from((MINUTE, 10 * SECOND)),
    st.integers(0, 3 * MINUTE),
    st.booleans(),
)
def test_pass_equals_the_plain_functions(
    session: tuple[Trades, Quotes], rule: Any, width: int, more: int, knows: bool
) -> None:
    trades, quotes = session
    if knows:
        trades = trades._replace(direction=(np.arange(len(trades.ts)) % 3 - 1).astype(np.int8))
    until = int(max(trades.ts.max(initial=BEGIN), quotes.ts.max(initial=BEGIN))) + more
    found = measure(trades, quotes, horizons_ns=HORIZONS, rule=rule, width_ns=width, until=until)
    same(found, composed(trades, quotes, horizons_ns=HORIZONS, rule=rule, width_ns=width, until=until))


@pytest.mark.parametrize("quotes", [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_blocks_of_quotes_leave_no_seam(quotes: int) -> None:
    trades, shown = made(quotes // 3, quotes, seed=quotes, minutes=20)
    until = int(max(trades.ts[-1], shown.ts[-1]))
    found = measure(trades, shown, horizons_ns=HORIZONS)
    same(found, composed(trades, shown, horizons_ns=HORIZONS, rule="lee_ready", width_ns=MINUTE, until=until))


@settings(max_examples=30, deadline=None)
@given(sessions, st.integers(0, 2**32 - 1))
def test_order_of_the_feed_equals_the_plain_functions(session: tuple[Trades, Quotes], seed: int) -> None:
    trades, quotes = session
    strictly = np.searchsorted(quotes.ts, trades.ts, "left")
    through = np.searchsorted(quotes.ts, trades.ts, "right")
    drawn = np.random.default_rng(seed).integers(strictly, through + 1)
    before = np.maximum.accumulate(drawn) if len(drawn) else drawn
    until = int(max(trades.ts.max(initial=BEGIN), quotes.ts.max(initial=BEGIN)))
    found = measure(trades, quotes, horizons_ns=HORIZONS, until=until, quotes_before=before)
    plain = composed(
        trades, quotes, horizons_ns=HORIZONS, rule="lee_ready", width_ns=MINUTE, until=until, before=before
    )
    same(found, plain)


@settings(max_examples=30, deadline=None)
@given(sessions, st.integers(0, 8))
def test_rows_from_a_later_start_are_those_of_the_whole(session: tuple[Trades, Quotes], minutes: int) -> None:
    trades, quotes = session
    until = BEGIN + 9 * MINUTE
    whole = measure(trades, quotes, horizons_ns=HORIZONS, since=BEGIN, until=until)
    later = measure(trades, quotes, horizons_ns=HORIZONS, since=BEGIN + minutes * MINUTE, until=until)
    for name in Minutes._fields:
        np.testing.assert_array_equal(getattr(later, name), getattr(whole, name)[minutes:], err_msg=name)


@settings(max_examples=30, deadline=None)
@given(sessions)
def test_effective_is_realised_and_impact_on_every_row(session: tuple[Trades, Quotes]) -> None:
    trades, quotes = session
    found = measure(trades, quotes, horizons_ns=HORIZONS, until=BEGIN + 12 * MINUTE)
    for bp in ("", "_bp"):
        effective = getattr(found, f"effective_spread{bp}")[:, None] + np.zeros(len(HORIZONS))
        parts = getattr(found, f"realised_spread{bp}") + getattr(found, f"price_impact{bp}")
        np.testing.assert_allclose(parts, effective, rtol=1e-9, atol=1e-12)  # nan only where nan


@settings(max_examples=30, deadline=None)
@given(sessions)
def test_mirroring_buyers_and_sellers_mirrors_the_figures(session: tuple[Trades, Quotes]) -> None:
    trades, quotes = session
    level = 16_384.0
    found = measure(trades, quotes, horizons_ns=HORIZONS)
    mirrored = measure(
        trades._replace(price=level - trades.price),
        Quotes(quotes.ts, level - quotes.ask, quotes.ask_size, level - quotes.bid, quotes.bid_size),
        horizons_ns=HORIZONS,
    )
    for one, other, sign in (
        ("effective_spread", "effective_spread", 1), ("realised_spread", "realised_spread", 1),
        ("price_impact", "price_impact", 1), ("quoted_spread", "quoted_spread", 1),
        ("buy_volume", "sell_volume", 1), ("bid_depth", "ask_depth", 1), ("imbalance", "imbalance", -1),
        ("order_flow", "order_flow", -1), ("unsigned", "unsigned", 1), ("matched", "matched", 1),
    ):  # fmt: skip
        np.testing.assert_allclose(getattr(mirrored, one), sign * getattr(found, other), rtol=1e-9, err_msg=one)


PRICED = (
    "notional", "vwap", "open", "high", "low", "close", "effective_spread", "realised_spread", "price_impact",
    "quoted_spread", "mid",
)  # fmt: skip
SIZED = ("volume", "notional", "buy_volume", "sell_volume", "bid_depth", "ask_depth", "order_flow")


@settings(max_examples=30, deadline=None)
@given(sessions, st.sampled_from((0.25, 8.0)), st.sampled_from((0.5, 16.0)), st.integers(-(10**6), 10**6))
def test_scales_and_the_clock_s_zero_do_not_matter(
    session: tuple[Trades, Quotes], by_price: float, by_size: float, minutes: int
) -> None:
    trades, quotes = session
    shift = minutes * MINUTE
    found = measure(trades, quotes, horizons_ns=HORIZONS)
    scaled = measure(
        Trades(trades.ts + shift, trades.price * by_price, trades.size * by_size),
        Quotes(
            quotes.ts + shift, quotes.bid * by_price, quotes.bid_size * by_size, quotes.ask * by_price,
            quotes.ask_size * by_size,
        ),
        horizons_ns=HORIZONS,
    )  # fmt: skip
    for name in Minutes._fields:
        scale = (by_price if name in PRICED else 1.0) * (by_size if name in SIZED else 1.0)
        wanted = getattr(found, name) + (shift if name == "ts" and len(trades.ts) + len(quotes.ts) else 0)
        np.testing.assert_array_equal(getattr(scaled, name), wanted * scale, err_msg=name)


def test_unknown_sizes_leave_depth_undefined_and_spreads_known() -> None:
    trades, quotes = made(20, 90, seed=1, faults=False)
    unknown = np.full(len(quotes.ts), np.nan)
    found = measure(trades, quotes._replace(bid_size=unknown, ask_size=unknown))
    sized = measure(trades, quotes)
    assert np.isnan(found.bid_depth).all()
    assert np.isnan(found.imbalance).all()
    np.testing.assert_array_equal(found.quoted_spread, sized.quoted_spread)
    np.testing.assert_array_equal(found.effective_spread, sized.effective_spread)


def test_a_trade_at_the_time_of_a_quote_meets_the_one_before() -> None:
    quotes = Quotes(*(np.array(each) for each in ([BEGIN, BEGIN + 5], [10.0, 20.0], [1, 1], [11.0, 21.0], [1, 1])))
    trades = Trades(np.array([BEGIN, BEGIN + 5, BEGIN + 6]), np.array([10.5, 11.0, 21.0]), np.ones(3))
    found = measure(trades, quotes, horizons_ns=(1,))
    assert found.unquoted.tolist() == [1]
    assert found.effective_spread[0] == pytest.approx((2 * 0.5 + 2 * 0.5) / 2)


def test_no_mid_is_known_after_the_end() -> None:
    quotes = Quotes(*(np.array(each) for each in ([BEGIN], [10.0], [1.0], [11.0], [1.0])))
    trades = Trades(np.array([BEGIN + 5]), np.array([11.0]), np.ones(1))
    at_the_end = measure(trades, quotes, horizons_ns=(SECOND,), until=BEGIN + 5 + SECOND)
    past_it = measure(trades, quotes, horizons_ns=(SECOND,), until=BEGIN + 4 + SECOND)
    assert at_the_end.realised_spread.tolist() == [[1.0]]
    assert past_it.matched.tolist() == [[0]]
    assert np.isnan(past_it.realised_spread).all()
    assert past_it.effective_spread.tolist() == [1.0]


def test_a_table_has_a_column_a_figure_and_null_for_undefined() -> None:
    trades, quotes = made(30, 200, seed=4)
    table = measure(trades, quotes).table()
    assert {"realised_spread_5s", "price_impact_bp_300s", "matched_60s"} <= set(table.column_names)
    assert table["realised_spread_300s"].null_count > 0
    assert not any(np.isnan(table[name].drop_null().to_numpy()).any() for name in table.column_names)


def test_nothing_gives_no_figures() -> None:
    nothing = np.zeros(0)
    found = measure(Trades(nothing, nothing, nothing), Quotes(nothing, nothing, nothing, nothing, nothing), since=BEGIN)
    assert found.trades.tolist() == [0]
    assert np.isnan(found.vwap).all()


BAD: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("times of quotes go back at quote 2", {}, {"ts": [1, 3, 2]}, {}),
    ("times of trades go back at trade 1", {"ts": [2, 1]}, {}, {}),
    ("size is below 0 at quote 1", {}, {"ask_size": [1, -1, 1]}, {}),
    ("price is infinite at quote 0", {}, {"bid": [np.inf, 1, 1]}, {}),
    ("size is not above 0 at trade 0", {"size": [0, 1]}, {}, {}),
    ("size is not above 0 at trade 1", {"size": [1, np.nan]}, {}, {}),
    ("price is not finite at trade 1", {"price": [1, np.nan]}, {}, {}),
    ("differ in length: times 2, prices 3", {"price": [1, 2, 3]}, {}, {}),
    ("differ in length", {}, {"ask": [1.0]}, {}),
    ("no list of integers", {"ts": [1.5, 2.5]}, {}, {}),
    ("contradict the order of the feed at trade 0", {}, {}, {"quotes_before": [3, 3]}),
    ("after `until`", {}, {}, {"until": 2}),
    ("rows; at most", {"ts": [1, 2**61]}, {}, {}),
    ("a rule of", {}, {}, {"rule": "coin"}),
    ("above 0 are needed", {}, {}, {"horizons_ns": (0,)}),
]


@pytest.mark.parametrize(("said", "trade", "quote", "more"), BAD, ids=[each[0] for each in BAD])
def test_bad_input_is_refused_in_a_sentence(
    said: str, trade: dict[str, Any], quote: dict[str, Any], more: dict[str, Any]
) -> None:
    trades = Trades(np.array([1, 2]), np.array([1.0, 1.0]), np.array([1.0, 1.0]))._replace(**trade)
    quotes = Quotes(np.array([1, 2, 3]), *(np.ones(3) for _ in range(4)))._replace(**quote)
    with pytest.raises(InputError, match=said) as raised:
        measure(trades, quotes, **more)
    assert str(raised.value).endswith(".")
