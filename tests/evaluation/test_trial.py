"""Promise: a grid becomes sessions that play every pattern often, and what they bring is judged as one."""

import pytest
from surveillance.engine import default_parameters
from surveillance.errors import InputError
from surveillance.evaluation.trial import Grid, Outcome, cells, run_trial, trials
from surveillance.rules import RULES
from surveillance.simulation.scenarios import BY_NAME, CONTROLS, PATTERNS


def test_grid_plays_every_pattern_near_miss_and_control_for_every_seed() -> None:
    laid_out = trials(Grid(seeds=(1, 2), each=4, quiet_each=1))
    for seed in (1, 2):
        played: dict[str, int] = {}
        for trial in laid_out:
            if trial.seed == seed:
                for name, count in trial.scenarios.items():
                    played[name] = played.get(name, 0) + count
        assert set(played) == set(BY_NAME)
        assert all(played[name] == (4 if name in PATTERNS else 1) for name in played if name not in CONTROLS)


def test_busier_background_gives_smaller_sessions() -> None:
    few, many = (len(trials(Grid(seeds=(1,), rates=(rate,)))) for rate in (3.0, 250.0))
    assert many > few


def test_unknown_pattern_is_refused() -> None:
    with pytest.raises(InputError, match="no pattern spofing"):
        trials(Grid(seeds=(1,), patterns=("spofing",)))


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    grid = Grid(seeds=(101, 102), rates=(3.0,), patterns=("spoofing", "sequence_gap"), each=3, quiet_each=1)
    return [run_trial(trial, default_parameters()) for trial in trials(grid)]


def test_sessions_do_not_share_symbols(outcomes: list[Outcome]) -> None:
    symbols = [{label.symbol for label in outcome.labels} for outcome in outcomes]
    assert len(outcomes) == 4
    assert sum(map(len, symbols)) == len(set.union(*symbols))


def test_cells_count_every_scenario_and_name_what_was_missed(outcomes: list[Outcome]) -> None:
    (cell,) = cells(outcomes)
    assert (cell["orders_per_second"], cell["difficulty"]) == (3.0, 0.5)
    assert {name: row["scenarios"] for name, row in cell["patterns"].items()} == {"spoofing": 6, "sequence_gap": 6}
    assert len(cell["missed"]) == sum(row["scenarios"] - row["hit"] for row in cell["patterns"].values())
    assert set(cell["rules"]) == {rule.ID for rule in RULES}
    false = sum(row["false"] for row in cell["rules"].values())
    assert cell["false_alerts_per_instrument_hour"] == pytest.approx(false / cell["instrument_hours"])
    for rule, tenths in cell["scores"].items():
        assert sum(count for _, count, _ in tenths) >= cell["rules"][rule]["right"]
    assert all(alert["severity"] != "low" for alert in cell["loud"])


def test_same_trial_gives_the_same_outcome(outcomes: list[Outcome]) -> None:
    again = run_trial(outcomes[0].trial, default_parameters())
    assert (again.alerts, again.labels) == (outcomes[0].alerts, outcomes[0].labels)
