"""Promise: a back-test finds what a replay finds, however the work is cut, and tells episodes apart by their fate."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from surveillance.alerts import decode
from typer.testing import CliRunner, Result

from cli.main import app

SIMULATED = "--minutes 8 --symbols 5 --orders-per-second 4 --scenarios spoofing=3,layering=2,sequence_gap=1 --seed 6"
LOOSER = "[spoofing]\nsize_multiple = 1.5\ncool_down_s = 61\n"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("session")
    tables = [f"--{name}={folder / name}.csv" for name in ("accounts", "instruments")]
    (folder / "plain").mkdir()
    events = folder / "plain" / "e.parquet"
    assert CliRunner().invoke(app, ["simulate", f"--out={events}", *tables, *SIMULATED.split()]).exit_code == 0
    replay = ["replay", str(events), "--format", "events", f"--alerts={folder / 'replayed.ndjson'}", *tables]
    assert CliRunner().invoke(app, replay).exit_code == 0
    _as_lake(pq.read_table(events), folder / "lake" / "events")
    return folder


def _as_lake(events: pa.Table, folder: Path) -> None:
    """Land rows as Firehose might: two shards abreast, out of order between files, some rows twice."""
    count = events.num_rows
    events = (
        events.append_column("received_ts", events.column("ts")) if "received_ts" not in events.column_names else events
    )
    events = events.append_column("producer", pa.array(["sim/orders"] * count))
    events = events.append_column("number", pa.array(range(1, count + 1), pa.int64()))
    for part in range(6):
        first, last = part * count // 6, (part + 1) * count // 6
        for shard in (1, 0):
            rows = [row for row in range(max(first - 3 * shard, 0), last) if row % 2 == shard or row >= last - 5]
            place = folder / "year=2026" / "month=03" / f"day={2 + part // 3:02d}" / f"hour={part % 3:02d}"
            place.mkdir(parents=True, exist_ok=True)
            pq.write_table(events.take(rows), place / f"events-1-{part}-{1 - shard}.parquet")


def backtest(folder: Path, lake: object, *more: object) -> Result:
    known = ("--accounts", folder / "accounts.csv", "--instruments", folder / "instruments.csv")
    return CliRunner().invoke(app, ["backtest", "--lake", str(lake), *map(str, (*known, *more))])


def alerts_of(path: Path) -> list[Any]:
    return [decode(line) for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize(("lanes", "jobs"), [(1, 1), (16, 1), (5, 2)])
def test_lanes_and_processes_change_no_alert(session: Path, tmp_path: Path, lanes: int, jobs: int) -> None:
    out = tmp_path / "alerts.ndjson"
    result = backtest(session, session / "plain", "--alerts", out, "--lanes", lanes, "--jobs", jobs, "--json")
    assert result.exit_code == 0, result.output
    assert len(alerts_of(out)) > 3
    assert out.read_bytes() == (session / "replayed.ndjson").read_bytes()
    told = json.loads(result.stdout)
    assert (told["gained"], told["lost"], told["changed"]) == ([], [], [])
    assert told["kept"] == len(alerts_of(out))


def test_lake_that_landed_out_of_order_and_twice_gives_the_alerts_of_the_session(session: Path, tmp_path: Path) -> None:
    out = tmp_path / "alerts.ndjson"
    result = backtest(session, session / "lake", "--alerts", out, "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert out.read_bytes() == (session / "replayed.ndjson").read_bytes()


def test_days_are_those_of_arrival(session: Path) -> None:
    events = []
    for days in (("--to", "2026-03-02"), ("--from", "2026-03-03"), ()):
        result = backtest(session, session / "lake", *days, "--rules", "sequence_gap", "--jobs", 1, "--json")
        assert result.exit_code == 0, result.output
        events.append(json.loads(result.stdout)["events"])
    assert 0 < events[0] < events[2]
    assert events[2] <= events[0] + events[1] <= events[2] + 20  # some rows landed on both days


def test_parameter_sets_are_compared_by_episode(session: Path, tmp_path: Path) -> None:
    (tmp_path / "looser.toml").write_text(LOOSER)
    more = ("--parameters", tmp_path / "looser.toml", "--rules", "spoofing,layering", "--json", "--jobs", 1)
    told = json.loads(backtest(session, session / "plain", *more).stdout)
    assert set(told["rules"]) <= {"spoofing", "layering"}
    assert told["lost"] == []
    assert told["kept"] > 0
    fates = [sum(counts[fate] for counts in told["rules"].values()) for fate in ("gained", "changed", "kept")]
    assert sum(fates) == sum(told["alerts"].values())


def test_alerts_of_another_version_are_compared_by_episode(session: Path, tmp_path: Path) -> None:
    lines = (session / "replayed.ndjson").read_bytes().splitlines(keepends=True)
    kept, lost, changed = (json.loads(line) for line in lines[:3])
    lost |= {"episode_key": "of-old"}
    changed |= {"score": 0.01, "alert_id": "another"}
    older = tmp_path / "older.ndjson"
    older.write_text("".join(json.dumps(each) + "\n" for each in (kept, lost, changed)))
    told = json.loads(backtest(session, session / "plain", "--against-alerts", older, "--json", "--jobs", 1).stdout)
    assert [each["episode_key"] for each in told["lost"]] == ["of-old"]
    assert [list(each["fields"]) for each in told["changed"]] == [["score"]]
    assert told["kept"] == 1
    assert len(told["gained"]) == len(lines) - 2


def test_table_names_what_was_gained_and_lost(session: Path, tmp_path: Path) -> None:
    (tmp_path / "off.toml").write_text("[spoofing]\nenabled = 0\n")
    result = backtest(session, session / "plain", "--parameters", tmp_path / "off.toml", "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert "| spoofing | 0 | " in result.stdout
    assert "\n- 2026-03-02" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--lake", "nowhere"], "nowhere is no folder."),
        (["--lake", "local", "--state", "{tmp}"], "No local stack is up"),
        (["--lake", "{lake}", "--from", "2030-01-01"], "The lake holds no events that arrived from 2030-01-01"),
        (["--lake", "{lake}", "--from", "2026-03-03", "--to", "2026-03-02"], "--from 2026-03-03 lies after --to"),
        (["--lake", "{lake}", "--rules", "spoof"], "spoof is no rule; there are"),
        (["--lake", "{lake}", "--against-alerts", "nothing.ndjson"], "nothing.ndjson can't be read"),
        (["--lake", "{tmp}"], "is a folder without a file of market events."),
    ],
)
def test_bad_input_gives_one_sentence(session: Path, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    places = {"tmp": tmp_path, "lake": session / "lake"}
    result = CliRunner().invoke(app, ["backtest", *(each.format(**places) for each in arguments)])
    assert result.exit_code == 2
    assert sentence in result.output
