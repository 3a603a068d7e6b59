"""Metric lines carry what happened since the line before, in CloudWatch's embedded format."""

import json
from typing import Any

from ingester.counts import Counts
from ingester.metrics import MetricLog
from ingester.record import Record


def report(counts: Counts) -> dict[str, Any]:
    return {"state": "reading", "counts": counts.report(), "spill_bytes": 5}


def test_lines_hold_changes_and_levels() -> None:
    counts, log = Counts(), MetricLog("venue")
    counts.of("orders").received = 10
    counts.of("orders").quarantined["not_json"] = 1
    first = json.loads(log.line(report(counts), 1_000))
    counts.of("trades").received = 4
    counts.put(Record(0, b"xx", {"orders": 9}, 0, {}))
    second = json.loads(log.line(report(counts), 2_000))
    assert (first["Received"], first["Quarantined"], first["Pending"]) == (10, 1, 9)
    assert (second["Received"], second["Quarantined"], second["Put"], second["Pending"]) == (4, 0, 9, 4)
    assert (second["SpillBytes"], second["BytesPut"]) == (5, 2)
    metadata = second["_aws"]["CloudWatchMetrics"][0]
    assert metadata["Namespace"] == "Surveillance"
    assert {metric["Name"] for metric in metadata["Metrics"]} <= second.keys()
    assert all(name in second for name in metadata["Dimensions"][0])


def test_counters_that_began_anew_with_a_lease_never_go_down() -> None:
    log = MetricLog("venue")
    counts = Counts()
    counts.of("orders").received = 10
    log.line(report(counts), 1)
    anew = Counts()
    anew.of("orders").received = 3
    assert json.loads(log.line(report(anew), 2))["Received"] == 3
