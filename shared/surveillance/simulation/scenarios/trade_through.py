"""Trade-through: another venue reports trades at prices worse than the simulated one has been showing.

Start values: rules.md, `trade_through`: shown for a second; how much worse is not said there, 3 bp and a tick at least.
"""

from math import ceil

import numpy as np

from surveillance.events import SECOND
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage
from surveillance.simulation.venues import Row, Tape, follow, printed

WORSE = 0.0003
SHOWN_NS = 1 * SECOND
BEFORE_NS, AFTER_NS = 20 * SECOND, 5 * SECOND
PRINTS = (1, 4)
EVERY_NS = 400 * MILLISECOND


def _print_worse(stage: Stage, worse: float, conditions: tuple[str, ...] = ()) -> None:
    side = stage.side()
    count = int(stage.chance.integers(*PRINTS))
    times = [stage.start + number * EVERY_NS for number in range(count)]
    size = stage.instrument.lot_size * float(stage.chance.integers(1, 4))

    def later(tape: Tape) -> list[Row]:
        rows = follow(tape, stage.start - BEFORE_NS, times[-1] + AFTER_NS)
        for number, ts in enumerate(times):
            bids, asks = tape.quoted(ts - 3 * SHOWN_NS, ts)
            ticks = max(1, ceil(worse * float(bids[-1])))
            price = int(asks.max()) + ticks if side > 0 else int(bids.min()) - ticks
            rows.append(printed(tape, ts, price, size, stage.trade_id(number), conditions))
        return rows

    stage.later.append(later)
    stage.lasts_until(times[-1])


def trade_through(stage: Stage) -> None:
    """The pattern."""
    _print_worse(stage, stage.larger(WORSE))


def sweep_through(stage: Stage) -> None:
    """All but the duty: the prints are parts of an intermarket sweep."""
    _print_worse(stage, WORSE, ("intermarket_sweep",))


def trade_through_a_flicker(stage: Stage) -> None:
    """All but shown for a second: the better price is a fifth of a second old."""
    size = float(stage.instrument.lot_size)

    def later(tape: Tape) -> list[Row]:
        rows = follow(tape, stage.start - BEFORE_NS, stage.start + 40 * SECOND)
        first, last = np.searchsorted(tape.quote_ts, [stage.start, stage.start + 30 * SECOND])
        for place in range(int(first) + 1, int(last)):
            ts = int(tape.quote_ts[place]) + SHOWN_NS // 5
            before = tape.quoted(ts - 3 * SHOWN_NS, int(tape.quote_ts[place]) - 1)[0]
            since = tape.quoted(int(tape.quote_ts[place]), ts)[0]
            if len(before) and len(since) and before.min() == before.max() < since.min():
                return [*rows, printed(tape, ts, int(before.min()), size, stage.trade_id())]
        return rows

    stage.later.append(later)
    stage.lasts_until(stage.start + 31 * SECOND)


SCENARIOS = (
    Scenario("trade_through", ALERT, trade_through, 3 * SECOND, names_orders=False),
    Scenario("trade_through_by_sweep", QUIET, sweep_through, 3 * SECOND, names_orders=False),
    Scenario("trade_through_flickering", QUIET, trade_through_a_flicker, 32 * SECOND, names_orders=False),
)
