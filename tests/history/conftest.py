"""One build of a small lake for all tests of history."""

from pathlib import Path
from typing import Any

import pytest

from tests.history import lakes
from tests.history.builds import build


@pytest.fixture(scope="session")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]]]:
    lake = tmp_path_factory.mktemp("history")
    lakes.write_raw(lake, lakes.invented(), until=lakes.NEW_FROM)
    lakes.write_reports(lake)
    lakes.write_events(lake)
    lakes.write_alerts(lake, [("a", 1, "open"), ("b", 1, "closed_true")], 15)
    lakes.write_alerts(lake, [("a", 2, "closed_false")], 16)
    return lake, build(lake, "--unit-tests")
