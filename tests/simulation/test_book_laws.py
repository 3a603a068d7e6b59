"""Promise: the simulated book obeys price-time priority, loses no share, and shows what stands in it."""

from collections import Counter, defaultdict
from collections.abc import Callable

import pyarrow.compute as pc
import pytest
from surveillance.events import MINUTE, SECOND
from surveillance.simulation import Session, Simulated, simulate

from tests.simulation.plain_book import PlainBook


def _replayed(session: Simulated) -> dict[str, PlainBook]:
    books: dict[str, PlainBook] = defaultdict(PlainBook)
    for event in session.events.to_pylist():
        books[event["symbol"]].take(event)
    return books


@pytest.fixture(scope="module")
def short() -> Simulated:
    """Two minutes with scenarios of every kind that trades or cancels."""
    return simulate(Session(seed=21, minutes=6, symbols=2, scenarios={"spoofing": 2, "layering": 2, "wide_spread": 1}))


def test_replay_by_a_plain_book_agrees_with_every_event(short: Simulated) -> None:
    books = _replayed(short)
    for symbol in ("SIM000", "SIM001"):
        book = books[symbol]
        assert book.traded > 0
        assert book.executed == 2 * book.traded
        assert not book.fills, "fills without their trade"
        assert not book.open, "orders that never ended"
        assert book.entered == book.executed + book.cancelled


def test_ids_are_unique_in_a_session(background: Simulated) -> None:
    new = background.events.filter(pc.equal(background.events["action"], "new"))
    trades = background.events.filter(pc.equal(background.events["type"], "trade"))
    for ids in (new["order_id"], trades["trade_id"]):
        assert pc.count_distinct(ids).as_py() == len(ids)


def test_events_are_in_time_order_and_numbered(background: Simulated) -> None:
    times = background.events["ts"].to_numpy()
    assert (times[1:] >= times[:-1]).all()
    assert background.events["seq"].to_pylist() == list(range(1, background.events.num_rows + 1))


def test_session_is_framed_by_its_statuses(background: Simulated) -> None:
    statuses = background.events.filter(pc.equal(background.events["type"], "status")).to_pylist()
    instrument = background.instruments.to_pylist()[0]
    assert [status["state"] for status in statuses] == ["pre_open", "open", "closing", "closed"]
    assert statuses[1]["ts"] == instrument["session_open"]
    assert statuses[2]["ts"] == instrument["session_close"]
    trades = background.events.filter(pc.equal(background.events["type"], "trade"))["ts"]
    assert statuses[1]["ts"] < pc.min(trades).as_py()


def test_background_owners_never_trade_with_themselves(background: Simulated) -> None:
    owners = dict(
        zip(*(background.accounts[name].to_pylist() for name in ("account", "beneficial_owner")), strict=True)
    )
    trades = background.events.filter(pc.equal(background.events["type"], "trade")).to_pylist()
    assert trades
    assert not [trade for trade in trades if owners[trade["buy_account"]] == owners[trade["sell_account"]]]


def _count(session: Simulated, kind: str, value: str) -> int:
    return int(pc.sum(pc.equal(session.events[kind], value)).as_py())


@pytest.mark.parametrize("rate", [3.0, 25.0, 250.0])
def test_rates_and_shares_lie_where_real_markets_do(rate: float) -> None:
    minutes = 20.0 if rate < 25 else 4.0
    session = simulate(Session(seed=31, minutes=minutes, symbols=3, orders_per_second=rate, scenarios={}))
    opens = session.instruments["session_open"][0].as_py()
    in_session = session.events.filter(pc.greater(session.events["ts"], opens))
    entered = int(pc.sum(pc.equal(in_session["action"], "new")).as_py())
    seconds = minutes * MINUTE / SECOND * 3
    assert entered / seconds == pytest.approx(rate, rel=0.1)
    orders = sum(_count(session, "action", action) for action in ("new", "replace", "cancel", "fill"))
    assert 0.02 < _count(session, "action", "fill") / orders < 0.07
    by_user = _count(session, "reason", "user")
    assert 0.85 < by_user / _count(session, "action", "new") < 0.98
    spreads = pc.subtract(session.events["ask_price"], session.events["bid_price"]).drop_null().to_numpy() * 100
    assert spreads.min() > 0.99
    assert 1 <= round(float(sorted(spreads)[len(spreads) // 2])) <= 5


def test_order_sizes_are_round_lots_of_a_heavy_tail(background: Simulated) -> None:
    new = background.events.filter(pc.equal(background.events["action"], "new"))
    sizes = sorted(new["size"].to_pylist())
    assert sizes[len(sizes) // 2] == 200
    assert all(size % 100 == 0 for size in sizes)
    assert sizes[-1] >= 10 * sizes[len(sizes) // 2]


def test_decisions_come_in_bursts(background: Simulated) -> None:
    new = background.events.filter(pc.equal(background.events["action"], "new"))
    new = new.filter(pc.equal(new["symbol"], "SIM000"))
    per_second = Counter(ts // SECOND for ts in new["ts"].to_pylist())
    counts = [count for second, count in sorted(per_second.items())][60:]
    mean = sum(counts) / len(counts)
    assert sum((count - mean) ** 2 for count in counts) / len(counts) > 2 * mean


def test_prices_lie_on_the_tick_grid(background: Simulated) -> None:
    on_grid: Callable[[float], bool] = lambda price: price == round(price * 100) / 100  # noqa: E731
    for column in ("price", "bid_price", "ask_price"):
        assert all(on_grid(price) for price in background.events[column].drop_null().to_pylist())
