"""What is traded: invented equities of one venue, each with its own price, volatility and habits."""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa

VENUE: Final = "XSIM"
CHANNEL: Final = "orders"
CURRENCY: Final = "USD"
LOT_SIZE: Final = 100
USUAL_SIZE: Final = 200
"""The median order size, in shares."""
TICKS_PER_UNIT: Final = 100
TRADING_SECONDS_A_YEAR: Final = 252 * 23_400
IDS_PER_INSTRUMENT: Final = 100_000_000
VOLUME_PER_ORDER: Final = 13.0
"""Shares traded per order entered, as measured; for the average daily volume only."""


class Instrument(msgspec.Struct, frozen=True):
    """One instrument and the constants of its background."""

    symbol: str
    number: int
    opens_at: int
    closes_at: int
    previous_close_ticks: int
    fair_ticks: int
    ticks_per_root_second: float
    orders_per_second: float

    @property
    def tick_size(self) -> float:
        """Price units a tick."""
        return 1 / TICKS_PER_UNIT

    @property
    def lot_size(self) -> int:
        """Shares a round lot."""
        return LOT_SIZE

    @property
    def usual_size(self) -> int:
        """The median size of an order, in shares."""
        return USUAL_SIZE

    @property
    def first_id(self) -> int:
        """The first order and trade id; instruments do not share ids."""
        return (self.number + 1) * IDS_PER_INSTRUMENT

    @property
    def life_scale(self) -> float:
        """How much longer orders live than at 25 orders a second."""
        return float((25.0 / self.orders_per_second) ** 0.7)

    @property
    def impact_ticks(self) -> float:
        """How far one trade moves fair value."""
        return float(0.08 * self.ticks_per_root_second * (25.0 / self.orders_per_second) ** 0.5)

    @property
    def half_spread_ticks(self) -> float:
        """How far from fair value market makers start to quote."""
        return 0.5 + 1.3 * self.ticks_per_root_second

    @property
    def resting_orders(self) -> int:
        """Orders that stand in the book at the open."""
        return int(200 * (self.orders_per_second / 25.0) ** 0.3)


def make_instruments(
    chance: np.random.Generator, count: int, opens_at: int, closes_at: int, orders_per_second: float
) -> list[Instrument]:
    """Draw instruments of 20 to 200 a share and 18 to 40 % volatility a year."""
    instruments = []
    for number in range(count):
        price_ticks = float(np.exp(chance.uniform(np.log(20.0), np.log(200.0)))) * TICKS_PER_UNIT
        volatility = chance.uniform(0.18, 0.40)
        overnight = chance.normal(0.0, 0.004)
        instruments.append(
            Instrument(
                symbol=f"SIM{number:03d}",
                number=number,
                opens_at=opens_at,
                closes_at=closes_at,
                previous_close_ticks=round(price_ticks),
                fair_ticks=round(price_ticks * (1.0 + overnight)),
                ticks_per_root_second=float(price_ticks * volatility / np.sqrt(TRADING_SECONDS_A_YEAR)),
                orders_per_second=orders_per_second,
            )
        )
    return instruments


def instrument_table(instruments: list[Instrument], closes: Mapping[int, float]) -> pa.Table:
    """Give the instruments table of the reference data; `closes` are previous closes that scenarios chose."""
    return pa.table(
        {
            "symbol": [each.symbol for each in instruments],
            "tick_size": [each.tick_size for each in instruments],
            "lot_size": [each.lot_size for each in instruments],
            "currency": [CURRENCY] * len(instruments),
            "venue": [VENUE] * len(instruments),
            "asset_class": ["equity"] * len(instruments),
            "timezone": ["UTC"] * len(instruments),
            "session_open": pa.array([each.opens_at for each in instruments], pa.int64()),
            "session_close": pa.array([each.closes_at for each in instruments], pa.int64()),
            "previous_close": [
                closes.get(each.number, each.previous_close_ticks / TICKS_PER_UNIT) for each in instruments
            ],
            "average_daily_volume": [round(each.orders_per_second * VOLUME_PER_ORDER * 23_400) for each in instruments],
        }
    )
