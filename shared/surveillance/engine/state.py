"""All that one lane remembers, as a value: it can be saved, restored and swept."""

from collections.abc import Sequence
from operator import add, le
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surveillance.engine import tables
from surveillance.engine.episodes import Episodes
from surveillance.engine.kernel import entry, kernel
from surveillance.engine.memory import Addresses, Located, address_of, array_at
from surveillance.engine.scan import WATCH, RuleState
from surveillance.engine.sweep import sweep
from surveillance.engine.tables import LEVELS, ORDER, TABLES, TRADE, grown, index, slots_for
from surveillance.errors import StateError

if TYPE_CHECKING:
    from surveillance.metrics import Memory

_ORDER: Final = tuple(TABLES)
_SWEEP_ROWS: Final = 1 << 17


@kernel
def _copy_chains(rows, names, target, at):
    """Move the name chains of rows into `target` from a place on; give the place behind them."""
    for r in range(1, rows.size):
        entry_ = np.int64(rows[r].name)
        newest = np.int64(0)
        behind = np.int64(0)
        while entry_:
            words = 2 + ((np.int64(names[entry_ + 1]) + 7) >> 3)
            for k in range(words):
                target[at + k] = names[entry_ + k]
            if behind:
                target[behind] = np.uint64(at)
            else:
                newest = at
            behind = at
            at += words
            entry_ = np.int64(names[entry_])
        rows[r].name = newest
    return at


def _copy_names(orders_at, orders, trades_at, trades, names_at, words, target_at):
    names = array_at(names_at, (words,), np.uint64)
    target = array_at(target_at, (words,), np.uint64)
    written = _copy_chains(array_at(orders_at, (orders,), ORDER), names, target, 1)
    return _copy_chains(array_at(trades_at, (trades,), TRADE), names, target, written)


_compiled_copy = entry(_copy_names)


class State:
    """The memory of one lane. Made by `Engine.new_state`; only the engine changes it."""

    def __init__(self, lane: int, rules: dict[str, RuleState]) -> None:
        self.lane = lane
        self.used = np.ones(len(TABLES) + 2, np.int64)
        self.counts = np.zeros(len(tables.COUNTS), np.int64)
        self.everything = np.zeros(2, np.int64)
        self.rows: dict[str, NDArray[Any]] = {name: np.zeros(64, dtype) for name, dtype in TABLES.items()}
        self.slots: dict[str, NDArray[Any]] = {name: slots_for(63) for name in TABLES}
        self.book = np.zeros((64, 2, LEVELS, 3))
        self.names = np.zeros(1024, np.uint64)
        self.followed = np.zeros(64, np.int64)
        self.rules = rules
        self.symbols: dict[int, str] = {}
        self.accounts: dict[int, str] = {}
        self.episodes = Episodes()
        self.metrics: Memory | None = None
        self.swept_at = 1
        self._capacity = [0] * len(self.used)
        self.publish()

    def publish(self) -> None:
        """Make the addresses of all arrays, and what they have room for, known anew."""
        tabled = [array for name in _ORDER for array in (self.rows[name], self.slots[name])]
        first, last = (self.used, self.counts, self.everything), (self.book, self.names, self.followed)
        self.addresses = Addresses(*first, *tabled, *last)
        self._memories = [
            Addresses(state.watches, state.rows, state.used, self.followed) for state in self.rules.values()
        ]
        self._memory_table = np.array([memory.address for memory in self._memories], np.int64)
        self.memories_address = address_of(self._memory_table)
        for place, name in enumerate(_ORDER):
            self._capacity[place] = min(len(self.rows[name]), len(self.slots[name]) // 2) - 1
        self._capacity[tables.NAME_WORDS] = len(self.names) - 4
        self._capacity[tables.ORDER_TAGS] = len(self.slots["orders"]) * 3 // 4

    def reserve(self, room: Sequence[int]) -> None:
        """Make room for so many more of everything `used` counts."""
        wanted = list(map(add, self.used.tolist(), room))
        if all(map(le, wanted, self._capacity)):
            return
        for place, name in enumerate(_ORDER):
            used, rows = int(self.used[place]), wanted[place] + 1
            self.rows[name] = grown(self.rows[name], rows, used)
            if len(self.slots[name]) < 2 * rows or (name == "orders" and len(self.slots[name]) < 4 * rows):
                self._index(name, used, rows)
        if self.used[tables.ORDER_TAGS] + room[tables.ORDER_TAGS] > len(self.slots["orders"]) * 3 // 4:
            self._index("orders", int(self.used[tables.ORDERS]), wanted[tables.ORDERS] + 1)
        self.book = grown(self.book, len(self.rows["markets"]), int(self.used[tables.MARKETS]))
        words = int(self.used[tables.NAME_WORDS])
        self.names = grown(self.names, wanted[tables.NAME_WORDS] + 4, words)
        subjects = max(len(self.rows["markets"]), len(self.rows["positions"]))
        for rule, state in self.rules.items():
            if len(state.watches) < subjects:
                watches = grown(state.watches, subjects, len(state.watches))
                self.rules[rule] = state._replace(watches=watches)
        self.followed = grown(self.followed, len(self.rows["positions"]), len(self.followed))
        self.publish()

    def _index(self, name: str, used: int, room: int) -> None:
        """Index a table anew, with slots for so many rows."""
        self.slots[name] = slots_for(2 * room if name == "orders" else room)
        if used > 1:
            index(self.rows[name], used, self.slots[name], _ORDER.index(name))
        if name == "orders":
            self.used[tables.ORDER_TAGS] = 2 * used

    def grow_rule(self, rule: str) -> None:
        """Give a rule room for more rows of state."""
        state = self.rules[rule]
        used = int(state.used[0])
        self.rules[rule] = larger = state._replace(rows=grown(state.rows, 2 * used, used))
        self._memories[list(self.rules).index(rule)].put(1, Located(larger.rows))

    def sweep_due(self) -> bool:
        """Say whether so much was added since the last sweep that sweeping pays."""
        used: list[int] = self.used.tolist()
        return used[tables.ORDERS] + used[tables.TRADES] > 2 * self.swept_at + _SWEEP_ROWS

    def sweep(self, subjects: dict[str, str], reference: int) -> None:
        """Throw away what is a stranger already. `subjects` says whether a rule is keyed by market or position,
        `reference` is the address of the engine's part of the tables."""
        new_order = np.empty(int(self.used[tables.ORDERS]), np.int32)
        new_position = np.empty(int(self.used[tables.POSITIONS]), np.int32)
        sweep(self.addresses.address, reference, address_of(new_order), address_of(new_position))
        markets, positions = self.rows["markets"], self.rows["positions"]
        clock, used_markets = markets["mark_ts"], int(self.used[tables.MARKETS])
        kept_positions = new_position > 0
        kept_positions[0] = True
        for rule, state in self.rules.items():
            if subjects[rule] == "position":
                watches = state.watches[: len(kept_positions)][kept_positions]
                owners = positions["market"][: len(watches)]
            else:
                watches = state.watches[:used_markets]
                owners = np.arange(used_markets)
            alive = np.flatnonzero((watches["row"] > 0) & (watches["expires"] >= clock[owners]))
            rows = np.zeros(max(64, len(alive) + 1), state.rows.dtype)
            rows[1 : len(alive) + 1] = state.rows[watches["row"][alive]]
            fresh = np.zeros(len(state.watches), WATCH)
            fresh["expires"][alive] = watches["expires"][alive]
            fresh["row"][alive] = np.arange(1, len(alive) + 1)
            self.rules[rule] = state._replace(watches=fresh, rows=rows, used=np.array([len(alive) + 1]))
        self.follow()
        self._compact_names()
        self.episodes.forget(
            {
                symbol: (int(clock[row]), int(markets["session"][row]))
                for row in range(1, used_markets)
                if (symbol := self.symbols.get(int(markets["key"][row])))
            }
        )
        self.swept_at = int(self.used[tables.ORDERS] + self.used[tables.TRADES])
        self.publish()

    def follow(self) -> None:
        """Set the bit of every rule behind a gate at every position of which it has a row."""
        self.followed = np.zeros(len(self.rows["positions"]), np.int64)
        for state in self.rules.values():
            known = np.flatnonzero(state.watches["row"][: len(self.followed)])
            self.followed[known] |= state.bit

    def _compact_names(self) -> None:
        target = np.zeros(len(self.names), np.uint64)
        self.used[tables.NAME_WORDS] = _compiled_copy(
            address_of(self.rows["orders"]),
            int(self.used[tables.ORDERS]),
            address_of(self.rows["trades"]),
            int(self.used[tables.TRADES]),
            address_of(self.names),
            len(self.names),
            address_of(target),
        )
        self.names = target

    def save(self, digest: str) -> bytes:
        """Write the state as bytes: a header, then the used rows, compressed."""
        arrays: dict[str, NDArray[Any]] = {
            name: self.rows[name][: int(self.used[place])] for place, name in enumerate(_ORDER)
        }
        arrays["book"] = self.book[: int(self.used[tables.MARKETS])]
        arrays["names"] = self.names[: int(self.used[tables.NAME_WORDS])]
        for rule, state in self.rules.items():
            arrays[f"rule:{rule}"] = state.rows[: int(state.used[0])]
            arrays[f"of:{rule}"] = state.watches
        if self.metrics is not None:
            arrays |= self.metrics.arrays(int(self.used[tables.MARKETS]))
        header = {
            "digest": digest,
            "lane": self.lane,
            "used": self.used.tolist(),
            "counts": self.counts.tolist(),
            "everything": self.everything.tolist(),
            "symbols": self.symbols,
            "accounts": self.accounts,
            "episodes": self.episodes,
            "swept_at": self.swept_at,
            "arrays": [(name, array.shape, array.nbytes) for name, array in arrays.items()],
        }
        head = msgspec.msgpack.encode(header)
        body = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays.values())
        packed: bytes = pa.Codec("zstd", 1).compress(head + body, asbytes=True)
        return msgspec.msgpack.encode((len(head), len(head) + len(body), packed))


class _Header(msgspec.Struct):
    digest: str
    lane: int
    used: list[int]
    counts: list[int]
    everything: list[int]
    symbols: dict[int, str]
    accounts: dict[int, str]
    episodes: Episodes
    swept_at: int
    arrays: list[tuple[str, list[int], int]]


def load(blob: bytes, digest: str, fresh: State) -> State:
    """Fill a fresh state from bytes; raises StateError where another schema, code or parameter set wrote them."""
    try:
        head_size, size, packed = msgspec.msgpack.decode(blob, type=tuple[int, int, bytes])
        data = pa.Codec("zstd").decompress(packed, size, asbytes=True)
        header = msgspec.msgpack.decode(data[:head_size], type=_Header)
    except (msgspec.DecodeError, pa.ArrowException, OSError) as error:
        raise StateError(f"The snapshot can't be read: {error}.") from error
    if header.digest != digest:
        raise StateError(f"The snapshot was made by {header.digest}, this engine is {digest}.")
    place = head_size
    read: dict[str, memoryview] = {}
    shapes: dict[str, list[int]] = {}
    for name, shape, length in header.arrays:
        read[name] = memoryview(data)[place : place + length]
        shapes[name] = shape
        place += length
    state = fresh
    state.lane = header.lane
    state.used[:] = header.used
    state.counts[:] = header.counts
    state.everything[:] = header.everything
    state.symbols, state.accounts, state.episodes = header.symbols, header.accounts, header.episodes
    state.swept_at = header.swept_at
    for place, (name, dtype) in enumerate(TABLES.items()):
        rows = np.frombuffer(read[name], dtype)
        state.rows[name] = grown(rows.copy(), max(64, len(rows) + 1), len(rows))
        state._index(name, int(state.used[place]), len(state.rows[name]))
    book = np.frombuffer(read["book"]).reshape(shapes["book"])
    state.book = grown(book.copy(), len(state.rows["markets"]), len(book))
    names = np.frombuffer(read["names"], np.uint64)
    state.names = grown(names.copy(), len(names) + 4, len(names))
    for rule, held in state.rules.items():
        rows = np.frombuffer(read[f"rule:{rule}"], held.rows.dtype)
        watches = np.frombuffer(read[f"of:{rule}"], WATCH).copy()
        room = grown(rows.copy(), max(64, len(rows) + 1), len(rows))
        state.rules[rule] = held._replace(watches=watches, rows=room, used=np.array([len(rows)]))
    if state.metrics is not None:
        state.metrics.restore(read)
    state.follow()
    state.publish()
    return state
