"""Earlier days of an instrument, as five-minute bars, for patterns that need longer history than the session."""

from typing import Any, Final

import numpy as np

from surveillance.events import DAY, MINUTE
from surveillance.simulation.instruments import VENUE, VOLUME_PER_ORDER, Instrument

BAR_NS: Final = 5 * MINUTE
BARS_A_DAY: Final = 78
VOLUME_SPREAD: Final = 0.25
"""Log-normal, of the volume of a bar."""


def bars_before(instrument: Instrument, days: int, chance: np.random.Generator) -> list[dict[str, Any]]:
    """Give the bars of so many days before the session, the last of which closes at the previous close."""
    count = days * BARS_A_DAY
    if count == 0:
        return []
    step = instrument.ticks_per_root_second * (BAR_NS / 1e9) ** 0.5
    moves = chance.normal(0.0, step, count)
    closes = instrument.previous_close_ticks - np.concatenate([np.cumsum(moves[:0:-1])[::-1], [0.0]])
    opens = np.concatenate([[closes[0] - moves[0]], closes[:-1]])
    beyond = np.abs(chance.normal(0.0, 0.5 * step, (2, count)))
    highs, lows = np.maximum(opens, closes) + beyond[0], np.minimum(opens, closes) - beyond[1]
    usual = instrument.orders_per_second * VOLUME_PER_ORDER * BAR_NS / 1e9
    volumes = np.round(usual * chance.lognormal(0.0, VOLUME_SPREAD, count) / instrument.lot_size) * instrument.lot_size
    prices = [np.maximum(np.round(ticks), 1) * instrument.tick_size for ticks in (opens, highs, lows, closes)]
    return [
        {
            "type": "bar",
            "symbol": instrument.symbol,
            "ts": instrument.opens_at - (days - number // BARS_A_DAY) * DAY + (number % BARS_A_DAY + 1) * BAR_NS,
            "venue": VENUE,
            "interval": "5m",
            "open": float(prices[0][number]),
            "high": float(prices[1][number]),
            "low": float(prices[2][number]),
            "close": float(prices[3][number]),
            "volume": float(volumes[number]),
        }
        for number in range(count)
    ]
