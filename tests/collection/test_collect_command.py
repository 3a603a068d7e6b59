"""`surveillance collect` tells what it got, and in one sentence what it could not."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.collection.collecting import table_rows
from tests.collection.vendor_server import KEY, Reply, Vendor, paged

SPLITS = "/v3/reference/splits"


def run(vendor: Vendor, lake: Path, *arguments: str) -> Any:
    fixed = ["--lake", str(lake), "--endpoint", vendor.url, "--requests-per-minute", "60000"]
    return CliRunner().invoke(app, ["collect", *arguments, *fixed])


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", KEY)
    monkeypatch.delenv("FMP_API_KEY", raising=False)


def test_a_range_of_days_is_collected_and_told(played: Vendor, tmp_path: Path) -> None:
    split = {"execution_date": "2024-02-05", "split_from": 1, "split_to": 2}
    paged(played, SPLITS, [[{**split, "ticker": "A"}], [{**split, "ticker": "B"}]])
    done = run(played, tmp_path, "polygon", "splits", "--from", "2024-02-01", "--to", "2024-02-29")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["rows"], told["requests"], told["complete"]) == ({"raw_splits": 2}, 2, True)
    assert [row["symbol"] for row in table_rows(tmp_path, "raw_splits")] == ["A", "B"]


def test_something_that_could_not_be_had_exits_with_one(played: Vendor, tmp_path: Path) -> None:
    played.routes[SPLITS] = lambda asked: Reply(status=400, body=b"no such order")
    done = run(played, tmp_path, "polygon", "splits", "--to", "2024-02-29")
    assert done.exit_code == 1
    assert done.stderr.strip() == f"Polygon.io (Massive) refused {SPLITS} (HTTP 400: no such order)."
    assert json.loads(done.stdout)["complete"] is False


@pytest.mark.parametrize(("arguments", "words"), [
    (["polygon", "weather"], "no dataset; there are polygon grouped_daily"),
    (["polygon", "splits", "--from", "2024-03-01", "--to", "2024-02-01"], "lies after --to"),
    (["polygon", "aggregates", "--to", "2024-02-01", "--symbols", "A", "--interval", "3m"], "no bars of 3m"),
    (["polygon", "ticker_details", "--to", "2024-02-01"], "none is named"),
    (["polygon", "ticker_details", "--symbols-file", "/nowhere"], "can't be read as a list of symbols"),
    (["fmp", "grades", "--symbols", "A"], "set FMP_API_KEY"),
])  # fmt: skip
def test_a_call_that_makes_no_sense_ends_with_one_sentence(
    played: Vendor, tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = run(played, tmp_path, *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_wrong_key_is_told_in_one_sentence_without_it(
    played: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", "wrong-key")
    done = run(played, tmp_path, "polygon", "splits", "--to", "2024-02-29")
    assert (done.exit_code, done.stderr) == (2, "Polygon.io (Massive) refuses the key (HTTP 401).\n")
    assert done.stdout == ""
