"""Laws 2 and 3 with the real rules and metrics: a simulated session over shards that split and merge, and all that can
go wrong.
"""

import random
from collections import Counter
from functools import cache

import msgspec
import pytest
from surveillance import alerts, simulation, wire
from surveillance.adapters.lane_consumer import LaneConsumer
from surveillance.adapters.lane_feed import LaneFeed
from surveillance.adapters.lane_replay import replay_lane_log
from surveillance.engine import Engine
from surveillance.engine.engine import Outcome
from surveillance.events import EVERYTHING
from surveillance.lanes import lane_of
from surveillance.metric_rows import KEY
from surveillance.metrics import Meter
from surveillance.parameters import Parameters, read_layer
from surveillance.reference import Instrument, Reference, accounts_of, instruments_of
from surveillance.rules import RULES

from tests.adapters.shard_model import EVENING, LANES, World, record, stores

LOOSE = """
[spoofing]
size_multiple = 2
size_ratio = 1
max_filled_share = 0.5
quoting_factor = 1
warm_up_orders = 10
[layering]
min_levels = 2
min_depth_share = 0
size_ratio = 1
cancelled_share = 0.3
max_reentered_share = 10
[excessive_order_to_trade]
max_ratio = 10
max_volume_ratio = 20
maker_max_ratio = 10
[liquidity_evaporation]
max_left = 0.85
stays_s = 0.1
stays_left = 0.85
min_before = 0.5
min_fall = 0
min_withdrawn = 1
silence_s = 1
max_traded_share = 1
[wide_spread]
floor_bp = 1
multiple = 1.2
duration_s = 0.5
[price_velocity]
window_s = 30
min_move = 0.0005
cool_down_s = 10
"""
RECORD_EVENTS = 40
Contents = dict[str, dict[str, object]]


@cache
def simulated() -> simulation.Simulated:
    wanted = simulation.Session(seed=3, minutes=3, symbols=4, orders_per_second=4, scenarios={})
    return simulation.simulate(wanted)


@cache
def engine(lanes: int, version: int = 1) -> Engine:
    """Make an engine; a higher version differs in its digest only, as after any edit."""
    session = simulated()
    more = tuple(Instrument(symbol=f"UPGRADE-{number}") for number in range(version - 1))
    reference = Reference((*instruments_of(session.instruments), *more), accounts_of(session.accounts))
    parameters = Parameters({rule.ID: rule.PARAMETERS for rule in RULES}, [read_layer(LOOSE)])
    return Engine(parameters, reference, lanes=lanes, meter=Meter((2,)))


@cache
def lines_by_lane() -> dict[int, list[bytes]]:
    """Stamp and lane the session as the ingester does."""
    lanes: dict[int, list[bytes]] = {lane: [] for lane in range(LANES)}
    decoder = msgspec.json.Decoder(dict[str, object])
    for number, line in enumerate(wire.encode(simulated().events).splitlines(), start=1):
        symbol = str(decoder.decode(line)["symbol"])
        stamped = line[:-1] + b',"producer":"venue/orders","number":%d}\n' % number
        for lane in range(LANES) if symbol == EVERYTHING else [lane_of(symbol, LANES)]:
            lanes[lane].append(stamped)
    return lanes


@cache
def outcome() -> Outcome:
    """Replay the session as one file in one lane."""
    one_lane = engine(1)
    return one_lane.feed(one_lane.new_state(), wire.Decoder().decode(wire.encode(simulated().events)))


@cache
def replayed() -> Contents:
    return {alert.alert_id: alerts.content(alert) for alert in alerts.last_revisions(outcome().alerts)}


def measured() -> dict[tuple[object, ...], dict[str, object]]:
    """Give the rows of the replay by their keys."""
    table = outcome().metrics
    return {} if table is None else {tuple(row[name] for name in KEY): row for row in table.to_pylist()}


class RuleWorld(World):
    """The model's shards, mapping and faults around the real engine, with a session cut and re-sent by the seed."""

    def __init__(self, seed: int, upgrade: bool) -> None:
        self.resent = 0
        super().__init__(seed, upgrade=upgrade, poison=False)
        self.records = self._session()
        self.to_put = list(self.records)

    def _container(self) -> LaneConsumer:
        rules = engine(LANES, 1 + int(self.rng.choice(self.versions)) % 3)
        return LaneConsumer(
            LaneFeed(rules), stores(self.cloud, self.names), LANES, self.names, lambda: 0.0, self.settings
        )

    def _session(self) -> list:  # type: ignore[type-arg]
        chance = random.Random(self.rng.random())
        waiting = {lane: list(lines) for lane, lines in lines_by_lane().items() if lines}
        records = []
        while waiting:
            lane = chance.choice(list(waiting))
            size = chance.randint(1, 2 * RECORD_EVENTS)
            data = b"".join(waiting[lane][:size])
            waiting[lane] = waiting[lane][size:]
            if not waiting[lane]:
                del waiting[lane]
            arrival = EVENING + 40 * len(records)
            records.append(record(lane, len(records) + 1, data, arrival))
            if chance.random() < 0.05:
                self.resent += data.count(b"\n")
                records.append(record(lane, len(records) + 1, data, arrival + 1))
        return records


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(3, 12))])
def test_random_schedules_give_the_alerts_of_a_replay_and_lose_no_line(seed: int) -> None:
    world = RuleWorld(seed, upgrade=seed % 3 == 0)
    world.run()
    stored = {key: alerts.content(alert) for key, alert in world.cloud.alerts.items()}
    assert stored == replayed()
    rows = measured()
    assert len({row["symbol"] for row in rows.values()}) == 4
    assert {tuple(row[name] for name in KEY) for row in world.cloud.metrics} == rows.keys()
    assert all(row == rows[tuple(row[name] for name in KEY)] for row in world.cloud.metrics)
    counts: Counter[str] = Counter()
    log = world.log()
    audited: Contents = {}
    for lane, checkpoint in world.checkpoints().items():
        counts.update(checkpoint.counts)
        pieces = [piece for _, piece in log.lines(checkpoint, 0)]
        assert b"".join(pieces).splitlines() == [line.rstrip(b"\n") for line in lines_by_lane()[lane]]
        audited |= {one.alert_id: alerts.content(one) for one in replay_lane_log(engine(LANES), lane, pieces)}
    assert audited == stored
    sent = sum(map(len, lines_by_lane().values()))
    assert (counts["events"], counts["duplicates"], counts["lines"]) == (sent, world.resent, sent + world.resent)
    assert not counts["quarantined"] + counts["rejected"] + counts["stale_producer"]


def test_the_session_triggers_several_rules_whose_episodes_span_records() -> None:
    found = replayed().values()
    assert len({alert["rule"] for alert in found}) >= 4
    assert sum(int(str(alert["revision"])) > 1 for alert in found) >= 3
