"""The ids of an alert's orders, found for all of them at once: a flood's evidence is two hundred orders."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from surveillance.alerts import EVIDENCE_LIMIT
from surveillance.engine import tables
from surveillance.engine.kernel import entry, kernel
from surveillance.engine.memory import address_of, array_at

if TYPE_CHECKING:
    from surveillance.engine.state import State


@kernel
def _newest_before(names, place, end):
    while place >= end:
        place = np.int64(names[place])
    return place


def _collect(state, keys_at, count, end, limit, places_at):
    """Put where each order's names lie into `places`, oldest first, and give how many; with no `places`, only count."""
    s = array_at(state, (2 * tables.STATE_ARRAYS,), np.int64)
    at = 2 * tables.ORDER_ROWS
    orders = array_at(s[at], (s[at + 1],), tables.ORDER)
    order_slots = array_at(s[at + 2], (s[at + 3],), tables.SLOT)
    at = 2 * tables.NAMES_ARRAY
    names = array_at(s[at], (s[at + 1],), np.uint64)
    keys = array_at(keys_at, (count,), np.int64)
    found = 0
    for k in range(count):
        row = tables._find_identity(order_slots, orders, keys[k]) if keys[k] else 0
        if row == 0:
            continue
        newest = _newest_before(names, np.int64(orders[row].name), end)
        chained = 0
        place = newest
        while place and chained < limit:
            chained += 1
            place = np.int64(names[place])
        found += chained
        if places_at:
            places = array_at(places_at, (found,), np.int64)
            place = newest
            for n in range(chained):
                places[found - 1 - n] = place
                place = np.int64(names[place])
    return found


_compiled_collect = entry(_collect, "order_ids", own_files=(__file__,))


def order_ids(state: "State", identities: Sequence[int], end: int) -> list[str]:
    """Give every id that orders went by, of those written before `end`; each id once."""
    names, keys = state.names, np.array(identities, np.int64)
    asked = (state.addresses.address, address_of(keys), len(keys), end, EVIDENCE_LIMIT)
    places = np.zeros(_compiled_collect(*asked, 0), np.int64)
    _compiled_collect(*asked, address_of(places) if len(places) else 0)
    data = names.data.cast("B")
    starts, lengths = (8 * places + 16).tolist(), names[places + 1].tolist()
    found = (str(data[start : start + length], "utf-8") for start, length in zip(starts, lengths, strict=True))
    return list(dict.fromkeys(found))
