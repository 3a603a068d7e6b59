"""The figures of a whole minute in words, for the rules that look at them."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.tables import MINUTE_FIGURES
from surveillance.events import DAY, MINUTE, SECOND
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount

FIGURES: Final = len(MINUTE_FIGURES)
CLIP: Final = 8.0
"""Standard deviations beyond which models tell no difference; what lies below the usual is to them as usual."""
WARM_UP_MINUTES: Final = 20
CLOSING: Final = Parameter("closing_s", 600, "s", 0, 3600, "before the close, where trading gathers: low severity")
LEARNT: Final = 10
"""Minutes of a session from which on its figures can be told from the usual."""
KINDS: Final = (0, 0, 1, 1, 0, 2, 3, 4, 5)
"""What each figure tells of: the price and what it costs, trading, imbalance, messages, cancels, sizes. That the price
moves when much is traded is nothing strange; order flow begins with the third.
"""
FIRST_OF_FLOW: Final = 2
_SHARES: Final = ("imbalance",)
_WORDS: Final = {
    "move": "the mid moved by",
    "range": "the mid ranged over",
    "volume": "the volume traded was",
    "trades": "the number of trades was",
    "spread": "the mean spread was",
    "imbalance": "the imbalance of new orders was",
    "messages": "the number of messages was",
    "cancel_rate": "cancels a new order were",
    "order_size": "the mean size of new orders was",
}


@kernel
def strange(minute, min_z):
    """Count the figures that lie so far above the usual; 0 where they are all of one kind, or none is of order flow."""
    count = 0
    kinds = 0
    for k in range(FIGURES):
        if minute.z[k] >= min_z:
            count += 1
            kinds |= 1 << KINDS[k]
    if kinds & (kinds - 1) == 0 or kinds < 1 << FIRST_OF_FLOW:
        return 0
    return count


@kernel
def is_explained(minute, p):
    """Say whether a story shortly before, or the session's close shortly after, makes busy minutes usual."""
    closes = minute.close_ts - minute.session < DAY and 0 <= minute.close_ts - minute.ts < p.closing_ns
    return minute.story or closes


def sentence(minute: np.void, figure: int) -> str:
    """Tell a figure, what is usual, and how far it lies above that."""
    name = MINUTE_FIGURES[figure]
    value, usual = (_shown(name, float(minute[field][figure])) for field in ("value", "usual"))
    z = float(minute["z"][figure])
    return f"{_WORDS[name]} {value} where {usual} is usual ({z:+.1f} standard deviations)"


def _shown(name: str, value: float) -> str:
    return f"{value:.0%}" if name in _SHARES else amount(float(f"{value:.4g}"))


def finding(minute: np.void, drove: Sequence[int], lead: str, story: Story, thresholds: dict[str, float]) -> Finding:
    """Make the finding about a minute: the lead, then each figure that drove it."""
    end = int(minute["ts"])
    drove = [figure for figure in drove if minute["usual"][figure] == minute["usual"][figure]]
    told = [sentence(minute, figure) for figure in drove]
    sentences = [lead, *(f"{text[0].upper()}{text[1:]}." for text in told)]
    if minute["story"]:
        sentences.append("News came within the five minutes before, which may explain it; hence low severity.")
    elif (
        minute["close_ts"] - minute["session"] < DAY
        and 0 <= minute["close_ts"] - end < thresholds["closing_s"] * SECOND
    ):
        sentences.append("The session's close is near, where trading gathers; hence low severity.")
    names = [MINUTE_FIGURES[figure] for figure in drove]
    return Finding(
        start_ts=end - MINUTE + 1,  # so that a usual minute between two others ends an episode
        end_ts=end,
        sentences=sentences,
        first_evidence=f"minute@{end}",
        metrics={name: float(minute["value"][figure]) for name, figure in zip(names, drove, strict=True)}
        | {f"{name}_z": float(minute["z"][figure]) for name, figure in zip(names, drove, strict=True)},
        thresholds=thresholds,
        baselines={name: float(minute["usual"][figure]) for name, figure in zip(names, drove, strict=True)},
    )
