"""Whatever happens on the way, alerts, metrics, lane log and counts are those of one uninterrupted run (laws 2, 3)."""

import json
from datetime import date, timedelta

import pytest
from surveillance import alerts
from surveillance.adapters.lane_log import read_lane_log
from surveillance.adapters.lane_replay import replay_lane_log

from tests.adapters.fake_engine import FakeEngine
from tests.adapters.shard_model import LANES, World, reference, text

SCHEDULES = 200
STEP = 25
DAY = date(2023, 11, 14)
DAYS = [(DAY + timedelta(days=number)).isoformat() for number in range(3)]


def assert_as_uninterrupted(world: World) -> None:
    expected = reference(world.records)
    stored = {key: alerts.content(alert) for key, alert in world.cloud.alerts.items()}
    assert stored == expected.alerts
    assert {text(alert) for alert in world.cloud.alert_history} <= expected.revisions
    assert {json.dumps(row) for row in world.cloud.metrics} == expected.metrics
    for lane, checkpoint in world.checkpoints().items():
        counts = expected.counts[lane]
        assert {key: value for key, value in checkpoint.counts.items() if value} == dict(+counts)
        assert counts["lines"] == sum(counts[name] for name in ("events", "duplicates", "rejected", "quarantined"))
        pieces = [piece for day in DAYS for piece in read_lane_log(world.log(), checkpoint, day)]
        assert b"".join(pieces).splitlines() == expected.lines[lane]
        replayed = replay_lane_log(FakeEngine(), lane, pieces)
        assert all(alerts.content(alert) == expected.alerts[alert.alert_id] for alert in replayed)


@pytest.mark.parametrize("first_seed", range(0, SCHEDULES, STEP))
def test_random_schedules_of_faults_end_as_an_uninterrupted_run(first_seed: int) -> None:
    for seed in range(first_seed, first_seed + STEP):
        world = World(seed)
        world.run()
        assert_as_uninterrupted(world)


@pytest.mark.parametrize("first_seed", range(1000, 1050, STEP))
def test_upgrades_between_batches_end_as_an_uninterrupted_run(first_seed: int) -> None:
    for seed in range(first_seed, first_seed + STEP):
        world = World(seed, upgrade=True)
        world.run()
        assert_as_uninterrupted(world)


def test_random_schedules_contain_every_fault() -> None:
    seen: set[str] = set()
    failures = 0
    for seed in range(20):
        world = World(seed)
        world.run()
        seen |= set(world.faults)
        failures += world.failures
    assert seen == {"fails", "times out", "dies", "dies after", "pauses", "died", "delivered again"}
    assert failures > 0


@pytest.mark.nightly
def test_many_random_schedules_end_as_an_uninterrupted_run() -> None:
    for seed in range(10_000, 12_000):
        world = World(seed, containers=1 + seed % 4, upgrade=seed % 3 == 0)
        world.run()
        assert_as_uninterrupted(world)


assert LANES > 1
