"""`surveillance simulate`: the same seed gives the same files, and replay reads them."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from cli.main import app

SMALL = ("--minutes", "1", "--symbols", "1", "--orders-per-second", "5")


def simulate(folder: Path, suffix: str, *more: str) -> Result:
    folder.mkdir(exist_ok=True)
    tables = ("--accounts", str(folder / "a.csv"), "--instruments", str(folder / "i.csv"))
    out = ("--out", str(folder / f"e{suffix}"), "--labels", str(folder / "l.ndjson"))
    return CliRunner().invoke(app, ["simulate", *out, *tables, *SMALL, *more])


@pytest.mark.parametrize("suffix", [".ndjson", ".parquet"])
def test_a_seed_gives_the_same_files_which_replay_reads(tmp_path: Path, suffix: str) -> None:
    for name in ("first", "second"):
        result = simulate(tmp_path / name, suffix, "--scenarios", "none", "--seed", "7")
        assert result.exit_code == 0, result.output
    for file in (f"e{suffix}", "l.ndjson", "a.csv", "i.csv"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()
    folder = tmp_path / "first"
    assert (folder / "l.ndjson").read_bytes() == b""
    command = ["replay", str(folder / f"e{suffix}"), "--format", "events", "--alerts", str(tmp_path / "alerts.ndjson")]
    reference = ["--accounts", str(folder / "a.csv"), "--instruments", str(folder / "i.csv")]
    replayed = CliRunner().invoke(app, [*command, *reference])
    assert replayed.exit_code == 0, replayed.output
    figures = json.loads(replayed.stdout)
    assert figures["events"] == json.loads(result.stdout)["events"] > 100
    assert figures["rejected"] == {}


def test_parquet_holds_only_the_fields_present(tmp_path: Path) -> None:
    simulate(tmp_path, ".parquet", "--scenarios", "none")
    table = pq.read_table(tmp_path / "e.parquet")
    assert all(table.column(name).null_count < table.num_rows for name in table.column_names)


@pytest.mark.parametrize(
    "wrong", [("--scenarios", "spoofing=x"), ("--scenarios", "unheard_of=1"), ("--difficulty", "2"), ("--minutes", "0")]
)
def test_impossible_sessions_are_refused_in_a_sentence(tmp_path: Path, wrong: tuple[str, str]) -> None:
    result = simulate(tmp_path, ".ndjson", *wrong)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_events_of_another_suffix_are_refused(tmp_path: Path) -> None:
    assert simulate(tmp_path, ".txt").exit_code == 2
