"""A small, plain, deterministic rule engine: what the consumer's laws are tested with.

Each symbol's memory is a chain of hashes over all it was fed, and the chain stands in every alert: an event lost, fed
twice or fed out of order changes the content of all later alerts. Every third event of a symbol triggers; four triggers
make an episode, whose severity rises with the second and the fourth. Every fifth event tells a row of metrics, with the
chain in it.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from surveillance.alerts import Alert, Completeness, identifier
from surveillance.errors import StateError
from surveillance.wire import Decoded, Rejected

TRIGGER = 3
EPISODE = 4
MINUTE = 5
LATE_NS = 5_000_000_000


class ProcessDied(BaseException):
    """What no process survives."""


@dataclass
class Outcome:
    alerts: list[Alert] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    metrics: pa.Table | None = None


class FakeEngine:
    """`version` changes the digest, `rule_version` the alert ids as well."""

    def __init__(self, version: str = "1", rule_version: int = 1) -> None:
        self.digest = f"fake-{version}"
        self._rule_version = rule_version
        self.fed = 0

    def new_state(self, lane: int = 0) -> dict[str, Any]:
        return {"lane": lane, "numbers": {}, "symbols": {}}

    def save(self, state: dict[str, Any]) -> bytes:
        return json.dumps([self.digest, state]).encode()

    def load(self, blob: bytes) -> dict[str, Any]:
        digest, state = json.loads(blob)
        if digest != self.digest:
            raise StateError(digest)
        result: dict[str, Any] = state
        return result

    def feed(self, state: dict[str, Any], decoded: Decoded) -> Outcome:
        outcome = Outcome(rejected=list(decoded.rejected))
        outcome.counts["rejected"] = len(decoded.rejected)
        measured: list[dict[str, Any]] = []
        for row, event in enumerate(decoded.table.to_pylist()):
            self._event(state, event, row, outcome, measured)
        outcome.metrics = pa.Table.from_pylist(measured) if measured else None
        return outcome

    def _event(
        self, state: dict[str, Any], event: dict[str, Any], row: int, outcome: Outcome, measured: list[dict[str, Any]]
    ) -> None:
        self.fed += 1
        producer, number = event.get("producer"), event.get("number")
        if producer is not None:
            if number <= state["numbers"].get(producer, -1):
                outcome.counts["duplicates"] += 1
                outcome.dropped.append(row)
                return
            state["numbers"][producer] = number
        symbol = event["symbol"]
        memory = state["symbols"].setdefault(symbol, {"count": 0, "chain": "", "mark": 0, "late": 0, "rejected": 0})
        if event.get("type") == "nonsense":
            memory["rejected"] += 1
            outcome.counts["rejected"] += 1
            outcome.rejected.append(Rejected(row, "unknown_type", json.dumps(event).encode(), symbol))
            return
        memory["chain"] = identifier(memory["chain"], event["ts"], event.get("order_id"))[:8]
        if event.get("headline") == "poison":
            raise ValueError("a poisonous event")
        if event.get("headline") == "deadly":
            raise ProcessDied
        outcome.counts["events"] += 1
        if event["ts"] < memory["mark"] - LATE_NS:
            memory["late"] += 1
            outcome.counts["late"] += 1
            return
        memory["mark"] = max(memory["mark"], event["ts"])
        memory["count"] += 1
        if memory["count"] % TRIGGER == 0:
            outcome.alerts.append(self._alert(symbol, memory))
        if memory["count"] % MINUTE == 0:
            told = {"symbol": symbol, "venue": "XNAS", "ts": memory["count"] // MINUTE, "revision": 1}
            measured.append(told | {"chain": memory["chain"]})

    def _alert(self, symbol: str, memory: dict[str, Any]) -> Alert:
        trigger = memory["count"] // TRIGGER - 1
        episode, revision = trigger // EPISODE, trigger % EPISODE + 1
        if revision == 1:
            memory["detected"] = memory["mark"]
        key = identifier("fake", symbol, episode)
        return Alert(
            alert_id=identifier("fake", symbol, episode, self._rule_version),
            episode_key=key,
            revision=revision,
            rule="fake",
            rule_version=self._rule_version,
            parameters_hash="none",
            severity=("low", "medium", "medium", "high")[revision - 1],
            score=revision / EPISODE,
            symbol=symbol,
            venue="XNAS",
            accounts=[],
            candidate=True,
            data_tier=1,
            start_ts=memory["detected"],
            end_ts=memory["mark"],
            detected_ts=memory["detected"],
            order_ids=[memory["chain"]],
            trade_ids=[],
            order_count=1,
            trade_count=0,
            metrics={"count": float(memory["count"])},
            thresholds={"every": float(TRIGGER)},
            baselines={},
            completeness=Completeness(late=memory["late"], quarantined=memory["rejected"]),
            explanation=f"1. {symbol} moved. 2. It moved again. 3. Its chain is {memory['chain']}. 4. That is all.",
        )
