"""Promise: training writes a model that can be read, says what it stands on, and gives the shipped one again."""

import json
from pathlib import Path

import pytest
from surveillance import models
from surveillance.anomaly.forest import decode
from surveillance.simulation import Session, simulate
from typer.testing import CliRunner

from cli.main import app
from cli.simulate import write_events


def trained(out: Path, options: str = "", *files: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["train", *files, "--out", str(out), *options.split()])
    assert result.exit_code == 0, result.output
    told: dict[str, object] = json.loads(result.stdout)
    return told


def test_simulated_sessions_give_a_model(tmp_path: Path) -> None:
    told = trained(tmp_path / "model.json", "--sessions 1 --minutes 36 --trees 3 --samples 16")
    model = decode((tmp_path / "model.json").read_bytes())
    assert model.digest == told["digest"]
    assert len(model.first) == 3
    assert model.provenance["source"] == "simulated"
    assert model.provenance["orders_per_second"] == [3.0]


def test_recorded_events_give_a_model(tmp_path: Path) -> None:
    session = Session(seed=3, minutes=36, symbols=2, orders_per_second=3, scenarios={})
    write_events(simulate(session).events, tmp_path / "events.parquet")
    out = tmp_path / "model.json"
    trained(out, "--trees 2 --samples 16", str(tmp_path / "events.parquet"))
    assert decode(out.read_bytes()).provenance["files"] == ["events.parquet"]


def test_too_little_to_learn_from_gives_one_sentence(tmp_path: Path) -> None:
    options = "--sessions 1 --minutes 5 --trees 2 --samples 16"
    result = CliRunner().invoke(app, ["train", "--out", str(tmp_path / "model.json"), *options.split()])
    assert result.exit_code == 2
    assert "whole minutes are too few" in result.output
    assert not (tmp_path / "model.json").exists()


@pytest.mark.nightly
def test_shipped_model_is_grown_again(tmp_path: Path) -> None:
    told = trained(tmp_path / "model.json")
    shipped = decode(models.ISOLATION_FOREST.read_bytes())
    assert (told["digest"], told["scikit_learn"]) == (shipped.digest, shipped.provenance["scikit_learn"])
