"""The order flow of a symbol's minutes, counted from what the shared pass tells of a chunk of events."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from surveillance.declared.memory import Minute
from surveillance.events import ACTIONS, MINUTE, TYPES

_ORDER, _TRADE = TYPES["order"], TYPES["trade"]
_CANCEL, _FILL = ACTIONS["cancel"], ACTIONS["fill"]
MOST_BEFORE: Final = 1_000


class Ended(msgspec.Struct):
    """A minute that ended: the place of the event that ended it, its market, its figures by feature."""

    place: int
    market: int
    ts: int
    figures: dict[str, float]
    before: list[int]


def ended(
    contexts: NDArray[Any], events: NDArray[Any], places: NDArray[Any], minute_of: Callable[[int], Minute]
) -> Iterator[Ended]:
    """Count the order, quote and trade events at `places` of a chunk; give the minutes that they end, by market.

    `minute_of` gives the running minute of a market's row. A minute that a session ends is forgotten.
    """
    places = places[contexts["open"][places] != 0]
    if not len(places):
        return
    order = np.argsort(contexts["market"][places], kind="stable")
    places = places[order]
    market, session = contexts["market"][places], contexts["session"][places]
    number = contexts["ts"][places] // MINUTE
    turns = (market[1:] != market[:-1]) | (number[1:] != number[:-1]) | (session[1:] != session[:-1])
    starts = [0, *(np.flatnonzero(turns) + 1).tolist(), len(places)]
    kind, action = events["type"][places], events["action"][places]
    is_order, is_trade = kind == _ORDER, (kind == _TRADE) & (events["correction"][places] == 0)
    message = is_order & (action != _FILL) & (contexts["restated"][places] == 0)
    quantity, side = events["quantity"][places], contexts["side"][places]
    for start, stop in pairwise(starts):
        part = slice(start, stop)
        minute = minute_of(int(market[start]))
        if minute.session != session[start]:
            _begin(minute, int(session[start]), int(number[start]), [])
        elif minute.number != number[start]:
            place, end = int(places[start]), (minute.number + 1) * MINUTE
            yield Ended(place, int(market[start]), end, _figures(minute, contexts[place]), minute.before)
            quiet = min(int(number[start]) - minute.number - 1, MOST_BEFORE)
            known = [*minute.before, minute.messages, *[0] * quiet][-MOST_BEFORE:]
            _begin(minute, int(session[start]), int(number[start]), known)
        minute.messages += int(message[part].sum())
        minute.cancels += int((is_order & (action == _CANCEL))[part].sum())
        minute.fills += int((is_order & (action == _FILL))[part].sum())
        minute.trades += int(is_trade[part].sum())
        for bought in np.flatnonzero(is_trade[part] & (side[part] > 0)):
            minute.bought += float(quantity[start + bought])
        for sold in np.flatnonzero(is_trade[part] & (side[part] < 0)):
            minute.sold += float(quantity[start + sold])


def _begin(minute: Minute, session: int, number: int, before: list[int]) -> None:
    minute.session, minute.number, minute.before = session, number, before
    minute.messages = minute.cancels = minute.fills = minute.trades = 0
    minute.bought = minute.sold = 0.0


def _figures(minute: Minute, context: np.void) -> dict[str, float]:
    bid, ask = float(context["bid"]), float(context["ask"])
    figures = {
        "spread_bp": round((ask - bid) * 2e4 / (ask + bid), 6) if ask + bid else np.nan,
        "messages": float(minute.messages),
        "messages_per_trade": minute.messages / max(minute.trades, 1),
    }
    if minute.cancels + minute.fills:
        figures["cancel_share"] = minute.cancels / (minute.cancels + minute.fills)
    if minute.bought + minute.sold:
        figures["aggressor_imbalance"] = (minute.bought - minute.sold) / (minute.bought + minute.sold)
    return figures
