"""A vendor's indicators in plain loops, apart from the library that they check. Source: Wilder (1978), Appel (2005)."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Final

FAST, SLOW, SIGNAL = 12, 26, 9

Line = list[float | None]


def indicator_values(kind: str, closes: Sequence[float], window: int) -> list[dict[str, float] | None]:
    """Give the values of `sma`, `ema`, `rsi` or `macd` (12, 26, 9) for each close, None before there are any."""
    if kind == "macd":
        return macd(closes)
    return [None if value is None else {"value": value} for value in LINES[kind](closes, window)]


def sma(closes: Sequence[float], window: int) -> Line:
    """Average the last closes."""
    return [
        fmean(closes[place + 1 - window : place + 1]) if place + 1 >= window else None for place in range(len(closes))
    ]


def ema(closes: Sequence[float], window: int) -> Line:
    """Average with weights that fall by 2 / (window + 1), from the mean of the first closes on."""
    line: Line = []
    value = 0.0
    for place, close in enumerate(closes):
        if place + 1 == window:
            value = fmean(closes[:window])
        elif place >= window:
            value += (close - value) * 2 / (window + 1)
        line.append(value if place + 1 >= window else None)
    return line


def rsi(closes: Sequence[float], window: int) -> Line:
    """Give the relative strength index with Wilder's averages."""
    line: Line = [None]
    gain = loss = 0.0
    for place, (before, close) in enumerate(pairwise(closes), start=1):
        share = 1 / min(place, window)
        gain += (max(close - before, 0.0) - gain) * share
        loss += (max(before - close, 0.0) - loss) * share
        line.append((100 * gain / (gain + loss) if gain + loss else 0.0) if place >= window else None)
    return line


def macd(closes: Sequence[float]) -> list[dict[str, float] | None]:
    """Give the difference of two averages, its own average, and their difference."""
    pairs = zip(ema(closes, FAST), ema(closes, SLOW), strict=True)
    differences = [fast - slow for fast, slow in pairs if fast is not None and slow is not None]
    told: list[dict[str, float] | None] = [None] * (len(closes) - len(differences))
    for value, signal in zip(differences, ema(differences, SIGNAL), strict=True):
        told.append(None if signal is None else {"value": value, "signal": signal, "histogram": value - signal})
    return told


LINES: Final[Mapping[str, Callable[[Sequence[float], int], Line]]] = {"sma": sma, "ema": ema, "rsi": rsi}
