"""One small local stack for all tests of this folder that need one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import LocalStack
from tests.local.small_app import write_assembly


@pytest.fixture(scope="session")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journal") / "journal"


@pytest.fixture(scope="session")
def small_stack(tmp_path_factory: pytest.TempPathFactory, journal: Path) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("local")
    assembly = write_assembly(folder / "assembly", journal)
    with LocalStack(folder / "state", assembly=assembly, landing_seconds=0.5, cache_dir=folder / "cache") as stack:
        yield stack
