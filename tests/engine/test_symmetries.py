"""Promise: names, whole days, the unit of sizes and the side of the market are no evidence.

Each rule's own scene, hidden in noise, is told in other names, a week later, in a sixteenth of the unit, or mirrored:
the same alerts come of it, about the same orders, as severe. Amounts of money in parameters are of the same unit.
"""

from collections.abc import Callable, Iterable

import msgspec
import pytest
from surveillance.alerts import Alert
from surveillance.engine import Engine
from surveillance.events import DAY
from surveillance.parameters import Parameters
from surveillance.reference import Reference
from surveillance.rules import RULES

from tests.engine.runs import Event, run
from tests.engine.test_laws import DEFAULTS, SCENE_ENGINE, scene
from tests.rules.market import REFERENCE

NAMES = [rule.ID for rule in RULES]
TIMES = ("ts", "since_ts", "received_ts")
SIZES = ("size", "bid_size", "ask_size", "volume")
ACCOUNTS = ("account", "buy_account", "sell_account")
IDS = ("order_id", "previous_order_id", "buy_order_id", "sell_order_id", "trade_id")
SIDES = {"buy": "sell", "sell": "buy"}
MIDDLE = 100.0
"""Prices are mirrored at the scenes' previous close, so that what is measured in its shares stays the same."""
Told = tuple[object, ...]


def told(alerts: Iterable[Alert]) -> set[Told]:
    """Give what must be the same of alerts: whom and what they are about, when, and how grave it is."""
    return {
        (
            alert.rule,
            alert.symbol,
            alert.severity,
            alert.candidate,
            (alert.start_ts, alert.end_ts, alert.detected_ts),
            tuple(alert.accounts),
            tuple(alert.order_ids),
            tuple(alert.trade_ids),
        )
        for alert in alerts
    }


def changed(events: list[Event], change: Callable[[str, object], object]) -> list[Event]:
    return [{name: change(name, value) for name, value in event.items()} for event in events]


def other(name: str) -> str:
    return name if name == "*" else f"x{name}"


def renamed(name: str, value: object) -> object:
    return other(str(value)) if name in ("symbol", *ACCOUNTS, *IDS) else value


def renamed_reference() -> Reference:
    instruments = [msgspec.structs.replace(each, symbol=other(each.symbol)) for each in REFERENCE.instruments]
    accounts = [
        msgspec.structs.replace(
            each, account=other(each.account), beneficial_owner=each.beneficial_owner and other(each.beneficial_owner)
        )
        for each in REFERENCE.accounts
    ]
    return Reference(instruments=tuple(instruments), accounts=tuple(accounts))


RENAMED_ENGINE = Engine(DEFAULTS, renamed_reference())
UNIT = 16.0
MONEY = {"abnormal_volume": {"min_money": UNIT * DEFAULTS.effective("abnormal_volume")["min_money"]}}
"""A floor in money is one of sizes too."""
SCALED_ENGINE = Engine(Parameters({rule.ID: rule.PARAMETERS for rule in RULES}, [MONEY]), REFERENCE)
ONE_SIDED = ("pump_and_dump",)
"""By definition: who drives a price down and buys does something else."""


@pytest.mark.parametrize("rule", NAMES)
def test_names_do_not_matter(rule: str) -> None:
    events = scene(rule)
    plain = run(SCENE_ENGINE, events)
    assert rule in {alert.rule for alert in plain}
    for alert in plain:
        alert.symbol = other(alert.symbol)
        alert.accounts = [other(name) for name in alert.accounts]
        alert.order_ids = [other(name) for name in alert.order_ids]
        alert.trade_ids = [other(name) for name in alert.trade_ids]
    assert told(run(RENAMED_ENGINE, changed(events, renamed))) == told(plain)


@pytest.mark.parametrize("rule", NAMES)
def test_whole_days_do_not_matter(rule: str) -> None:
    events = scene(rule)
    plain = run(SCENE_ENGINE, events)
    assert rule in {alert.rule for alert in plain}
    for alert in plain:
        alert.start_ts += 7 * DAY
        alert.end_ts += 7 * DAY
        alert.detected_ts += 7 * DAY
    later = changed(events, lambda name, value: value + 7 * DAY if name in TIMES else value)  # type: ignore[operator]
    assert told(run(SCENE_ENGINE, later)) == told(plain)


@pytest.mark.parametrize("rule", NAMES)
def test_unit_of_sizes_does_not_matter(rule: str) -> None:
    events = scene(rule)
    plain = run(SCENE_ENGINE, events)
    assert rule in {alert.rule for alert in plain}
    scaled = changed(events, lambda name, value: value * UNIT if name in SIZES and value else value)  # type: ignore[operator]
    assert told(run(SCALED_ENGINE, scaled)) == told(plain)


def mirrored(event: Event) -> Event:
    """Let who bought sell, at prices mirrored at the middle."""
    turned = dict(event)
    for name in ("side", "aggressor"):
        if event.get(name):
            turned[name] = SIDES[event[name]]
    swapped = [("buy_account", "sell_account"), ("buy_order_id", "sell_order_id"), ("bid_size", "ask_size")]
    swapped += [("bid_price", "ask_price"), ("low", "high")]
    for one, another in swapped:
        for name in (one, another):
            turned.pop(name, None)
        if one in event:
            turned[another] = event[one]
        if another in event:
            turned[one] = event[another]
    for name in ("price", "bid_price", "ask_price", "open", "high", "low", "close", "vwap"):
        if turned.get(name) is not None:
            turned[name] = 2 * MIDDLE - turned[name]
    return turned


@pytest.mark.parametrize("rule", NAMES)
def test_side_of_the_market_does_not_matter(rule: str) -> None:
    events = scene(rule)
    plain = run(SCENE_ENGINE, events)
    assert rule in {alert.rule for alert in plain}
    expected = told(alert for alert in plain if alert.rule not in ONE_SIDED)
    assert told(run(SCENE_ENGINE, [mirrored(event) for event in events])) == expected
