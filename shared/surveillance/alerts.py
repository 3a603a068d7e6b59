"""The alert: what a rule found, why, and how sure it is. One shape for NDJSON, DynamoDB and the lake."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import msgspec

SEVERITIES: Final = ("low", "medium", "high", "critical")
SUPPRESSED: Final = "suppressed"
STATUSES: Final = ("open", "in_review", "escalated", "closed_true", "closed_false", SUPPRESSED)
EVIDENCE_LIMIT: Final = 200
NOT_CONTENT: Final = frozenset({"evidence_uri", "status", "status_reason"})
"""Attributes the analysts or the store own; every other field is the alert's content."""

COOL_DOWN_S: Final = 60
LONGEST_EPISODE_S: Final = 1800


class Completeness(msgspec.Struct, frozen=True):
    """What the alert's symbol lost since its session began, up to the last evidence."""

    gaps: int = 0
    late: int = 0
    quarantined: int = 0


class Alert(msgspec.Struct, kw_only=True):
    """One episode at its latest revision. Times in ns; ids are the first 200 in order of appearance."""

    alert_id: str
    episode_key: str
    revision: int
    rule: str
    rule_version: int
    parameters_hash: str
    severity: str
    score: float
    symbol: str
    venue: str | None = None
    accounts: list[str]
    candidate: bool
    data_tier: int
    start_ts: int
    end_ts: int
    detected_ts: int
    order_ids: list[str]
    trade_ids: list[str]
    order_count: int
    trade_count: int
    evidence_uri: str | None = None
    metrics: dict[str, float]
    thresholds: dict[str, float]
    baselines: dict[str, float]
    completeness: Completeness
    explanation: str
    status: str = "open"
    status_reason: str | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Alert)


def encode(alert: Alert) -> bytes:
    """Write one alert as a JSON object without a newline; null fields are kept out."""
    fields = msgspec.structs.asdict(alert)
    return _encoder.encode({key: value for key, value in fields.items() if value is not None})


def decode(line: bytes | str) -> Alert:
    """Read one alert; raises `msgspec.ValidationError` for another shape."""
    return _decoder.decode(line)


def content(alert: Alert) -> dict[str, object]:
    """Give the fields that the laws speak of, as plain values."""
    fields: dict[str, object] = msgspec.to_builtins(alert)
    return {key: value for key, value in fields.items() if key not in NOT_CONTENT}


def identifier(*parts: object) -> str:
    """Hash texts to 32 hexadecimal digits; the same on every machine and in every run."""
    digest = blake2b(digest_size=16)
    for part in parts:
        text = b"-" if part is None else str(part).encode()
        digest.update(len(text).to_bytes(4, "big") + text)
    return digest.hexdigest()


def last_revisions(alerts: Iterable[Alert]) -> list[Alert]:
    """Keep the highest revision of each alert, sorted by (detected_ts, alert_id)."""
    latest: dict[str, Alert] = {}
    for alert in alerts:
        held = latest.get(alert.alert_id)
        if held is None or alert.revision > held.revision:
            latest[alert.alert_id] = alert
    return sorted(latest.values(), key=lambda alert: (alert.detected_ts, alert.alert_id))


def severity_rank(severity: str) -> int:
    """Give 0 for low to 3 for critical."""
    return SEVERITIES.index(severity)
