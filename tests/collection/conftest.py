from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collection.collecting import Collecting
from tests.collection.vendor_server import Vendor, vendor


@pytest.fixture
def played() -> Iterator[Vendor]:
    with vendor() as one:
        yield one


@pytest.fixture
def collecting(played: Vendor, tmp_path: Path) -> Collecting:
    return Collecting(played, tmp_path / "lake")
