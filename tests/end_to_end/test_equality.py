"""Whatever happens on the way, the whole local stack stores the alerts of one uninterrupted replay (laws 2 and 3)."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from surveillance.alerts import decode

from local.emulator import REPOSITORY
from local.emulator_faults import ServiceFault
from local.exchange import Venue
from local.poller.faults import Faults
from local.reconcile import consumer_counts
from tests.end_to_end.figures import assert_equal_alerts, differences
from tests.end_to_end.lane_log_audit import replayed_as_received, replayed_log, spanning_episodes
from tests.end_to_end.live_run import DETECTION, LiveStack, Plan
from tests.end_to_end.sessions import AAPL_DAY, AAPL_PARAMETERS, Recording, contents

pytestmark = pytest.mark.integration
WRITES = ("PutItem", "UpdateItem", "GetItem", "BatchGetItem", "Query")


@pytest.mark.extended
def test_a_simulated_session_gives_the_alerts_of_its_replay(live: LiveStack, simulated: Recording) -> None:
    run = live.run(simulated, Plan(workers={"Detect": 2}))
    assert_equal_alerts("none", simulated, run)
    assert len({alert.rule for alert in run.alerts}) >= 4
    assert spanning_episodes(live.stack, run.alerts) >= 20
    assert differences(run.contents, replayed_log(live.stack, simulated)) == []


@pytest.mark.nightly
def test_a_recorded_day_as_served_replays_like_its_file(recorded_day: Recording, tmp_path: Path) -> None:
    out = tmp_path / "alerts.ndjson"
    command = [sys.executable, "-m", "cli", "replay", str(AAPL_DAY), "--format", "lobster", "--alerts", str(out)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "shared")])}
    subprocess.run([*command, "--parameters", str(AAPL_PARAMETERS)], check=True, cwd=REPOSITORY, env=environment)
    found = [decode(line) for line in out.read_bytes().splitlines()]
    assert differences(contents(found), recorded_day.alerts) == []


@pytest.mark.nightly
def test_a_recorded_day_gives_the_alerts_of_its_replay(live: LiveStack, recorded_day: Recording) -> None:
    run = live.run(recorded_day)
    assert_equal_alerts("none", recorded_day, run)
    assert len(run.alerts) >= 200
    assert len({alert.rule for alert in run.alerts}) >= 5
    assert spanning_episodes(live.stack, run.alerts) >= 20
    assert differences(run.contents, replayed_log(live.stack, recorded_day)) == []


def killed(seed: int = 1) -> Plan:
    return Plan(faults=Faults(seed=seed, kill_share=0.12, largest_batch=20, functions=DETECTION))


def stale(seed: int = 0) -> Plan:
    """Every batch goes to a random process, and again to another, which may be many batches behind."""
    return Plan(faults=Faults(seed=seed, deliver_twice=True, random_worker_of=3, largest_batch=20, functions=DETECTION))


def lost_answers(share: float = 0.15) -> Plan:
    return Plan(service_faults=(ServiceFault("kinesis", share, "PutRecords", answer_lost=True),))


def throttled(share: float = 0.15) -> Plan:
    faults = (ServiceFault("kinesis", share, throttled=True), ServiceFault("kinesis", share, "PutRecords"))
    return Plan(service_faults=faults)


def failing_stores(share: float = 0.1) -> Plan:
    lost = tuple(ServiceFault("dynamodb", share / 2, one, answer_lost=True) for one in WRITES)
    refused = tuple(ServiceFault("dynamodb", share, one) for one in WRITES)
    others = tuple(ServiceFault(one, share) for one in ("s3", "sns"))
    return Plan(service_faults=(*lost, *refused, *others, ServiceFault("s3", share / 2, answer_lost=True)))


def cut(seed: int = 0) -> Plan:
    return Plan(venue=Venue(end=True, cut_frames=(10, 40), seed=seed))


def kill_ingester(live: LiveStack, times: int = 2) -> None:
    for _ in range(times):
        before = received(live)
        wait_until(lambda: received(live) > before + 5_000 or ended(live))  # noqa: B023
        if live.service is not None:
            live.service.kill()
            wait_until(lambda: not (live.service and live.service.alive))
            wait_until(lambda: received(live) > 0 or ended(live))


def upgrade(live: LiveStack) -> None:
    """Let new code take over, twice."""
    for version in ("first", "second"):
        before = consumed(live)
        wait_until(lambda: consumed(live) > before + 3_000 or all_consumed(live))  # noqa: B023
        live.upgrade(version)


def upgrade_midway(live: LiveStack) -> None:
    upgrade(live)
    assert not all_consumed(live), "the session was over before the upgrades were"


FAULTS: dict[str, Callable[[], Plan]] = {
    "a detecting process killed -9": killed,
    "every batch delivered twice": lambda: Plan(faults=Faults(deliver_twice=True, functions=DETECTION)),
    "a process holding old state": stale,
    "PutRecords answers lost": lost_answers,
    "Kinesis throttles and fails": throttled,
    "S3, DynamoDB and SNS fail": failing_stores,
    "WebSocket cut, resumed": cut,
    "ingester killed -9": lambda: Plan(meanwhile=kill_ingester),
    "code upgraded": lambda: Plan(faults=Faults(largest_batch=10, functions=DETECTION), meanwhile=upgrade_midway),
}
QUICK = ("a detecting process killed -9",)


@pytest.mark.parametrize(
    "fault", [fault if fault in QUICK else pytest.param(fault, marks=pytest.mark.nightly) for fault in FAULTS]
)
def test_a_fault_changes_no_alert(live: LiveStack, simulated: Recording, fault: str) -> None:
    plan = FAULTS[fault]()
    run = live.run(simulated, plan)
    assert_equal_alerts(fault, simulated, run)
    struck = run.poller["faults"]
    assert bool(plan.faults.kill_share) == (struck["kills"] > 0)
    assert plan.faults.deliver_twice == (struck["duplicates"] > 0)
    assert (plan.venue.cut_frames is not None) == (run.cuts > 0)
    assert (plan.meanwhile is kill_ingester) == (run.ingester_starts > 1)


@pytest.mark.nightly
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_changes_no_alert_of_a_recorded_day(live: LiveStack, recorded_day: Recording, fault: str) -> None:
    assert_equal_alerts(fault, recorded_day, live.run(recorded_day, FAULTS[fault]()))


@pytest.mark.nightly
def test_batches_at_random_processes_change_no_alert_and_keep_half_the_speed(
    live: LiveStack, simulated: Recording, recorded_day: Recording
) -> None:
    for session in (simulated, recorded_day):
        pinned = live.run(session, Plan(workers={"Detect": 4}))
        scattered = live.run(session, Plan(faults=Faults(random_worker_of=4, functions=DETECTION)))
        assert_equal_alerts("4 detecting processes, pinned", session, pinned)
        assert_equal_alerts("4 detecting processes, at random", session, scattered)
        assert scattered.seconds <= 2 * pinned.seconds


def assert_alerts_of_what_was_received(live: LiveStack, session: Recording) -> None:
    venue = Venue(end=True, resumable=False, missed_frames=2, cut_frames=(30, 60), cuts=4, seed=1)
    run = live.run(session, Plan(venue=venue, resumable=False))
    expected = replayed_as_received(live.stack, session)
    assert_equal_alerts("WebSocket cut, not resumable", session, run, expected)
    assert run.cuts >= 2
    marked = [alert for alert in run.alerts if alert.completeness.gaps]
    assert marked
    assert all("gap" in alert.explanation for alert in marked)
    assert "sequence_gap" in {alert.rule for alert in run.alerts}


@pytest.mark.nightly
def test_a_feed_that_cannot_resume_gives_the_alerts_of_what_was_received_and_says_so(
    live: LiveStack, simulated: Recording
) -> None:
    assert_alerts_of_what_was_received(live, simulated)


@pytest.mark.nightly
def test_a_recorded_day_cut_without_resume_gives_the_alerts_of_what_was_received(
    live: LiveStack, recorded_day: Recording
) -> None:
    assert_alerts_of_what_was_received(live, recorded_day)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100))
def test_a_random_schedule_of_all_faults_changes_no_alert(live: LiveStack, simulated: Recording, seed: int) -> None:
    chance = random.Random(seed)
    share = chance.choice([0.0, 0.03, 0.1])
    plan = Plan(
        venue=Venue(end=True, cut_frames=chance.choice([None, (10, 60)]), seed=seed),
        faults=Faults(
            seed=seed,
            kill_share=chance.choice([0.0, 0.05, 0.15]),
            deliver_twice=chance.random() < 0.4,
            random_worker_of=chance.choice([0, 2, 3, 4]),
            largest_batch=chance.choice([0, 5, 30]),
            functions=DETECTION,
        ),
        service_faults=(
            *lost_answers(share).service_faults,
            *throttled(share).service_faults,
            *failing_stores(share).service_faults,
        ),
        seed=seed,
        meanwhile=chance.choice([None, kill_ingester, upgrade]),
    )
    assert_equal_alerts(f"random schedule {seed}", simulated, live.run(simulated, plan))


def received(live: LiveStack) -> int:
    """Give the lines that the living ingester has received."""
    feeds = live.ingester_report().get("feeds", {})
    return sum(one["received"] for feed in feeds.values() for one in feed["counts"]["channels"].values())


def consumed(live: LiveStack) -> int:
    """Give the distinct lines that the lanes' checkpoints have behind them."""
    counts = consumer_counts(live.stack.client("dynamodb"), live.stack.names["CHECKPOINT_TABLE"])
    return counts["lines"] - counts["duplicates"]


def all_consumed(live: LiveStack) -> bool:
    return ended(live) and consumed(live) >= received(live)


def ended(live: LiveStack) -> bool:
    return any(feed["state"] == "ended" for feed in live.ingester_report().get("feeds", {}).values())


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
