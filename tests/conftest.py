"""What holds for all tests: drawn examples are the same in each run, and tests that share what is slow to make are one
worker's, begun first.
"""

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile("same", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile("same")

# The starts of the paths, below this folder, whose tests are kept together.
TOGETHER = (
    "batch",
    "declared",
    "end_to_end",
    "evaluation",
    "glue_jobs",
    "history",
    "infra",
    "local/test_local_stack",
    "simulation",
)


def group_of(nodeid: str) -> str:
    """The shared folder or file of a test, else the test itself."""
    within = nodeid.removeprefix("tests/")
    return next((start for start in TOGETHER if within.startswith(start)), nodeid)


class ByGroup(LoadScopeScheduling):
    """xdist's own groups are lost between its workers and its scheduler with this version of pytest."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByGroup:
    config.option.loadscopereorder = False
    return ByGroup(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: group_of(item.nodeid) not in TOGETHER)
