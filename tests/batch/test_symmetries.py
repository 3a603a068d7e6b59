"""Promise: to batch rules too names, whole days, the unit of sizes and the side of the market are no evidence."""

from collections.abc import Callable, Iterable
from functools import cache

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from surveillance.alerts import Alert
from surveillance.batch import BATCH_RULES
from surveillance.batch.run import run
from surveillance.events import DAY
from surveillance.parameters import Parameters
from surveillance.reference import Reference

from tests.batch.sessions import SESSIONS, played

ACCOUNTS = ("account", "buy_account", "sell_account")
IDS = ("order_id", "previous_order_id", "buy_order_id", "sell_order_id", "trade_id")
TIMES = ("ts", "since_ts", "received_ts")
SIZES = ("size", "bid_size", "ask_size", "volume")
PRICES = ("price", "bid_price", "ask_price", "open", "high", "low", "close", "vwap")
SWAPPED = (
    ("buy_account", "sell_account"),
    ("buy_order_id", "sell_order_id"),
    ("bid_price", "ask_price"),
    ("bid_size", "ask_size"),
    ("low", "high"),
)
UNIT, MIDDLE = 16.0, 100.0
Told = tuple[object, ...]


def told(alerts: Iterable[Alert]) -> list[Told]:
    """Give what must be the same of alerts: whom and what they are about, when, and how grave it is."""
    return sorted(
        (
            alert.rule,
            alert.symbol,
            alert.severity,
            alert.candidate,
            (alert.start_ts, alert.end_ts, alert.detected_ts),
            tuple(sorted(alert.accounts)),
            tuple(sorted(alert.order_ids)),
            tuple(sorted(alert.trade_ids)),
        )
        for alert in alerts
    )


def changed(events: pa.Table, names: Iterable[str], change: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> pa.Table:
    """Change columns, those of a dictionary as plain ones; a column that is not there stays away."""
    for name in names:
        if name in events.column_names:
            column = events[name]
            plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
            events = events.set_column(events.column_names.index(name), name, change(plain))
    return events


def other(name: str) -> str:
    return f"x{name}"


def renamed_reference(reference: Reference) -> Reference:
    instruments = [msgspec.structs.replace(each, symbol=other(each.symbol)) for each in reference.instruments]
    accounts = [
        msgspec.structs.replace(
            each, account=other(each.account), beneficial_owner=each.beneficial_owner and other(each.beneficial_owner)
        )
        for each in reference.accounts
    ]
    return Reference(instruments=tuple(instruments), accounts=tuple(accounts))


RULES = {rule.ID: rule for rule in BATCH_RULES}


@cache
def _found(pattern: str) -> list[Alert]:
    simulated, reference = played(pattern)
    return run([simulated.events], reference, rules=[RULES[pattern]])


def alerts_of(pattern: str) -> list[Alert]:
    """Give the alerts of a session as it is, to be changed at will."""
    assert pattern in {alert.rule for alert in _found(pattern)}
    return [msgspec.structs.replace(alert) for alert in _found(pattern)]


@pytest.mark.parametrize("pattern", SESSIONS)
def test_names_do_not_matter(pattern: str) -> None:
    simulated, reference = played(pattern)
    plain = alerts_of(pattern)
    for alert in plain:
        alert.symbol = other(alert.symbol)
        alert.accounts = [other(name) for name in alert.accounts]
        alert.order_ids = [other(name) for name in alert.order_ids]
        alert.trade_ids = [other(name) for name in alert.trade_ids]
    renamed = changed(
        simulated.events,
        ("symbol", *ACCOUNTS, *IDS),
        lambda column: pc.binary_join_element_wise("x", column, ""),
    )
    assert told(run([renamed], renamed_reference(reference), rules=[RULES[pattern]])) == told(plain)


@pytest.mark.parametrize("pattern", SESSIONS)
def test_whole_days_do_not_matter(pattern: str) -> None:
    simulated, reference = played(pattern)
    plain = alerts_of(pattern)
    for alert in plain:
        alert.start_ts += 7 * DAY
        alert.end_ts += 7 * DAY
        alert.detected_ts += 7 * DAY
    later = changed(simulated.events, TIMES, lambda column: pc.add(column, 7 * DAY))
    assert told(run([later], reference, rules=[RULES[pattern]])) == told(plain)


@pytest.mark.parametrize("pattern", SESSIONS)
def test_unit_of_sizes_does_not_matter(pattern: str) -> None:
    simulated, reference = played(pattern)
    scaled = changed(simulated.events, SIZES, lambda column: pc.multiply(column, UNIT))
    declared = {rule.ID: rule.PARAMETERS for rule in BATCH_RULES}
    profit = UNIT * Parameters(declared).effective("insider_trading")["min_profit"]  # money is of that unit too
    parameters = Parameters(declared, [{"insider_trading": {"min_profit": profit}}])
    assert told(run([scaled], reference, parameters, [RULES[pattern]])) == told(alerts_of(pattern))


@pytest.mark.parametrize("pattern", SESSIONS)
def test_side_of_the_market_does_not_matter(pattern: str) -> None:
    simulated, reference = played(pattern)
    turned = changed(
        simulated.events,
        ("side", "aggressor"),
        lambda column: pc.if_else(pc.equal(column, "buy"), "sell", pc.if_else(pc.equal(column, "sell"), "buy", column)),
    )
    turned = changed(turned, PRICES, lambda column: pc.divide(MIDDLE * MIDDLE, column))  # returns keep their size
    swaps = dict(SWAPPED) | {after: before for before, after in SWAPPED}
    turned = turned.rename_columns([swaps.get(name, name) for name in turned.column_names])
    assert told(run([turned], reference, rules=[RULES[pattern]])) == told(alerts_of(pattern))
