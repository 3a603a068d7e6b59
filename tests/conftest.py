"""Folders whose tests share what is slow to make: a folder is one worker's, so that it is made once."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
TOGETHER = ("history", "infra", "simulation")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        if folder in TOGETHER and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(folder))
