"""Gates: which events of orders can begin a suspicion, by what rules have in common.

Most orders concern no rule. A rule that says what its suspicions are `OPENED_BY` is shown such events and every event
of the owners it follows, nothing else. Of an owner in a market the shared pass keeps one word for all these rules, a
bit each. A bit that is set may be stale, which costs a look; of an owner that is followed it is never clear.

A gate lets through more than a rule `opens` for, never less: its bound is the loosest of all rules behind it and of
all their parameters.
"""

from typing import Final

import numpy as np

from surveillance.engine.batch import FILL, NEW
from surveillance.engine.kernel import kernel
from surveillance.features.baselines import makes_market

GATES: Final = 8
LARGE, LARGE_APART, LARGE_QUOTE, STACKED, BRIEF, FAST, MANY, MUCH = range(GATES)
"""A displayed new order with a price of at least so many times the usual size; the same from an owner that does not
make a market, and from one that does; a fill against the owner's live orders at so many prices; an order's end at most
so many nanoseconds after its life began; a burst of messages; more orders an execution than that, and more than that
where nothing was executed; more volume ordered than that by volume executed."""
AT_MOST: Final = (BRIEF,)
"""Gates whose bound is an upper one."""
GATE: Final = np.dtype([("bound", "f8"), ("rules", "i8")])
"""The loosest bound, and the rules behind the gate as bits."""


@kernel
def opened(gates, e, c):
    """Give the rules for which an order's event may begin a suspicion, as bits."""
    bits = np.int64(0)
    if e.action == NEW:
        if c.displayed and not c.restated and not np.isnan(e.price):
            if not e.quantity < gates[LARGE].bound * c.usual_quantity:
                bits |= gates[LARGE].rules
            gate = gates[LARGE_QUOTE if makes_market(c) else LARGE_APART]
            if not e.quantity < gate.bound * c.usual_quantity:
                bits |= gate.rules
    elif c.tracked:
        if not c.still_open > 0 and c.ts - c.entered_ts <= gates[BRIEF].bound:
            bits |= gates[BRIEF].rules
        if e.action == FILL and c.stack_levels >= gates[STACKED].bound:
            bits |= gates[STACKED].rules
    if c.burst >= gates[FAST].bound:
        bits |= gates[FAST].rules
    if c.tracked and not c.restated:
        most = gates[MANY].bound
        if c.order_messages > most and c.order_messages > (most + 1.0) * c.executions:
            bits |= gates[MANY].rules
        if c.executed_volume > 0 and c.order_volume > (gates[MUCH].bound + 1.0) * c.executed_volume:
            bits |= gates[MUCH].rules
    return bits
