"""Metrics as log lines in CloudWatch's embedded metric format: what happened since the line before."""

from typing import Any

import msgspec

NAMESPACE = "Surveillance"
_UNITS = {
    "Received": "Count",
    "Put": "Count",
    "Repeated": "Count",
    "Quarantined": "Count",
    "Missing": "Count",
    "Retried": "Count",
    "Spilled": "Count",
    "Cuts": "Count",
    "BytesPut": "Bytes",
    "Pending": "Count",
    "SpillBytes": "Bytes",
}
_LEVELS = frozenset({"Pending", "SpillBytes"})
"""Values of the moment; the others are what was added since the line before."""


class MetricLog:
    """Makes one feed's lines, with dimensions service and feed."""

    def __init__(self, feed: str) -> None:
        self._feed = feed
        self._before: dict[str, int] = {}

    def line(self, report: dict[str, Any], now_ms: int) -> str:
        """Give the next line for a feed's report."""
        totals = _totals(report)
        values = {}
        for name, total in totals.items():
            change = total - self._before.get(name, 0)
            values[name] = total if name in _LEVELS or change < 0 else change
        self._before = totals
        record = {
            "_aws": {
                "Timestamp": now_ms,
                "CloudWatchMetrics": [
                    {
                        "Namespace": NAMESPACE,
                        "Dimensions": [["service", "feed"]],
                        "Metrics": [{"Name": name, "Unit": _UNITS[name]} for name in values],
                    }
                ],
            },
            "service": "ingester",
            "feed": self._feed,
            "state": report["state"],
            **values,
        }
        return msgspec.json.encode(record).decode()


def _totals(report: dict[str, Any]) -> dict[str, int]:
    counts = report["counts"]
    channels = counts["channels"].values()
    return {
        "Received": sum(channel["received"] for channel in channels),
        "Put": sum(channel["put"] for channel in channels),
        "Repeated": sum(channel["repeated"] for channel in channels),
        "Quarantined": sum(sum(channel["quarantined"].values()) for channel in channels),
        "Missing": sum(channel["missing"] for channel in channels),
        "Pending": sum(channel["pending"] for channel in channels),
        "Retried": counts["retried"],
        "Spilled": counts["spilled"],
        "Cuts": counts["cuts"],
        "BytesPut": counts["bytes_put"],
        "SpillBytes": report["spill_bytes"],
    }
