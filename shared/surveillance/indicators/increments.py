"""Which symbols have anything new since a run before, and whose past has changed.

Every symbol with a new bar is computed from its first bar on and only new rows are told: recursive indicators and
TA-Lib's running sums depend on every bar before, so this alone gives a whole run's values to the bit, and it costs
milliseconds a symbol. Should an earlier bar differ (a split or dividend changes all adjusted ones), all rows are told.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveillance.indicators.catalogue import DEFAULT
from surveillance.indicators.definition import Request
from surveillance.indicators.series import Days, Series

STATE: Final = pa.schema(
    [("symbol", pa.string()), ("through", pa.date32()), ("bars", pa.int64()), ("digest", pa.string())]
)
"""A row a symbol: its last day, its number of daily bars, a hash of them and of what was asked for."""
NEVER: Final = int(np.iinfo(np.int32).min)
_KEY: Final = ("symbol", "interval", "date")


class Increment(NamedTuple):
    """The symbols to compute, the day each was last told through (`NEVER`: tell all), and what became of them.

    Rows of `replaced` symbols that were written before are void: their bars changed, or are gone.
    """

    series: Series
    after: Days
    replaced: tuple[str, ...]
    counts: dict[str, int]


def state_of(daily: Series, requests: Sequence[Request] = DEFAULT) -> pa.Table:
    """Give the state after a run over these bars."""
    asked = _asked(requests)
    counts = np.diff(daily.starts)
    ends = daily.starts[1:] - 1
    return pa.table(
        {
            "symbol": pa.array(daily.symbols, pa.string()),
            "through": pa.array(daily.days[ends], pa.int32()).cast(pa.date32()),
            "bars": pa.array(counts),
            "digest": pa.array(
                [_digest(daily, asked, place, n) for place, n in enumerate(counts.tolist())], pa.string()
            ),
        },
        schema=STATE,
    )


def increment(daily: Series, before: pa.Table, requests: Sequence[Request] = DEFAULT) -> Increment:
    """Compare bars with the state of an earlier run."""
    asked = _asked(requests)
    known = {row["symbol"]: row for row in before.to_pylist()}
    through = dict(zip(before["symbol"].to_pylist(), before["through"].cast(pa.int32()).to_pylist(), strict=True))
    counts = {"new": 0, "extended": 0, "restated": 0, "unchanged": 0, "gone": 0}
    places: list[int] = []
    after: list[int] = []
    replaced: list[str] = []
    for place, (symbol, bars) in enumerate(zip(daily.symbols, np.diff(daily.starts).tolist(), strict=True)):
        row = known.get(symbol)
        if row is None:
            counts["new"] += 1
            places.append(place)
            after.append(NEVER)
        elif bars < row["bars"] or _digest(daily, asked, place, row["bars"]) != row["digest"]:
            counts["restated"] += 1
            places.append(place)
            after.append(NEVER)
            replaced.append(symbol)
        elif bars > row["bars"]:
            counts["extended"] += 1
            places.append(place)
            after.append(through[symbol])
        else:
            counts["unchanged"] += 1
    gone = sorted(set(known) - set(daily.symbols))
    counts["gone"] = len(gone)
    return Increment(_only(daily, places), np.array(after, np.int32), tuple(sorted([*replaced, *gone])), counts)


def merged(old: pa.Table, new: pa.Table, replaced: Sequence[str] = ()) -> pa.Table:
    """Put new rows into old ones: they take the place of those of the same key, replaced symbols' old rows go.

    Ordered by symbol, interval and date.
    """
    kept = old.filter(pc.invert(pc.is_in(old["symbol"], pa.array(replaced, pa.string()))))
    void = new.select(_KEY).append_column("void", pa.repeat(True, new.num_rows))
    places = pa.table({**{name: kept[name] for name in _KEY}, "place": pa.array(np.arange(kept.num_rows))})
    left = places.join(void, list(_KEY), join_type="left anti").column("place").sort()
    whole = pa.concat_tables([kept.take(left), new.select(old.column_names)])
    return whole.sort_by([(name, "ascending") for name in _KEY])


def _asked(requests: Sequence[Request]) -> bytes:
    return " ".join(request.text for request in requests).encode()


def _digest(daily: Series, asked: bytes, place: int, bars: int) -> str:
    start = int(daily.starts[place])
    rows = slice(start, start + bars)
    digest = blake2b(asked, digest_size=16)
    columns: tuple[Any, ...] = (daily.days, *daily.bars)
    for column in columns:
        digest.update(np.ascontiguousarray(column[rows]).data)
    return digest.hexdigest()


def _only(daily: Series, places: list[int]) -> Series:
    if len(places) == len(daily.symbols):
        return daily
    rows = np.concatenate([np.zeros(0, np.int64), *(np.arange(*daily.starts[place : place + 2]) for place in places)])
    counts = np.diff(daily.starts)[places]
    return Series(
        tuple(daily.symbols[place] for place in places),
        np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]),
        daily.days[rows],
        daily.through[rows],
        type(daily.bars)(*(column[rows] for column in daily.bars)),
    )
