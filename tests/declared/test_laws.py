"""Declared rules keep the laws of all rules, and the guide's example works as it stands."""

import json
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from surveillance import simulation
from surveillance.adapters.lane_feed import LaneFeed
from surveillance.alerts import Alert, content, last_revisions
from surveillance.declared.definition import ParametersWithRules
from surveillance.declared.features import FEATURES
from surveillance.engine import Engine
from surveillance.events import EVERYTHING
from surveillance.lanes import lane_of
from surveillance.reference import Reference, accounts_of, instruments_of
from surveillance.rules import RULES
from surveillance.wire import Decoded, encode
from typer.testing import CliRunner

from cli.main import app

GUIDE = (Path(__file__).parents[2] / "docs" / "declared-rules.md").read_text()
EXAMPLE = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[0]
OWN = ("pushed_price", "spoofs_and_washes")
LOOSE = EXAMPLE.replace("at_least = 10", "at_least = 2").replace("above = 2", "above = 1")
FLOW = """
[declared.busy]
title = "Busier than before"
severity = "low"
window_s = 60
[[declared.busy.when]]
feature = "message_multiple"
before = 2
above = 1
[[declared.busy.when]]
feature = "spread_bp"
above = 0
[[declared.busy.when]]
feature = "aggressor_imbalance"
at_least = -1
"""


@pytest.fixture(scope="module")
def session() -> simulation.Simulated:
    return simulation.simulate(simulation.Session(seed=3, minutes=20.0, symbols=3, orders_per_second=8.0))


def engine_of(session: simulation.Simulated, lanes: int = 1) -> Engine:
    parameters = ParametersWithRules({each.ID: each.PARAMETERS for each in RULES}, [tomllib.loads(LOOSE + FLOW)])
    reference = Reference(instruments_of(session.instruments), accounts_of(session.accounts))
    return Engine(parameters, reference, lanes=lanes)


@pytest.fixture(scope="module")
def engine(session: simulation.Simulated) -> Engine:
    return engine_of(session)


def run(engine: Engine, session: simulation.Simulated, rows: int, treat: str = "", lane: int = 0) -> list[object]:
    """Feed a lane so many rows at a time and treat its state in between; give what all alerts tell."""
    state, found = engine.new_state(lane), []
    events = session.events
    if engine.lanes > 1:
        lanes = [lane_of(symbol, engine.lanes) for symbol in events.column("symbol").to_pylist()]
        everywhere = [symbol == EVERYTHING for symbol in events.column("symbol").to_pylist()]
        events = events.filter([one == lane or all_ for one, all_ in zip(lanes, everywhere, strict=True)])
    for start in range(0, events.num_rows, rows):
        found += engine.feed(state, Decoded(events.slice(start, rows))).alerts
        if treat == "save":
            state = engine.load(engine.save(state))
        elif treat == "sweep":
            engine.sweep(state)
    return [content(alert) for alert in last_revisions(found) if alert.rule in (*OWN, "busy")]


def test_any_split_restored_or_swept_gives_the_same_alerts(engine: Engine, session: simulation.Simulated) -> None:
    whole = run(engine, session, session.events.num_rows)
    counts = Counter(alert["rule"] for alert in whole)  # type: ignore[index]
    assert set(counts) == {*OWN, "busy"}
    for rows, treat in ((211, ""), (1024, ""), (997, "save"), (1501, "sweep")):
        assert run(engine, session, rows, treat) == whole


def test_lanes_and_other_symbols_change_nothing(engine: Engine, session: simulation.Simulated) -> None:
    apart = engine_of(session, lanes=3)
    found = [alert for lane in range(3) for alert in run(apart, session, 4000, lane=lane)]
    whole = run(engine, session, 4000)
    key = lambda alert: (alert["detected_ts"], alert["alert_id"])  # noqa: E731
    assert sorted(found, key=key) == sorted(whole, key=key)  # type: ignore[arg-type]


def test_live_lines_give_what_replay_gives(engine: Engine, session: simulation.Simulated) -> None:
    feed, state = LaneFeed(engine), engine.new_state()
    found: dict[str, Alert] = {}
    for start in range(0, session.events.num_rows, 400):
        found |= feed.feed(state, encode(session.events.slice(start, 400))).alerts
    live = [content(alert) for alert in last_revisions(found.values()) if alert.rule in (*OWN, "busy")]
    assert live == run(engine, session, 7000)


def test_the_guide_names_every_feature() -> None:
    assert all(f"`{name}`" in GUIDE for name in FEATURES)


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a command leaves its files to its end
def test_the_example_of_the_guide_alerts_and_is_listed(tmp_path: Path, session: simulation.Simulated) -> None:
    names = [tmp_path / name for name in ("e.ndjson", "l.ndjson", "a.csv", "i.csv")]
    arguments = ["--seed", "3", "--minutes", "20", "--symbols", "3"]
    files = [part for option, path in zip(("out", "labels", "accounts", "instruments"), names, strict=True)
             for part in (f"--{option}", str(path))]  # fmt: skip
    assert CliRunner().invoke(app, ["simulate", *files, *arguments]).exit_code == 0
    toml, alerts = tmp_path / "mine.toml", tmp_path / "alerts.ndjson"
    toml.write_text(EXAMPLE)
    tables = ["--accounts", str(names[2]), "--instruments", str(names[3]), "--parameters", str(toml)]
    replay = ["replay", str(names[0]), "--format", "events", "--alerts", str(alerts), *tables]
    figures = json.loads(CliRunner().invoke(app, replay).stdout)
    assert set(OWN) <= figures["alerts"].keys()
    only = json.loads(CliRunner().invoke(app, [*replay, "--rules", "spoofs_and_washes"]).stdout)
    assert only["alerts"] == {"spoofs_and_washes": figures["alerts"]["spoofs_and_washes"]}
    listed = json.loads(CliRunner().invoke(app, ["rules", "--json", "--parameters", str(toml)]).stdout)
    assert [entry["rule"] for entry in listed][-2:] == list(OWN)
    alert_id = json.loads(alerts.read_text().splitlines()[0])["alert_id"]
    story = CliRunner().invoke(app, ["explain", alert_id, "--alerts", str(alerts)]).stdout
    assert "2 conditions held within" in story
    judged = ["evaluate", "--alerts", str(alerts), "--labels", str(names[1]), "--json", "--parameters", str(toml)]
    assert "spoofs_and_washes" in json.loads(CliRunner().invoke(app, judged).stdout)["rules"]
