"""Promise: an order that is filled in decimals ends; what rounding leaves of it shows no price."""

from math import isnan

import pytest
from surveillance.engine import Engine
from surveillance.wire import Decoded, table_of

from tests.rules.market import REFERENCE, Market


@pytest.mark.parametrize(("last", "ended"), [(0.1, True), (0.099999, False)])
def test_order_filled_in_three_tenths_leaves_the_book(last: float, ended: bool) -> None:
    market = Market().new("o", "buy", 100.0, 0.3, "ann")
    for size in (0.1, 0.1, last):
        market.wait(10).fill("o", 100.0, size)
    engine = Engine(reference=REFERENCE)
    state = engine.new_state()
    engine.feed(state, Decoded(table_of(market.events)))
    assert 0.3 - 0.1 - 0.1 - 0.1 != 0
    assert isnan(state.rows["markets"][1]["bid"]) == ended
