"""Feeding lines to the engine: what came of them, and which lines made it fail."""

from collections import Counter
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Final

import msgspec
import pyarrow as pa

from surveillance import wire
from surveillance.adapters.engine_protocol import ENGINE_COUNTS, RuleEngine
from surveillance.adapters.quarantine import Refused
from surveillance.alerts import Alert
from surveillance.engine import ndjson

MOST_POISON: Final = 16
"""A record with more poisonous lines than this is given up whole."""


class Fed(msgspec.Struct):
    """The outcome of lines fed in turn. `lines` are those the lane log must hold: dropped ones are left out."""

    lines: list[bytes] = []
    line_count: int = 0
    alerts: dict[str, Alert] = {}
    metrics: list[pa.Table] = []
    refused: list[Refused] = []
    counts: Counter[str] = msgspec.field(default_factory=Counter)

    def add(self, more: "Fed") -> None:
        """Append what came later."""
        self.lines += more.lines
        self.line_count += more.line_count
        self.alerts |= more.alerts
        self.metrics += more.metrics
        self.refused += more.refused
        self.counts.update(more.counts)


class EngineError(Exception):
    """The engine raised; its state must not be used any more."""


class LaneFeed:
    """Feeds one engine; states are the caller's. Lanes may be fed from several threads: they take turns."""

    def __init__(
        self,
        engine: RuleEngine,
        decode: Callable[[bytes], wire.Decoded] | None = None,
        judged: Callable[[Alert], Alert] = lambda alert: alert,
    ) -> None:
        """`judged` gives an alert the status it is first stored with."""
        self.engine = engine
        self._judged = judged
        self._decode = decode or wire.Decoder(ndjson.Reader()).decode
        self._turn = Lock()  # engine and decoder have working memory of their own

    def feed(self, state: Any, data: bytes) -> Fed:
        """Feed whole lines; raises `EngineError` with the state spoilt."""
        try:
            with self._turn:
                decoded = self._decode(data)
                outcome = self.engine.feed(state, decoded)
        except Exception as error:
            raise EngineError(f"{type(error).__name__}: {error}") from error
        dropped = {int(row) for row in outcome.dropped}
        kept = _kept(data, decoded, dropped)
        counts = Counter({name: int(outcome.counts.get(name, 0)) for name in ENGINE_COUNTS})
        counts["lines"] = decoded.num_rows + len(decoded.rejected)
        return Fed(
            [kept] if kept else [],
            counts["lines"] - len(dropped),
            {alert.alert_id: self._judged(alert) for alert in outcome.alerts},
            [] if outcome.metrics is None else [outcome.metrics],
            [Refused(rejected.reason, rejected.line) for rejected in outcome.rejected],
            counts,
        )

    def feed_without_poison(self, state: Any, data: bytes) -> tuple[Any, Fed, dict[int, Refused]]:
        """Feed lines one by one where need be, leaving out those that make the engine raise.

        Gives the state that holds the others, what came of them, and the poison by line number. A line is poison only
        if it raises on the state it finds and does so again. The state given is left as it is.
        Raises `EngineError` beyond `MOST_POISON`.
        """
        lines = [line for line in data.split(b"\n") if line.strip()]
        sound, done, start = self.engine.save(state), Fed(), 0
        poison: dict[int, Refused] = {}
        while True:
            try:
                state = self.engine.load(sound)
                done.add(self.feed(state, _joined(lines[start:])))
                return state, done, poison
            except EngineError:
                bad = self._first_bad(sound, lines[start:])
            state = self.engine.load(sound)
            if bad:
                done.add(self.feed(state, _joined(lines[start : start + bad])))
                sound = self.engine.save(state)
            start += bad
            try:
                done.add(self.feed(state, _joined(lines[start : start + 1])))
                sound = self.engine.save(state)
            except EngineError as failure:
                poison[start] = Refused(f"engine_failed: {failure}", lines[start])
                if len(poison) > MOST_POISON:
                    raise
            start += 1

    def _first_bad(self, sound: bytes, lines: Sequence[bytes]) -> int:
        """Find by halving how many lines can be fed before the one that raises."""
        good, bad = 0, len(lines)
        while bad - good > 1:
            middle = (good + bad) // 2
            try:
                self.feed(self.engine.load(sound), _joined(lines[:middle]))
                good = middle
            except EngineError:
                bad = middle
        return good


def _joined(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _kept(data: bytes, decoded: wire.Decoded, dropped: set[int]) -> bytes:
    """Give the lines of `data` but the dropped rows and blank lines, each with its newline."""
    if len(dropped) == decoded.num_rows and not decoded.rejected:
        return b""
    ended = data if data.endswith(b"\n") else data + b"\n"
    if not dropped and ended.count(b"\n") == decoded.num_rows + len(decoded.rejected):
        return ended
    waiting = [rejected.position for rejected in reversed(decoded.rejected)]
    kept = []
    row = 0
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        if waiting and waiting[-1] == row:
            waiting.pop()
            kept.append(line)
            continue
        if row not in dropped:
            kept.append(line)
        row += 1
    return _joined(kept)
