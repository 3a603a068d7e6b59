"""Stylised facts: each figure from flow small enough to count by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from surveillance.evaluation.facts import facts_of
from surveillance.events import SECOND
from surveillance.wire import Decoded, encode, table_of
from typer.testing import CliRunner

from cli.main import app

START = 1_772_461_800 * SECOND


def at(seconds: float, kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "symbol": "AAA", "ts": START + round(seconds * SECOND), **fields}


def order(seconds: float, action: str, name: str, **fields: Any) -> dict[str, Any]:
    return at(seconds, "order", action=action, order_id=name, **fields)


EVENTS = [
    at(0, "quote", venue="X", bid_price=99.0, bid_size=1.0, ask_price=101.0, ask_size=1.0),
    order(0, "new", "a", side="buy", price=99.0, size=100.0),
    order(1, "new", "b", side="buy", price=99.0, size=300.0),
    order(2, "cancel", "a"),
    order(2, "new", "c", side="sell", price=99.0, size=50.0),
    order(2, "fill", "c", size=50.0),
    order(2, "fill", "b", size=50.0),
    at(2, "trade", price=99.0, size=50.0),
    order(3, "replace", "b", size=150.0),
    at(3, "quote", venue="X", bid_price=100.0),
    order(4, "fill", "b", size=150.0),
    at(4, "quote", venue="X", ask_price=100.5),
]


def test_figures_are_those_counted_by_hand() -> None:
    found = facts_of([Decoded(table_of(EVENTS[:6])), Decoded(table_of(EVENTS[6:]))])
    assert found["orders_per_second"] == 1.0  # three within three seconds of messages
    assert found["messages_per_second"] == pytest.approx(5 / 3, abs=0.01)
    assert found["cancel_share"] == pytest.approx(350 / (350 + 250), abs=0.001)
    assert found["life_cancelled_s"] == {"p10": 2.0, "p50": 2.0, "p90": 2.0, "p99": 2.0}
    assert found["life_filled_s"]["p50"] == 1.0  # b since its replace; c was filled as it was entered
    assert found["orders_never_filled"] == pytest.approx(1 / 3, abs=0.001)
    assert found["spread"] == {"p10": 1.0, "p50": 2.0, "p90": 2.0, "p99": 2.0}  # 2 for three seconds, 1 for one
    assert found["trade_size"]["p50"] == 50.0
    assert found["gap_s"] == {"p10": 0.0, "p50": 1.0, "p90": 1.0, "p99": 1.0}


def test_messages_that_come_together_have_a_fano_factor_above_one() -> None:
    entry = {"side": "buy", "price": 1.0, "size": 1.0}
    together = [order(10 * place, "new", f"{place}-{k}", **entry) for place in range(20) for k in range(10)]
    even = [order(place, "new", str(place), **entry) for place in range(200)]
    assert facts_of([Decoded(table_of(together))])["fano_1_s"] > 5
    quiet = facts_of([Decoded(table_of(even))])
    assert (quiet["fano_1_s"], quiet["cancel_share"], quiet["spread"]["p50"]) == (0, None, None)


def test_the_command_sets_files_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(encode(table_of(EVENTS)))
    told = CliRunner().invoke(app, ["facts", str(path), "--json"])
    assert json.loads(told.stdout)["events.ndjson"]["symbols"] == 1
    assert "| `cancel_share` | 0.583 |" in CliRunner().invoke(app, ["facts", f"events:{path}"]).stdout
    assert CliRunner().invoke(app, ["facts", f"nothing:{path}"]).exit_code == 2
