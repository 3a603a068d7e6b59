"""Law 3's sums count each line once, whatever was landed twice, and say by how much they fail."""

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from surveillance.reconciliation import Equation

from local.reconcile import LakeCount, Reconciliation, consumer_equations, count_lake, quarantined_lines

LANES = 4


def land(lake: Path, name: str, *rows: dict[str, Any]) -> None:
    folder = lake / "events" / "year=2024" / "month=01"
    folder.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([("producer", pa.string()), ("number", pa.int64()), ("symbol", pa.string())])
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), folder / f"{name}.parquet")


def row(number: int | None, symbol: str = "A", producer: str | None = "venue/orders") -> dict[str, Any]:
    return {"producer": producer, "number": number, "symbol": symbol}


def test_an_empty_lake_counts_nothing(tmp_path: Path) -> None:
    assert count_lake(tmp_path, LANES) == LakeCount(0, 0, 0, 0, 0, 0)


def test_rows_landed_twice_count_once(tmp_path: Path) -> None:
    land(tmp_path, "one", row(1), row(2))
    land(tmp_path, "two", row(2), row(3))
    lake = count_lake(tmp_path, LANES)
    assert (lake.rows, lake.distinct, lake.venue) == (4, 3, 3)


def test_an_event_of_every_lane_counts_once_a_lane_and_once_for_the_venue(tmp_path: Path) -> None:
    land(tmp_path, "one", *[row(1, "*")] * LANES, row(2))
    land(tmp_path, "two", *[row(1, "*")] * 2)
    lake = count_lake(tmp_path, LANES)
    assert (lake.rows, lake.distinct, lake.venue, lake.copies) == (7, 5, 2, 3)


def test_a_lost_copy_of_an_event_of_every_lane_is_missed(tmp_path: Path) -> None:
    land(tmp_path, "one", *[row(1, "*")] * (LANES - 1))
    assert count_lake(tmp_path, LANES).distinct == LANES - 1


def test_rows_without_a_number_are_never_taken_for_one_another(tmp_path: Path) -> None:
    land(tmp_path, "one", row(None), row(None), row(1, producer=None), row(1, producer=None))
    assert count_lake(tmp_path, LANES).distinct == 4


def test_the_ingester_s_own_statuses_are_not_the_venue_s(tmp_path: Path) -> None:
    land(tmp_path, "one", row(1), row(1, producer="venue/status"))
    lake = count_lake(tmp_path, LANES)
    assert (lake.distinct, lake.venue, lake.own) == (2, 1, 1)


def test_lines_of_the_error_prefix_count_once(tmp_path: Path) -> None:
    folder = tmp_path / "events-errors" / "format-conversion-failed"
    folder.mkdir(parents=True)
    lines = [b"{bad\n{worse\n", b"{bad"]
    documents = [json.dumps({"rawData": base64.b64encode(line).decode()}) for line in lines]
    (folder / "object").write_text("\n".join(documents) + "\n")
    (folder / "object.meta.json").write_text("{}")
    assert count_lake(tmp_path, LANES).errors == 2


def test_quarantined_lines_are_counted_in_every_object(tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / "a.ndjson").write_text("{}\n{}\n")
    (tmp_path / "day" / "a.ndjson.meta.json").write_text("{}\n")
    (tmp_path / "b.ndjson").write_text("{}\n")
    assert quarantined_lines(tmp_path) == 3


def test_an_equation_says_its_terms_and_by_how_much_it_fails() -> None:
    assert Equation("All", {"sent": 1200}, {"a": 1000, "b": 200}).sentence() == (
        "All: 1,200 sent = 1,000 a + 200 b  [holds]"
    )
    assert Equation("All", {"sent": 3}, {"a": 1}).sentence().endswith("[FAILS by +2]")


def test_lines_that_came_again_are_in_kinesis_but_not_among_the_events() -> None:
    consumer = Counter(lines=12, events=7, late=2, duplicates=3, stale_producer=0, rejected=1, quarantined=1)
    read, landed = consumer_equations(consumer, LakeCount(rows=10, distinct=9, errors=0, venue=9, copies=0, own=0))
    assert read.right == {
        "processed": 5, "duplicate": 3, "stale producer": 0, "late": 2, "rejected": 1, "quarantined": 1,
    }  # fmt: skip
    assert read.holds
    assert landed.holds


def test_a_witness_that_was_not_heard_is_told_beside_the_equations() -> None:
    told = Reconciliation((Equation("Landed", {"lines": 2}, {"rows": 2}),), 0, "The ingester was not heard.")
    assert told.holds
    assert told.sentences() == ["Landed: 2 lines = 2 rows  [holds]", "The ingester was not heard."]
