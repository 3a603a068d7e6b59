"""Law 3 in figures: nothing is dropped silently between the feed, Kinesis, the rules and the lake. Counts are of lines.

Three witnesses that do not ask each other: the ingester's confirmed puts, the checkpoints, the files of the lake.
Rows of the lake are distinct by (producer, number, lane); the lane follows from the symbol, `*` stands in every lane.
"""

import base64
import json
import urllib.request
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from surveillance.reconciliation import Equation

from local.stack import LocalStack

OWN_STATUS = "/status"
"""The end of the producer that an ingester writes its own statuses as."""


class Reconciliation(msgspec.Struct, frozen=True):
    """The law's equations for one run."""

    equations: tuple[Equation, ...]
    duplicate_rows: int
    """Rows that the lake holds more than once, because landing is at least once."""
    remark: str = ""
    """Why a witness was not heard, if one was not."""

    @property
    def holds(self) -> bool:
        return all(equation.holds for equation in self.equations)

    def sentences(self) -> list[str]:
        told = [equation.sentence() for equation in self.equations]
        return [*told, self.remark] if self.remark else told


class LakeCount(msgspec.Struct, frozen=True):
    """What the lake holds of events. `venue` counts distinct lines that a venue sent, a `*` event once."""

    rows: int
    distinct: int
    errors: int
    venue: int
    copies: int
    own: int


def reconcile(stack: LocalStack, sent: int | None = None) -> Reconciliation:
    """Compare the witnesses, once the stack is drained.

    `sent` is the number of distinct lines that the venue sent, where the caller knows it: then the law is also checked
    across ingesters that were killed or lost their lease, whose own counters are gone.
    """
    lanes = int(stack.names.get("LANES", "16"))
    lake = count_lake(stack.lake_path, lanes)
    consumer = consumer_counts(stack.client("dynamodb"), stack.names["CHECKPOINT_TABLE"])
    ingester = ingester_counts(stack.health_port) if stack.services and stack.services[0].alive else None
    equations = []
    remark = ""
    if ingester is not None and stack.services[0].starts == ingester["leases_taken"] == 1:
        equations += ingester_equations(ingester, consumer)
    elif stack.services:
        remark = (
            "The ingester's own counters are left out: it ended, or took its lease more than once, and what a "
            "holder of the lease had not seen confirmed is unknown to the next."
        )
    if sent is not None:
        turned_away = quarantined_lines(stack.lane_path / "quarantine" / "ingester")
        equations.append(
            Equation(
                "Sent by the venue",
                {"sent": sent},
                {
                    "quarantined at the ingester": turned_away,
                    "distinct in the lake": lake.venue,
                    "in the error prefix": lake.errors,
                },
            )
        )
    equations += consumer_equations(consumer, lake)
    return Reconciliation(tuple(equations), lake.rows - lake.distinct, remark)


def ingester_equations(ingester: Mapping[str, int], consumer: Mapping[str, int]) -> list[Equation]:
    """Compare the ingester's counters with themselves and with the checkpoints' sums."""
    return [
        Equation(
            "Received by the ingester",
            {"received": ingester["received"]},
            {name: ingester[name] for name in ("repeated", "quarantined", "put", "pending")},
        ),
        Equation(
            "Put into Kinesis",
            {name: ingester[name] for name in ("put", "copies", "recovered")},
            {"distinct in Kinesis": consumer["lines"] - consumer["duplicates"]},
        ),
    ]


def consumer_equations(consumer: Mapping[str, int], lake: LakeCount) -> list[Equation]:
    """Compare the checkpoints' sums with themselves and with the lake."""
    processed = consumer["events"] - consumer["late"]
    lines = consumer["lines"]
    duplicates = consumer["duplicates"]
    return [
        Equation(
            "Read from Kinesis",
            {"distinct": lines - duplicates, "again": duplicates},
            {
                "processed": processed,
                "duplicate": duplicates,
                "stale producer": consumer["stale_producer"],
                "late": consumer["late"],
                "rejected": consumer["rejected"],
                "quarantined": consumer["quarantined"],
            },
        ),
        Equation(
            "Landed in the lake",
            {"distinct in Kinesis": lines - duplicates},
            {"distinct rows": lake.distinct, "in the error prefix": lake.errors},
        ),
    ]


def count_lake(lake: Path, lanes: int) -> LakeCount:
    """Count rows and distinct rows of the events' Parquet files, and lines in the error prefix."""
    errors = len(set(_error_lines(lake / "events-errors")))
    if not any((lake / "events").glob("**/*.parquet")):
        return LakeCount(0, 0, errors, 0, 0, 0)
    rows = f"read_parquet('{lake}/events/**/*.parquet', hive_partitioning = false)"
    query = f"""
        with counted as (
            select producer, number, symbol, count(*) as copies
            from {rows} group by producer, number, symbol
        ), distinct_rows as (
            select *, case
                when producer is null or number is null then copies
                when symbol = '*' then least(copies, {lanes})
                else 1 end as distinct_copies,
                producer is not null and ends_with(producer, '{OWN_STATUS}') as own
            from counted
        )
        select
            coalesce(sum(copies), 0), coalesce(sum(distinct_copies), 0),
            count(*) filter (where not own), coalesce(sum(distinct_copies) filter (where own), 0),
            coalesce(sum(distinct_copies - 1) filter (where symbol = '*' and not own), 0)
        from distinct_rows
    """  # noqa: S608
    counted, distinct, venue, own, copies = (int(value) for value in duckdb.sql(query).fetchall()[0])
    return LakeCount(counted, distinct, errors, venue, copies, own)


def _error_lines(folder: Path) -> Iterable[bytes]:
    for path in objects(folder):
        for document in path.read_text().splitlines():
            yield from (line for line in base64.b64decode(json.loads(document)["rawData"]).split(b"\n") if line.strip())


def objects(folder: Path) -> list[Path]:
    """Give the files of a prefix that are objects, without the emulator's notes about them."""
    return sorted(path for path in folder.glob("**/*") if path.is_file() and not path.name.endswith(".meta.json"))


def quarantined_lines(folder: Path) -> int:
    """Count the lines in the NDJSON objects of a quarantine prefix."""
    return sum(path.read_bytes().count(b"\n") for path in objects(folder))


def consumer_counts(dynamodb: Any, table: str) -> Counter[str]:
    """Add up the counters of all lanes' checkpoints."""
    total: Counter[str] = Counter()
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            for name, value in item.get("counts", {}).get("M", {}).items():
                total[name] += int(value["N"])
    return total


def ingester_counts(port: int) -> Counter[str]:
    """Add up the counters of all feeds and channels of the ingester that answers on a port."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/counts", timeout=5) as answer:
        report = json.load(answer)
    total: Counter[str] = Counter()
    for feed in report["feeds"].values():
        counts = feed["counts"]
        total["leases_taken"] = max(total["leases_taken"], feed["leases_taken"])
        total["copies"] += counts["copies_put"]
        total["recovered"] += counts["recovered"]
        for channel in counts["channels"].values():
            for name in ("received", "repeated", "put", "pending"):
                total[name] += channel[name]
            total["quarantined"] += sum(channel["quarantined"].values())
    return total
