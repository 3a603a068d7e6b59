"""Promise: alerts and events are on the dashboards as soon as they have landed, without dbt, and pages say what
was landed; what history would show says what it waits for.
"""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from surveillance.events import SCHEMA
from surveillance.history.tables import BY_NAME

from local.page.render import template as templates
from local.page.render.lake import Lake
from local.page.render.sheet import Page
from tests.quicksight.templates import template

TEMPLATE = templates.of(template())
SECOND = 1_000_000_000
START = datetime(2022, 1, 10, 14, 30, tzinfo=UTC)
TS = int(START.timestamp()) * SECOND


def alert(name: str, revision: int = 1, **told: Any) -> dict[str, Any]:
    return {
        "alert_id": name,
        "episode_key": name,
        "revision": revision,
        "rule": "spoofing",
        "severity": "high",
        "score": 0.9,
        "symbol": "SIM0001",
        "accounts": ["a", "b"],
        "candidate": False,
        "start_ts": TS,
        "end_ts": TS + 60 * SECOND,
        "detected_ts": TS + 60 * SECOND,
        "order_ids": ["o1"],
        "trade_ids": ["t1"],
        "order_count": 1,
        "trade_count": 1,
        "completeness": {"gaps": 0, "late": 0, "quarantined": 0},
        "explanation": "1. An order <of 900> was cancelled.\n2. It had no fill.",
        "status": "open",
        **told,
    }


def land(state: Path, kind: str, rows: list[dict[str, Any]], schema: pa.Schema, name: str = "a") -> None:
    folder = state / f"s3/000000000000/laptop-lake/{kind}/year=2022/month=01/day=10/hour=14"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema), folder / f"{name}.parquet")


def event(number: int, **told: Any) -> dict[str, Any]:
    return {"symbol": "SIM0001", "venue": "XNYS", "producer": "p", "number": number, "ts": TS + number * SECOND, **told}


def landed(folder: Path) -> Path:
    alerts = [
        alert("first"),
        alert("second", severity="low", rule="layering", symbol="SIM0002"),
        alert("third", severity="critical", candidate=True),
        alert("third", 2, severity="critical", status="closed_false"),
    ]
    events = [
        event(1, type="order", action="new", order_id="o1", side="buy", price=10.0, size=900.0),
        event(2, type="trade", trade_id="t1", price=10.5, size=100.0, aggressor="sell"),
        event(2, type="trade", trade_id="t1", price=10.5, size=100.0, aggressor="sell"),
        event(3, type="order", action="cancel", order_id="o1", size=900.0),
        event(4, type="order", action="new", order_id="o2", side="buy", price=9.0, size=1.0),
        event(70, type="trade", trade_id="t2", price=11.0, size=50.0, aggressor="buy"),
        event(71, type="quote", bid_price=10.9, bid_size=5.0, ask_price=11.1, ask_size=5.0),
    ]
    land(folder, "alerts", alerts, BY_NAME["raw_alerts"].columns)
    land(folder, "events", events, SCHEMA)
    return folder


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(landed(tmp_path_factory.mktemp("state")), TEMPLATE)


def body(lake: Lake, dashboard: str, **address: str) -> str:
    with lake.opened() as view:
        page = Page(TEMPLATE, TEMPLATE.dashboards[dashboard], view, {key: [value] for key, value in address.items()})
        return str(page.body())


def inside(page: str, visual: str) -> str:
    found = re.search(f'<section [^>]*id="{visual}".*?</section>', page, re.DOTALL)
    assert found is not None, visual
    return found[0]


def kpi(page: str, visual: str) -> str:
    found = re.search('<p class="kpi[^"]*">([^<]*)</p>', inside(page, visual))
    assert found is not None
    return found[1]


def option(page: str, visual: str) -> dict[str, Any]:
    found = re.search('data-option="([^"]*)"', inside(page, visual))
    assert found is not None, inside(page, visual)
    told: dict[str, Any] = json.loads(html.unescape(found[1]))
    return told


def test_open_alerts_are_counted_at_their_last_revision(lake: Lake) -> None:
    page = body(lake, "alert-triage")
    assert (kpi(page, "open-now"), kpi(page, "grave-now")) == ("2", "1")
    drawn = option(page, "by-rule")
    assert dict(zip(drawn["yAxis"]["data"], drawn["series"][0]["data"], strict=True)) == {"spoofing": 1, "layering": 1}


def test_what_lands_while_the_page_is_open_is_there_at_the_next_look(tmp_path: Path) -> None:
    lake = Lake(landed(tmp_path), TEMPLATE)
    before = kpi(body(lake, "alert-triage"), "open-now")
    land(tmp_path, "alerts", [alert("fourth")], BY_NAME["raw_alerts"].columns, "b")
    assert (before, kpi(body(lake, "alert-triage"), "open-now")) == ("2", "3")


def test_a_chosen_symbol_leaves_out_the_others(lake: Lake) -> None:
    page = body(lake, "alert-triage", **{"symbol-chosen": "SIM0002"})
    assert kpi(page, "open-now") == "1"
    assert 'value="SIM0002" selected' in page


def test_a_hostile_choice_is_a_value_and_no_code(lake: Lake) -> None:
    page = body(lake, "alert-triage", **{"symbol-chosen": "' or 1 = 1 --", "AlertId": "'; drop table x; --"})
    assert kpi(page, "open-now") == "0"


def test_the_queue_leads_to_the_alert_and_its_evidence(lake: Lake) -> None:
    queue = inside(body(lake, "alert-triage"), "open-queue")
    assert "/dashboards/alert-triage?sheet=alert&amp;AlertId=first" in queue
    assert "tone-warning" in queue
    page = body(lake, "alert-triage", sheet="alert", AlertId="first")
    assert "An order &lt;of 900&gt; was cancelled." in inside(page, "alert-story")
    evidence = inside(page, "alert-evidence")
    assert evidence.count("<tr><td") == 3
    assert [word for word in ("new", "trade", "cancel") if f"<td>{word}</td>" in evidence] == ["new", "trade", "cancel"]
    assert "o2" not in evidence


def test_minutes_of_the_market_count_each_event_once(lake: Lake) -> None:
    page = body(lake, "live-market", Symbol="SIM0001")
    drawn = option(page, "messages")
    assert drawn["xAxis"]["data"] == ["14:30", "14:31"]
    assert {each["name"]: each["data"] for each in drawn["series"]} == {
        "Order messages": [3, 0],
        "Quotes": [0, 1],
        "Trades": [1, 1],
    }
    (candles,) = (each for each in option(page, "minute-candles")["series"] if each["type"] == "candlestick")
    assert candles["data"] == [[10.5, 10.5, 10.5, 10.5], [11.0, 11.0, 11.0, 11.0]]
    assert f"{100 * (11.0 / 10.5 - 1):.2f}%" in inside(page, "movers")


def test_microstructure_of_landed_minutes_is_there_and_says_what_is_not_measured(lake: Lake) -> None:
    page = body(lake, "microstructure", Symbol="SIM0001")
    assert kpi(page, "mean-spread") == f"{10000 * 0.2 / 11.0:.2f} bp"
    assert "nothing has measured them" in inside(page, "vpin")


def test_a_recorded_session_is_looked_at_as_of_its_end(lake: Lake) -> None:
    page = body(lake, "alert-triage")
    assert kpi(page, "oldest-open") == "0 min"
    assert f"As of {START + timedelta(seconds=71):%Y-%m-%d %H:%M} UTC." in page


def test_history_that_is_not_built_is_named(lake: Lake) -> None:
    page = body(lake, "market-health")
    assert page.count("Waits for history: run surveillance history build.") == page.count('<section class="panel')


def test_without_anything_landed_pages_stand_empty(tmp_path: Path) -> None:
    page = body(Lake(tmp_path, TEMPLATE), "alert-triage")
    assert kpi(page, "open-now") == "0"
    assert "No rows for this choice." in inside(page, "open-queue")
