"""Promise: the SQL that Athena gets gives on its engine, Trino, what DuckDB gives, model by model and row by row."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.history import lakes
from tests.history.varied_rows import write_varied

REPOSITORY = Path(__file__).resolve().parents[2]
JARS = REPOSITORY / ".local" / "trino"
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(
        not any(JARS.glob("trino-main-*.jar")), reason="Trino is not here; `make test-trino` fetches it"
    ),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),  # dbt's own
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    lakes.write_raw(folder, lakes.invented())
    lakes.write_reports(folder)
    write_varied(folder)
    result = CliRunner().invoke(app, ["history", "build", "--lake", str(folder)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return folder


def test_every_model_increment_and_test_says_on_trino_what_it_says_on_duckdb(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(REPOSITORY / "athena" / "tools")
    import compare_with_trino

    found = compare_with_trino.compare(lake, tmp_path, JARS)
    sys.stdout.write(compare_with_trino.table(found))
    assert {each.name: each.why for each in found if each.why} == {}
    assert [each.name for each in found if each.columns and not each.rows] == []
