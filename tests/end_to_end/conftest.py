"""One local stack for all tests of this folder, and the sessions they send through it."""

from collections.abc import Iterator

import pytest

from local.stack import LocalStack
from tests.end_to_end.live_run import CONTEXT, LiveStack
from tests.end_to_end.sessions import AAPL_DAY, Recording, aapl_day, simulated_session


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    folder = tmp_path_factory.mktemp("end_to_end")
    with LocalStack(folder, CONTEXT, run_services=False, run_poller=False, landing_seconds=1) as stack:
        yield LiveStack(stack)


@pytest.fixture(scope="session")
def simulated() -> Recording:
    return simulated_session()


@pytest.fixture(scope="session")
def recorded_day() -> Recording:
    if not AAPL_DAY.exists():
        pytest.skip(f"{AAPL_DAY.name} is not here")
    return aapl_day()
