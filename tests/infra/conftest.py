"""One synthesis of each kind for all tests of the deployment."""

import pytest

from infra.app import synthesise
from tests.infra.assembly import Assembly, read_back
from tests.infra.bare_program import run

ANALYSTS = "arn:aws:quicksight:eu-west-1:111122223333:group/default/analysts"
SUBSCRIBED = {
    "emails": [
        "desk@example.com",
        {"endpoint": "chief@example.com", "alert_severity": "critical", "symbols": ["AAPL"]},
    ],
    "phones": "+12025550123",
    "webhooks": [{"endpoint": "https://example.com/hook", "rules": ["spoofing", "layering"]}],
    "operator_emails": "night@example.com",
    "dashboards": {"authors": [ANALYSTS]},
}


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """What cdk.json deploys, with some subscribers; written by a bare program."""
    folder = tmp_path_factory.mktemp("production")
    done = run(SUBSCRIBED, folder / "assembly", folder)
    assert done.returncode == 0, done.stderr
    return read_back(folder / "assembly")


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """A deployment that may lose its data, with enhanced fan-out, a recorded feed and no history."""
    feed = {
        "name": "venue",
        "protocol": "events",
        "url": "ws://127.0.0.1:9001",
        "channels": ["orders"],
        "clock": "recorded",
    }
    context = {"environment": "laptop", "delete_data": "true", "fan_out": True, "feeds": [feed], "history": None}
    folder = tmp_path_factory.mktemp("laptop")
    synthesise(context, folder)
    return read_back(folder)
