"""What is known to be true of a simulated session."""

import msgspec


class Label(msgspec.Struct, frozen=True, omit_defaults=True):
    """One scenario: what an alert must overlap and name to be a hit. Ids are in order of appearance.

    A condition that holds in a quiet scenario is a label of its own, `within` that one.
    """

    scenario_id: str
    pattern: str
    expect: str
    symbol: str
    accounts: list[str]
    start_ts: int
    end_ts: int
    order_ids: list[str]
    trade_ids: list[str]
    difficulty: float
    within: str | None = None


def encode_labels(labels: list[Label]) -> bytes:
    """Write labels as NDJSON."""
    return b"".join(msgspec.json.encode(label) + b"\n" for label in labels)


def decode_labels(data: bytes) -> list[Label]:
    """Read labels from NDJSON; raises `msgspec.ValidationError` or `msgspec.DecodeError`."""
    return [msgspec.json.decode(line, type=Label) for line in data.splitlines() if line.strip()]
