"""Promise: shares that go round and come home are told; each condition alone keeps the rule quiet; so does chance."""

import json
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from surveillance.alerts import Alert, content, decode
from surveillance.batch.run import run
from surveillance.events import SECOND
from surveillance.reference import Account, Reference
from surveillance.wire import encode, table_of
from typer.testing import CliRunner

from cli.main import app

START = 1_772_461_800_000_000_000
REFERENCE = Reference(accounts=(Account(account="c2", beneficial_owner="c"),))
Trade = dict[str, Any]


def sale(number: int, seller: str, buyer: str, seconds: float, size: float = 100, **more: Any) -> Trade:
    trade = {"type": "trade", "symbol": "AAA", "venue": "XNAS", "price": 10.0, "trade_id": f"t{number}", "size": size}
    sides = {"sell_account": seller, "buy_account": buyer, "sell_order_id": f"s{number}", "buy_order_id": f"b{number}"}
    return trade | sides | {"ts": START + round(seconds * SECOND)} | more


def circle(
    owners: str = "abc", rounds: int = 3, every_s: float = 120, sizes: tuple[float, ...] = (100.0,)
) -> list[Trade]:
    trades: list[Trade] = []
    for turn in range(rounds):
        for seller, buyer in pairwise((*owners, owners[0])):
            number = len(trades)
            trades.append(sale(number, seller, buyer, every_s * turn + 10 * number, sizes[number % len(sizes)]))
    return trades


def crowd(seed: int, count: int, owners: int = 60) -> list[Trade]:
    chance = Random(seed)
    found = []
    for number in range(count):
        one, other = chance.sample(range(owners), 2)
        seconds, size = chance.uniform(0, 3600), 100.0 * chance.choice((1, 1, 1, 2, 3))
        found.append(sale(10_000 + number, f"crowd-{one}", f"crowd-{other}", seconds, size))
    return found


def alerts(trades: list[Trade]) -> list[Alert]:
    return run([table_of(sorted(trades, key=lambda trade: trade["ts"]))], REFERENCE)


@pytest.mark.parametrize("owners", ["abc", "abcd", "abcdef", "cab"])
def test_shares_that_go_round_are_told(owners: str) -> None:
    (alert,) = alerts([*circle(owners), *crowd(1, 2000)])
    assert (alert.rule, alert.severity, alert.data_tier) == ("circular_trading", "high", 3)
    assert alert.accounts == sorted(owners)
    assert alert.trade_ids == [f"t{number}" for number in range(3 * len(owners))]
    assert alert.order_count == 6 * len(owners)
    assert alert.metrics["rounds"] == 3
    assert alert.metrics["net_share"] == 0
    assert f"Shares went round {len(owners)} owners" in alert.explanation


def test_accounts_linked_only_by_owner_close_the_circle() -> None:
    trades = circle()
    trades[5]["sell_account"] = "c2"
    (alert,) = alerts(trades)
    assert alert.accounts == ["a", "b", "c", "c2"]


def test_window_that_begins_within_the_circle_tells_it_once() -> None:
    early = sale(900, "x", "y", -2000)
    (alert,) = alerts([early, *circle(rounds=5, every_s=600)])
    assert alert.metrics["rounds"] >= 3


@pytest.mark.parametrize(
    "trades",
    [
        circle(rounds=2),
        circle("ab"),
        circle("abcdefg"),
        circle(sizes=(100, 100, 150)),
        circle(every_s=3000),
        [*circle(), *(sale(50 + k, "a", f"z{k}", 30 * k + 5, 300) for k in range(9))],
        [trade for trade in circle(rounds=9) if trade["sell_account"] != "c"],
        [*circle(), *(sale(number, "", "", 4000, correction="cancel") for number in range(9))],
    ],
    ids=["twice", "two owners", "seven owners", "unequal", "slow", "little of it", "not home", "cancelled"],
)
def test_circle_that_lacks_one_thing_is_quiet(trades: list[Trade]) -> None:
    assert alerts(trades) == []


def test_short_circle_among_a_busy_hour_of_its_owners_is_told() -> None:
    busy = [sale(100 + k, "abc"[k % 3], f"z{k}", 1500 + 20 * k, 400) for k in range(60)]
    (alert,) = alerts([*circle(), *busy])
    assert alert.metrics["own_share"] == 1


def test_crowd_is_quiet() -> None:
    for seed in range(5):
        assert alerts(crowd(seed, 6000, owners=25)) == []


def test_files_give_the_alerts_of_one_table(tmp_path: Path) -> None:
    trades = sorted([*circle(), *crowd(2, 500)], key=lambda trade: trade["ts"])
    for number, part in enumerate((trades[:200], trades[200:])):
        (tmp_path / f"{number}.ndjson").write_bytes(encode(table_of(part)))
    out = tmp_path / "out" / "alerts.ndjson"
    out.parent.mkdir()
    files = [str(tmp_path / f"{number}.ndjson") for number in range(2)]
    result = CliRunner().invoke(app, ["batch", *files, "--alerts", str(out)])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["alerts"] == {"circular_trading": 1}
    assert [content(decode(line)) for line in out.read_bytes().splitlines()] == [
        content(each) for each in alerts(trades)
    ]
