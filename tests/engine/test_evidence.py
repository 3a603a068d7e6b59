"""Promise: evidence names an order by every id it went by, oldest first, none of them written later."""

from surveillance.engine import Engine
from surveillance.engine.evidence import order_ids
from surveillance.engine.tables import NAME_WORDS, ORDERS, texts

from tests.engine.runs import decoded
from tests.strategies import START, adversarial


def test_ids_are_those_the_names_tell_one_by_one() -> None:
    engine = Engine()
    state = engine.new_state()
    engine.feed(state, decoded(adversarial(21, 3000)))
    orders = state.rows["orders"][1 : int(state.used[ORDERS])]
    assert sum(len(texts(state.names, int(order["name"]), 200)) > 1 for order in orders) > 10  # some went by several
    for end in (2**62, int(state.used[NAME_WORDS]) // 2):
        identities = [int(order["identity"]) for order in orders]
        found = dict.fromkeys(name for order in orders for name in texts(state.names, int(order["name"]), 200, end))
        assert order_ids(state, identities, end) == list(found)
    assert order_ids(state, [], 2**62) == []
    assert order_ids(state, [0, 123_456_789], 2**62) == []


def test_renamed_order_is_told_by_both_ids_in_order() -> None:
    engine = Engine()
    state = engine.new_state()
    new = {"type": "order", "symbol": "AAA", "ts": START, "action": "new", "order_id": "first order of many words"}
    new |= {"side": "buy", "price": 10.0, "size": 5.0}
    again = {"type": "order", "symbol": "AAA", "ts": START + 1, "action": "replace", "order_id": "é2", "size": 4.0}
    engine.feed(state, decoded([new, again | {"previous_order_id": new["order_id"]}]))
    identity = int(state.rows["orders"][1]["identity"])
    assert order_ids(state, [identity, identity], 2**62) == ["first order of many words", "é2"]
