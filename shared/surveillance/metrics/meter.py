"""The meter: measures what an engine is fed, by the minute; it keeps its memory of a lane beside the rules' own."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surveillance.engine.memory import Addresses
from surveillance.engine.tables import grown
from surveillance.metric_parameters import DEFAULT_WINDOWS, LONGEST, check_windows
from surveillance.metric_rows import SCHEMA
from surveillance.metrics.measuring import compiled
from surveillance.metrics.rows import (
    HORIZONS,
    MARK,
    MARKS_USED,
    METER,
    ROOM,
    ROW,
    ROWS_TOLD,
    ROWS_USED,
    TOLD,
)
from surveillance.microstructure.one_pass import finished
from surveillance.microstructure.walk import AHEAD

_KEPT: Final = {"meters": METER, "rows": ROW, "marks": MARK}


class Memory:
    """What a lane's meter remembers: a meter a market, the minutes that are not final, the trades that wait."""

    def __init__(self) -> None:
        self.meters = np.zeros(64, METER)
        self.closes = np.zeros((64, LONGEST))
        self.rows = np.zeros(64, ROW)
        self.marks = np.zeros(64, MARK)
        self.used = np.array([1, 0, 1, 0], np.int64)
        self._published: Addresses | None = None

    def reserve(self, markets: int, events: int) -> bool:
        """Make room for so many markets and so many more events; says whether arrays were replaced."""
        rows, marks = int(self.used[ROWS_USED]) + events, int(self.used[MARKS_USED]) + events
        if markets <= len(self.meters) and rows <= len(self.rows) and marks <= len(self.marks):
            return False
        self.meters = grown(self.meters, markets, len(self.meters))
        self.closes = grown(self.closes, len(self.meters), len(self.closes))
        self.rows = grown(self.rows, rows, int(self.used[ROWS_USED]))
        self.marks = grown(self.marks, marks, int(self.used[MARKS_USED]))
        return True

    def address(self, told: NDArray[np.int64], out: NDArray[Any], windows: NDArray[np.int64], changed: bool) -> int:
        """Give where the addresses of all arrays stand."""
        if changed or self._published is None:
            own = (self.meters, self.closes, self.rows, self.marks, self.used)
            self._published = Addresses(*own, told, out, windows)
        return self._published.address

    def arrays(self, markets: int) -> dict[str, NDArray[Any]]:
        """Give what a snapshot holds."""
        return {
            "metrics:meters": self.meters[:markets],
            "metrics:closes": self.closes[:markets],
            "metrics:rows": self.rows[: int(self.used[ROWS_USED])],
            "metrics:marks": self.marks[: int(self.used[MARKS_USED])],
            "metrics:used": self.used,
        }

    def restore(self, read: Mapping[str, memoryview]) -> None:
        """Take back what a snapshot held."""
        self.used = np.frombuffer(read["metrics:used"], np.int64).copy()
        for name, dtype in _KEPT.items():
            held = np.frombuffer(read[f"metrics:{name}"], dtype)
            setattr(self, name, grown(held.copy(), max(64, len(held) + 1), len(held)))
        closes = np.frombuffer(read["metrics:closes"]).reshape(-1, LONGEST)
        self.closes = grown(closes.copy(), len(self.meters), len(closes))
        self._published = None


class Meter:
    """Measures by the minute; `windows` are those of the moving averages, in minutes."""

    def __init__(self, windows: Sequence[int] = DEFAULT_WINDOWS) -> None:
        """Raises `ParameterError` for windows that can't be kept."""
        self.windows = check_windows(tuple(windows))
        self._windows = np.array(self.windows, np.int64)
        self._told = np.zeros(TOLD, np.int64)
        self._out = np.zeros(ROOM, ROW)

    def new_memory(self) -> Memory:
        """Make the memory of a lane that has seen nothing."""
        return Memory()

    @property
    def digest(self) -> str:
        """Tell one meter's memory from another's."""
        return f"metrics:{self.windows}"

    def measure(self, memory: Memory, scratch: int, start: int, count: int, markets: int) -> list[NDArray[Any]]:
        """Measure a chunk that the shared pass has taken; gives the rows it tells, in order."""
        changed = memory.reserve(markets, count + 1)
        address = memory.address(self._told, self._out, self._windows, changed)
        told = self._told
        told[:] = 0, 0, 0, markets
        found: list[NDArray[Any]] = []
        more = 1
        while more:
            told[ROWS_TOLD] = 0
            more = compiled(scratch, address, start, count)
            if told[ROWS_TOLD]:
                found.append(self._out[: int(told[ROWS_TOLD])].copy())
        return found

    def table(self, rows: NDArray[Any], symbols: Sequence[str], venues: Sequence[str | None]) -> pa.Table:
        """Give rows as a table of `metric_rows.SCHEMA`; `ts` is the start of the minute."""
        ahead = rows["ahead"].reshape(len(rows), len(HORIZONS), len(AHEAD))
        minutes = finished(rows["ts"], np.ascontiguousarray(rows["cells"]), ahead)
        figures = minutes.table(HORIZONS)
        messages = rows["entered"] + rows["replaced"] + rows["cancelled"]
        with np.errstate(divide="ignore", invalid="ignore"):
            cancel_rate = np.where(rows["entered"] > 0, rows["cancelled"] / rows["entered"], np.nan)
            order_to_trade = np.where(minutes.trades > 0, messages / minutes.trades, np.nan)
            volatility = np.where(rows["returns"] > 0, np.sqrt(rows["variance"]), np.nan)
        more: dict[str, NDArray[Any]] = {
            "revision": rows["revision"],
            "order_messages": messages,
            "entered": rows["entered"],
            "replaced": rows["replaced"],
            "cancelled": rows["cancelled"],
            "message_rate": np.where(messages > 0, messages, minutes.quotes) / 60.0,
            "cancel_rate": cancel_rate,
            "order_to_trade": order_to_trade,
            "realised_volatility": volatility,
            "velocity_bp": rows["velocity_bp"],
        }
        columns = {name: figures[name] for name in figures.column_names}
        columns |= {name: pa.array(values, from_pandas=True) for name, values in more.items()}
        columns |= {"symbol": pa.array(symbols, pa.string()), "venue": pa.array(venues, pa.string())}
        columns |= {name: self._by_window(rows[name]) for name in ("sma", "ema")}
        return pa.table([columns[field.name] for field in SCHEMA], SCHEMA)

    def _by_window(self, averages: NDArray[np.float64]) -> pa.Array:
        """Give a map a row from window to average, without those that are not known."""
        known = ~np.isnan(averages[:, : len(self.windows)])
        ends = np.concatenate(([0], np.cumsum(known.sum(1)))).astype(np.int32)
        names = pa.array([str(window) for window in self.windows], pa.string())
        keys = names.take(pa.array(np.nonzero(known)[1]))
        return pa.MapArray.from_arrays(pa.array(ends), keys, pa.array(averages[:, : len(self.windows)][known]))
