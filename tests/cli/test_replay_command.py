"""`surveillance replay`: one JSON object, alerts sorted, exit 2 and no alert file for what can't be read."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from surveillance.alerts import decode
from surveillance.metric_rows import SCHEMA
from surveillance.wire import encode, table_of
from typer.testing import CliRunner, Result

from cli.main import app

OPEN = 1_772_461_800_000_000_000
SECOND = 1_000_000_000


def gap(seconds: float, symbol: str = "*", **fields: Any) -> dict[str, Any]:
    ts = OPEN + int(seconds * SECOND)
    return {"type": "status", "symbol": symbol, "ts": ts, "channel": "orders", "state": "gap", **fields}


def trade(seconds: float, symbol: str = "AAA", price: float = 10.0) -> dict[str, Any]:
    return {"type": "trade", "symbol": symbol, "ts": OPEN + int(seconds * SECOND), "price": price, "size": 100.0}


ROWS = [trade(0), gap(1, from_seq=2, to_seq=4), trade(2, "BBB"), gap(400, "AAA", from_seq=9, to_seq=9), trade(500)]


def replay(tmp_path: Path, *arguments: object, form: str = "events") -> Result:
    command = ["replay", *map(str, arguments), "--format", form, "--alerts", str(tmp_path / "alerts.ndjson")]
    return CliRunner().invoke(app, command)


def summary(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures


def written(tmp_path: Path) -> list[Any]:
    return [decode(line) for line in (tmp_path / "alerts.ndjson").read_bytes().splitlines()]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_bytes(encode(table_of(ROWS)))
    return path


def test_events_give_one_json_object_and_sorted_alerts(tmp_path: Path, events: Path) -> None:
    figures = summary(replay(tmp_path, events))
    assert set(figures) == {
        "events", "rejected", "untracked", "late", "duplicates", "alerts", "not_applicable", "seconds"
    }  # fmt: skip
    assert (figures["events"], figures["rejected"], figures["alerts"]) == (5, {}, {"sequence_gap": 2})
    assert "spoofing" in figures["not_applicable"]
    alerts = written(tmp_path)
    assert [alert.symbol for alert in alerts] == ["*", "AAA"]
    assert alerts == sorted(alerts, key=lambda alert: (alert.detected_ts, alert.alert_id))


def test_rejected_lines_are_counted_by_reason_on_top_of_events(tmp_path: Path, events: Path) -> None:
    events.write_bytes(events.read_bytes() + b'{"type":"trade"\n{"type":"tread","symbol":"A","ts":1}\n')
    figures = summary(replay(tmp_path, events))
    assert figures["events"] == 5
    assert figures["rejected"] == {"not_json": 1, "unknown_type": 1}


def test_repeated_numbers_are_events_and_duplicates(tmp_path: Path, events: Path) -> None:
    numbered = [{**row, "producer": "venue/orders", "number": place} for place, row in enumerate(ROWS, start=1)]
    events.write_bytes(encode(table_of([*numbered, *numbered])))
    figures = summary(replay(tmp_path, events))
    assert (figures["events"], figures["duplicates"], figures["alerts"]) == (10, 5, {"sequence_gap": 2})


@pytest.mark.parametrize("suffix", [".parquet", ".ndjson.gz"])
def test_other_wrappings_give_the_same_alerts(tmp_path: Path, events: Path, suffix: str) -> None:
    summary(replay(tmp_path, events))
    expected = (tmp_path / "alerts.ndjson").read_bytes()
    other = tmp_path / f"other{suffix}"
    if suffix == ".parquet":
        pq.write_table(table_of(ROWS), other)
    else:
        other.write_bytes(gzip.compress(events.read_bytes()))
    summary(replay(tmp_path, other))
    assert (tmp_path / "alerts.ndjson").read_bytes() == expected


def test_a_file_in_two_parts_or_in_a_folder_gives_the_same_alerts(tmp_path: Path, events: Path) -> None:
    summary(replay(tmp_path, events))
    expected = (tmp_path / "alerts.ndjson").read_bytes()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.ndjson").write_bytes(encode(table_of(ROWS[::2])))
    pq.write_table(table_of(ROWS[1::2]), folder / "a.parquet")
    (folder / "notes.txt").write_text("not of the format")
    for paths in ([folder], [folder / "b.ndjson", folder / "a.parquet"]):
        assert summary(replay(tmp_path, *paths))["events"] == 5
        assert (tmp_path / "alerts.ndjson").read_bytes() == expected


def test_a_filter_that_matches_nothing_leaves_an_empty_file(tmp_path: Path, events: Path) -> None:
    figures = summary(replay(tmp_path, events, "--date", "2020-01-01"))
    assert (figures["events"], figures["alerts"]) == (0, {})
    assert (tmp_path / "alerts.ndjson").read_bytes() == b""


def test_chosen_rules_alone_run(tmp_path: Path, events: Path) -> None:
    assert summary(replay(tmp_path, events, "--rules", "price_velocity"))["alerts"] == {}
    assert replay(tmp_path, events, "--rules", "pricevelocity").exit_code == 2


def test_parameters_are_applied_and_a_disabled_rule_is_not_listed(tmp_path: Path, events: Path) -> None:
    toml = tmp_path / "mine.toml"
    toml.write_text("[sequence_gap]\nmin_missing = 2\n[spoofing]\nenabled = 0\n")
    figures = summary(replay(tmp_path, events, "--parameters", toml))
    assert figures["alerts"] == {"sequence_gap": 1}
    assert "spoofing" not in figures["not_applicable"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("[spoof]\nx = 1\n", "spoof"), ("[spoofing]\nsize_multipel = 1\n", "size_multipel"), ("[spoofing", "TOML")],
)
def test_bad_parameters_end_with_one_sentence(tmp_path: Path, events: Path, text: str, sentence: str) -> None:
    toml = tmp_path / "mine.toml"
    toml.write_text(text)
    assert_refused(tmp_path, replay(tmp_path, events, "--parameters", toml), sentence)


def assert_refused(tmp_path: Path, result: Result, word: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert word in result.stderr
    assert not (tmp_path / "alerts.ndjson").exists()


DAMAGED = {
    "empty.ndjson": (b"", "empty"),
    "binary.ndjson": (bytes(range(256)) * 40, "binary.ndjson"),
    "picture.ndjson": (b"\x89PNG\r\n\x1a\n" + bytes(500), "picture.ndjson"),
    "cut.ndjson": (encode(table_of(ROWS))[:-20], "truncated"),
    "cut.ndjson.gz": (gzip.compress(encode(table_of(ROWS)))[:-15], "truncated"),
    "cut.parquet": (b"PAR1" + bytes(200), "truncated"),
    "other.ndjson": (b'{"a": 1}\n{"a": 2}\n', "other.ndjson"),
    "page.ndjson": (b"<html><body>503</body></html>\n", "web page"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_refused_and_leave_no_alert_file(tmp_path: Path, name: str) -> None:
    data, word = DAMAGED[name]
    (tmp_path / name).write_bytes(data)
    (tmp_path / "alerts.ndjson").write_text("of an earlier run")
    assert_refused(tmp_path, replay(tmp_path, tmp_path / name), word)


def test_other_formats_are_refused(tmp_path: Path, events: Path) -> None:
    for form in ("lobster", "bitstamp", "lean", "polygon", "bars"):
        assert_refused(tmp_path, replay(tmp_path, events, form=form), "events.ndjson")
    assert_refused(tmp_path, replay(tmp_path, events, form="csv"), "csv is no format")


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    assert_refused(tmp_path, replay(tmp_path, tmp_path / "gone.ndjson"), "does not exist")


def test_the_alert_file_is_never_an_input(tmp_path: Path, events: Path) -> None:
    before = events.read_bytes()
    result = CliRunner().invoke(app, ["replay", str(events), "--format", "events", "--alerts", str(events)])
    assert result.exit_code == 2
    assert events.read_bytes() == before


def test_accounts_and_instruments_are_read_as_text(tmp_path: Path, events: Path) -> None:
    accounts, instruments = tmp_path / "accounts.csv", tmp_path / "instruments.parquet"
    accounts.write_text("account,beneficial_owner\n007,Bond\n07,Other\n")
    pq.write_table(pa.table({"symbol": ["AAA"], "timezone": ["America/New_York"]}), instruments)
    summary(replay(tmp_path, events, "--accounts", accounts, "--instruments", instruments))
    assert "EST" in next(alert.explanation for alert in written(tmp_path) if alert.symbol == "AAA")
    accounts.write_text("account,entity_type\n1,robot\n")
    assert_refused(tmp_path, replay(tmp_path, events, "--accounts", accounts), "robot")


def test_a_symbol_filter_keeps_that_symbols_alerts_as_they_were(tmp_path: Path, events: Path) -> None:
    summary(replay(tmp_path, events))
    expected = [alert for alert in written(tmp_path) if alert.symbol == "AAA"]
    summary(replay(tmp_path, events, "--symbol", "AAA"))
    assert written(tmp_path) == expected


ALLOW = '[[allow]]\nrules = "sequence_gap"\nsymbols = "AAA"\nreason = "known outage"\nexpires = 2026-12-31\n'


def test_allowed_alerts_are_kept_as_suppressed_and_counted_apart(tmp_path: Path, events: Path) -> None:
    allow = tmp_path / "allow.toml"
    allow.write_text(ALLOW)
    figures = summary(replay(tmp_path, events, "--allow", allow))
    assert (figures["alerts"], figures["suppressed"]) == ({"sequence_gap": 2}, {"sequence_gap": 1})
    assert [(alert.symbol, alert.status) for alert in written(tmp_path)] == [("*", "open"), ("AAA", "suppressed")]
    allow.write_text(ALLOW.replace("2026-12-31", "2026-03-02"))
    assert summary(replay(tmp_path, events, "--allow", allow))["suppressed"] == {}


def test_a_bad_allow_list_ends_with_one_sentence(tmp_path: Path, events: Path) -> None:
    allow = tmp_path / "allow.toml"
    allow.write_text(ALLOW.replace("reason", "because"))
    assert_refused(tmp_path, replay(tmp_path, events, "--allow", allow), "because")
    assert_refused(tmp_path, replay(tmp_path, events, "--allow", tmp_path / "gone.toml"), "gone.toml")


def test_metrics_are_written_a_row_an_instrument_and_minute(tmp_path: Path, events: Path) -> None:
    path = tmp_path / "metrics.parquet"
    figures = summary(replay(tmp_path, events, "--metrics", path))
    rows = pq.read_table(path).select(["symbol", "ts", "revision", "trades", "close"]).to_pylist()
    assert figures["metrics"] == len(rows)
    assert rows == [
        {"symbol": "AAA", "ts": OPEN, "revision": revision, "trades": 1, "close": 10.0} for revision in (1, 2)
    ]
    assert replay(tmp_path, events).stdout
    assert figures["alerts"] == {"sequence_gap": 2}


def test_metrics_of_a_feed_without_markets_are_a_table_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(encode(table_of([gap(1, from_seq=2, to_seq=4)])))
    figures = summary(replay(tmp_path, path, "--metrics", tmp_path / "metrics.parquet"))
    table = pq.read_table(tmp_path / "metrics.parquet")
    assert (figures["metrics"], table.num_rows) == (0, 0)
    assert table.schema == SCHEMA


def test_alerts_and_metrics_in_one_file_are_refused(tmp_path: Path, events: Path) -> None:
    result = replay(tmp_path, events, "--metrics", tmp_path / "alerts.ndjson")
    assert result.exit_code == 2
    assert not (tmp_path / "alerts.ndjson").exists()
