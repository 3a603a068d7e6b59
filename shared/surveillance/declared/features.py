"""What a declared condition can be about: figures of a symbol's closed bars, and of the order flow of its minutes."""

from typing import Final

import msgspec

BARS, FLOW = "bars", "flow"


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """A published figure. `source` says when it is known: when a bar closes, or when a minute of open trading ends."""

    name: str
    source: str
    unit: str
    minimum: float
    maximum: float
    tier: int
    needs: tuple[str, ...]
    title: str
    meaning: str
    over: bool = False
    """It spans time: `over_s` says how much, a bar's length if it is not given."""
    before: bool = False
    """It is told in multiples of the mean of those before: `before` says how many."""


def _bars(name: str, unit: str, title: str, meaning: str, minimum: float = 0, **more: bool) -> Feature:
    needs = ("trade", "bar")
    return Feature(
        name=name, source=BARS, unit=unit, minimum=minimum, maximum=1e15, tier=0, needs=needs, title=title,
        meaning=meaning, **more,
    )  # fmt: skip


def _flow(
    name: str, unit: str, title: str, meaning: str, tier: int, needs: tuple[str, ...], span: tuple[float, float]
) -> Feature:
    return Feature(
        name=name, source=FLOW, unit=unit, minimum=span[0], maximum=span[1], tier=tier, needs=needs, title=title,
        meaning=meaning, before=name == "message_multiple",
    )  # fmt: skip


_ANY, _ORDER, _TRADE = (0.0, 1e9), ("order",), ("trade",)
FEATURES: Final = {
    each.name: each
    for each in (
        _bars("price_change_bp", "bp", "price change", "close against the close `over_s` before", -1e6, over=True),
        _bars("price_move_bp", "bp", "price move", "the same without its sign", over=True),
        _bars("price_range_bp", "bp", "price range", "highest less lowest of the last `over_s`", over=True),
        _bars("volume", "units", "volume", "traded in the bar"),
        _bars("volume_multiple", "× mean of bars before", "volume", "over the mean of the `before` bars", before=True),
        _bars("money", "currency units", "value traded", "in the bar"),
        _bars("trade_count", "trades", "number of trades", "in the bar"),
        _flow("spread_bp", "bp of the mid", "spread", "at the end of the minute", 0, ("order", "quote"), (-1e4, 2e4)),
        _flow("messages", "messages a minute", "number of order messages", "new, replace and cancel", 1, _ORDER, _ANY),
        _flow("message_multiple", "× mean of minutes before", "number of order messages",
              "over the mean of the `before` minutes before it", 1, _ORDER, _ANY),
        _flow("cancel_share", "share", "share of cancels", "cancels over cancels and fills", 1, _ORDER, (0, 1)),
        _flow("messages_per_trade", "messages", "number of order messages for each trade",
              "without a trade as many as there are messages", 1, _ORDER, _ANY),
        _flow("aggressor_imbalance", "share", "aggressors' imbalance",
              "volume bought less sold by aggressors, of both; known where the feed names them", 0, _TRADE, (-1, 1)),
    )
}  # fmt: skip
