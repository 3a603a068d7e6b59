"""The alerts as lists show them: the newest in full, of all others only what counts need. Many threads may use it."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec
from surveillance.adapters.announcement_text import sentences
from surveillance.alerts import SEVERITIES, Alert, severity_rank

KEPT: Final = 20_000
CLOSED: Final = ("closed_true", "closed_false", "suppressed")


class Entry(msgspec.Struct, frozen=True):
    """One alert in a list. `change` rises with every change of any alert."""

    alert_id: str
    revision: int
    rule: str
    severity: str
    score: float
    symbol: str
    venue: str | None
    accounts: tuple[str, ...]
    candidate: bool
    status: str
    start_ts: int
    end_ts: int
    detected_ts: int
    sentence: str
    change: int


class Wanted(msgspec.Struct, frozen=True):
    """What a list is narrowed to; empty is everything."""

    severity: str = ""
    rule: str = ""
    symbol: str = ""
    status: str = ""

    def __call__(self, entry: Entry) -> bool:
        """Say whether an alert is among them. A severity stands for itself and those above, a symbol for its start."""
        if self.severity and severity_rank(entry.severity) < severity_rank(self.severity):
            return False
        if self.status == "unfinished" and entry.status in CLOSED:
            return False
        return (
            self.rule in ("", entry.rule)
            and entry.symbol.casefold().startswith(self.symbol.casefold())
            and self.status in ("", "unfinished", entry.status)
        )


EVERYTHING: Final = Wanted()


class AlertList:
    """Every alert's newest revision that was seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._known: dict[str, tuple[str, str, str]] = {}
        self._open: Counter[str] = Counter()
        self._open_by_symbol: dict[str, Counter[str]] = {}
        self._change = 0

    def take(self, alert: Alert) -> bool:
        """Take an alert as the table holds it; say whether it was new. One that looks the same changes nothing."""
        with self._lock:
            held = self._entries.get(alert.alert_id)
            if held is not None and (held.revision > alert.revision or held == _entry(alert, held.change)):
                return False
            self._change += 1
            new = alert.alert_id not in self._known
            self._count(alert)
            self._entries[alert.alert_id] = _entry(alert, self._change)
            self._entries.move_to_end(alert.alert_id)
            if len(self._entries) > KEPT:
                self._entries.popitem(last=False)
            return new

    def _count(self, alert: Alert) -> None:
        before = self._known.get(alert.alert_id)
        self._known[alert.alert_id] = (alert.status, alert.severity, alert.symbol)
        for known, step in ((before, -1), (self._known[alert.alert_id], 1)):
            if known is not None and known[0] not in CLOSED:
                self._open[known[1]] += step
                self._open_by_symbol.setdefault(known[2], Counter())[known[1]] += step

    @property
    def change(self) -> int:
        """Give the number of the newest change."""
        return self._change

    def __len__(self) -> int:
        return len(self._known)

    def since(self, change: int, limit: int, wanted: Callable[[Entry], bool] = EVERYTHING) -> list[Entry]:
        """Give at most so many alerts that changed after a change, the newest change first."""
        found: list[Entry] = []
        with self._lock:
            for entry in reversed(self._entries.values()):
                if entry.change <= change or len(found) == limit:
                    break
                if wanted(entry):
                    found.append(entry)
        return found

    def open(self) -> dict[str, int]:
        """Count alerts nobody has closed, by severity, the highest first."""
        return {severity: self._open[severity] for severity in reversed(SEVERITIES)}

    def open_of(self, symbol: str) -> dict[str, int]:
        """Count a symbol's alerts nobody has closed, by severity."""
        return dict(self._open_by_symbol.get(symbol, {}))


def _entry(alert: Alert, change: int) -> Entry:
    return Entry(
        alert_id=alert.alert_id,
        revision=alert.revision,
        rule=alert.rule,
        severity=alert.severity,
        score=alert.score,
        symbol=alert.symbol,
        venue=alert.venue,
        accounts=tuple(alert.accounts),
        candidate=alert.candidate,
        status=alert.status,
        start_ts=alert.start_ts,
        end_ts=alert.end_ts,
        detected_ts=alert.detected_ts,
        sentence=sentences(alert.explanation)[0],
        change=change,
    )
