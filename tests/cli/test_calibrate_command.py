"""Promise: every point of a grid is run and judged, the proposal is a parameter file that holds its evidence."""

import json
from pathlib import Path

import pytest
from surveillance.feeds import FORMATS, Options
from surveillance.reference import Reference
from typer.testing import CliRunner, Result

from cli import lane_runs, recording, tables
from cli.main import app
from cli.sources import readings
from cli.tables import read_parameters

SIMULATED = "--minutes 6 --symbols 2 --orders-per-second 3 --scenarios spoofing=2 --difficulty 0.2 --seed 4"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("session")
    tables = [f"--{name}={folder / name}.csv" for name in ("accounts", "instruments")]
    files = [f"--out={folder / 'e.parquet'}", f"--labels={folder / 'l.ndjson'}", *tables]
    assert CliRunner().invoke(app, ["simulate", *files, *SIMULATED.split()]).exit_code == 0
    return folder


def calibrate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["calibrate", *map(str, arguments)])


def of_session(folder: Path, out: Path, *more: object) -> Result:
    known = ("--accounts", folder / "accounts.csv", "--instruments", folder / "instruments.csv")
    return calibrate("spoofing", folder / "e.parquet", *known, "--out", out, "--jobs", 1, *more)


def test_labelled_session_gives_precision_and_recall_by_point(session: Path, tmp_path: Path) -> None:
    out = tmp_path / "proposal.toml"
    tried = ("--try", "size_multiple=1000,2:3:1", "--try", "cool_down_s=60")
    result = of_session(session, out, *tried, "--labels", session / "l.ndjson", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    multiples = [point["values"]["size_multiple"] for point in told["points"]]
    assert multiples[1:] == [1000, 2, 3]
    assert [point["present"] for point in told["points"]] == [True, False, False, False]
    blind, keen = told["points"][1], told["points"][2]
    assert (blind["alerts"], blind["recall"], blind["precision"]) == (0, 0, None)
    assert (keen["scenarios"], keen["recall"]) == (2, 1)
    assert sum(keen["per_hour"].values()) == pytest.approx(keen["alerts"] / told["instrument_hours"])
    assert 0.15 < told["instrument_hours"] <= 0.25
    assert told["proposed"]["size_multiple"] != 1000


def test_proposal_reads_back_as_the_parameters_it_was_measured_with(session: Path, tmp_path: Path) -> None:
    out = tmp_path / "proposal.toml"
    result = of_session(session, out, "--try", "size_multiple=2.5", "--try", "cool_down_s=61")
    assert result.exit_code == 0, result.output
    text = out.read_text()
    assert read_parameters([out]).hash("spoofing") in text
    assert "# |" in text
    assert "e.parquet, without labels" in text


def test_simulated_seeds_bring_their_own_labels(tmp_path: Path) -> None:
    options = "--seeds 3 --each 1 --quiet-each 0 --orders-per-second 3 --difficulty 0.2 --jobs 1 --json"
    out = tmp_path / "p.toml"
    result = calibrate("fat_finger", "--try", "enabled=0", "--out", out, *options.split())
    assert result.exit_code == 0, result.output
    present, off = json.loads(result.stdout)["points"]
    assert (present["scenarios"], present["recall"], off["alerts"]) == (1, 1, 0)


def test_recording_in_other_lanes_and_processes_is_judged_alike(session: Path, tmp_path: Path) -> None:
    found = []
    for lanes, jobs in ((1, 1), (3, 2)):
        (reading,) = readings([session / "e.parquet"], FORMATS["events"], Options())
        folder = tmp_path / str(lanes)
        folder.mkdir()
        known = Reference(
            tables.read_instruments(session / "instruments.csv"), tables.read_accounts(session / "accounts.csv")
        )
        held = recording.record(reading, folder, lanes, known)
        tasks = lane_runs.tasks_of(held, lane_runs.known_rules(["spoofing"]), [])
        found.append(lane_runs.joined(lane_runs.in_processes(lane_runs.perform, tasks, jobs)))
    assert found[0].alerts
    assert found[0].alerts == found[1].alerts


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["spoofingg", "--try", "a=1", "--seeds", "1"], "spoofingg is no rule; there are spoofing,"),
        (["spoofing", "--seeds", "1"], "--try says which values to try"),
        (["spoofing", "--try", "sise=1", "--seeds", "1"], "sise is no parameter of this rule; there are"),
        (["spoofing", "--try", "size_multiple=x", "--seeds", "1"], "size_multiple=x is no name=VALUE,..."),
        (["spoofing", "--try", "size_multiple=5:1:1", "--seeds", "1"], "size_multiple=5:1:1 is no name=VALUE,..."),
        (["spoofing", "--try", "size_multiple=-1", "--seeds", "1"], "size_multiple = -1 lies outside"),
        (["spoofing", "--try", "enabled=1"], "Give either files of recorded sessions or --seeds"),
        (["spoofing", "nowhere.ndjson", "--try", "enabled=1"], "nowhere.ndjson does not exist."),
        (["spoofing", "--try", "enabled=1", "--seeds", "x"], "--seeds takes numbers and ranges, not x."),
    ],
)
def test_bad_input_gives_one_sentence(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    result = calibrate(*arguments, "--out", tmp_path / "p.toml")
    assert result.exit_code == 2
    assert sentence in result.output
    assert not (tmp_path / "p.toml").exists()


def test_rule_without_its_input_is_told(tmp_path: Path) -> None:
    bars = tmp_path / "bars.ndjson"
    bars.write_text('{"type":"news","symbol":"A","ts":1772461800000000000,"news_id":"1","headline":"h"}\n')
    result = calibrate("spoofing", bars, "--try", "enabled=1", "--out", tmp_path / "p.toml")
    assert result.exit_code == 2
    assert "spoofing has nothing to work on: the input has no orders." in result.output
