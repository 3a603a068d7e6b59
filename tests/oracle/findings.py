"""What a plain rule says when its evidence is complete: the alert's content but for its explanation."""

from dataclasses import dataclass, field


@dataclass
class Said:
    """One trigger of one rule."""

    score: float
    ts: int
    start_ts: int
    end_ts: int
    orders: list[str] = field(default_factory=list)
    trades: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    candidate: bool = False
    tier: int = 0
    first_evidence: str | None = None
    detected_ts: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)
    baselines: dict[str, float] = field(default_factory=dict)


def ns(seconds: float) -> int:
    """Give a span in nanoseconds."""
    return round(seconds * 1e9)


def picked(values: dict[str, float], names: str) -> dict[str, float]:
    """Give some of the parameters."""
    return {name: values[name] for name in names.split()}
