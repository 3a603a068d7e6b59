"""Promise: over the marts that dbt builds every data set has the columns it promises, every sheet is drawn, and what is
on a page is what a direct query says.
"""

import html
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from local.page.render import template as templates
from local.page.render.lake import Lake
from local.page.render.sheet import Page
from quicksight.contracts import DATA_SETS, Kind
from tests.quicksight.templates import template

TYPES = {
    "VARCHAR": Kind.STRING,
    "BIGINT": Kind.INTEGER,
    "INTEGER": Kind.INTEGER,
    "DOUBLE": Kind.DECIMAL,
    "TIMESTAMP": Kind.DATETIME,
    "TIMESTAMP_MS": Kind.DATETIME,
}
TEMPLATE = templates.of(template())
SHEETS = [
    (dashboard.name, sheet["SheetId"])
    for dashboard in TEMPLATE.dashboards.values()
    for sheet in dashboard.definition["Sheets"]
]


@pytest.fixture(scope="module")
def lake(first_build: tuple[Path, Any], tmp_path_factory: pytest.TempPathFactory) -> Lake:
    state = tmp_path_factory.mktemp("state")
    (state / "history").symlink_to(first_build[0], target_is_directory=True)
    return Lake(state, TEMPLATE)


def marts(first_build: tuple[Path, Any], query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(first_build[0] / "marts.duckdb"), read_only=True) as connection:
        connection.execute("use history")
        return connection.execute(query).fetchall()


def body(lake: Lake, name: str, **address: str) -> str:
    with lake.opened() as view:
        page = Page(TEMPLATE, TEMPLATE.dashboards[name], view, {key: [value] for key, value in address.items()})
        return str(page.body())


def inside(page: str, visual: str) -> str:
    found = re.search(f'<section [^>]*id="{visual}".*?</section>', page, re.DOTALL)
    assert found is not None, visual
    return found[0]


def option(page: str, visual: str) -> dict[str, Any]:
    found = re.search('data-option="([^"]*)"', inside(page, visual))
    assert found is not None, inside(page, visual)
    told: dict[str, Any] = json.loads(html.unescape(found[1]))
    return told


def kpi(page: str, visual: str) -> str:
    found = re.search('<p class="kpi[^"]*">([^<]*)</p>', inside(page, visual))
    assert found is not None
    return found[1]


@pytest.mark.parametrize("data", DATA_SETS, ids=lambda data: data.name)
def test_data_set_has_the_columns_it_promises(lake: Lake, data: Any) -> None:
    found = {each.name: each for board in TEMPLATE.dashboards.values() for each in board.data_sets.values()}
    with lake.opened() as view:
        described = view.rows(f"describe {view.table_of(found[data.name], {})}")
    assert {name: TYPES.get(kind) for name, kind, *_ in described} == data.columns


@pytest.mark.parametrize(("name", "sheet"), SHEETS)
def test_each_sheet_is_drawn(lake: Lake, name: str, sheet: str) -> None:
    page = body(lake, name, sheet=sheet, Symbol="SIM0001")
    assert page.count('<section class="panel') == sum(
        len(each["Visuals"]) for each in TEMPLATE.dashboards[name].definition["Sheets"] if each["SheetId"] == sheet
    )
    assert "not drawn here" not in page
    assert "Waits for history" not in page


def test_breadth_on_the_page_is_that_of_the_mart(lake: Lake, first_build: tuple[Path, Any]) -> None:
    query = """
        select advancers, decliners, share_above_sma_50
        from market_health
        where group_kind = 'market' and date = (select max(date) from market_health)
    """
    ((advancers, decliners, above),) = marts(first_build, query)
    page = body(lake, "market-health")
    assert (kpi(page, "advancing"), kpi(page, "declining")) == (str(advancers), str(decliners))
    assert kpi(page, "above-50") == f"{100 * above:.1f}%"


def test_candles_on_the_page_are_the_bars_of_the_mart(lake: Lake, first_build: tuple[Path, Any]) -> None:
    query = """
        select cast(date as varchar), open, close, low, high
        from candlesticks_daily
        where symbol = 'SIM0001'
        order by date desc
        limit 30
    """
    bars = marts(first_build, query)[::-1]
    drawn = option(body(lake, "instrument", Symbol="SIM0001", Bars="30"), "candles")
    (candles,) = (series for series in drawn["series"] if series["type"] == "candlestick")
    assert drawn["xAxis"][0]["data"] == [day for day, *_ in bars]
    for candle, (_, *prices) in zip(candles["data"], bars, strict=True):
        assert candle == pytest.approx(prices, abs=1e-4)


@pytest.mark.parametrize(("window", "width"), [(20, 2.0), (7, 1.5)])
def test_bands_follow_the_chosen_window_and_width(
    lake: Lake, first_build: tuple[Path, Any], window: int, width: float
) -> None:
    query = f"""
        select avg(close), stddev_pop(close)
        from (
            select close from candlesticks_daily where symbol = 'SIM0002' order by date desc limit {window}
        )
    """  # noqa: S608
    ((mean, deviation),) = marts(first_build, query)
    page = body(lake, "instrument", Symbol="SIM0002", Window=str(window), BandWidth=str(width))
    lines = {each["name"]: each["data"][-1] for each in option(page, "candles")["series"] if each["type"] == "line"}
    assert lines["Moving average"] == pytest.approx(mean, abs=1e-4)
    assert lines["Upper Bollinger band"] == pytest.approx(mean + width * deviation, abs=1e-4)
    assert lines["Lower Bollinger band"] == pytest.approx(mean - width * deviation, abs=1e-4)


@pytest.mark.parametrize(("interval", "mart"), [("week", "candlesticks_weekly"), ("month", "candlesticks_monthly")])
def test_longer_bars_are_those_of_the_marts(
    lake: Lake, first_build: tuple[Path, Any], interval: str, mart: str
) -> None:
    query = f"select open, close, low, high, volume from {mart} where symbol = 'SIM0001' order by period_start"  # noqa: S608
    bars = marts(first_build, query)
    drawn = option(body(lake, "instrument", Symbol="SIM0001", BarInterval=interval), "candles")
    (candles,) = (series for series in drawn["series"] if series["type"] == "candlestick")
    (volume,) = (series for series in drawn["series"] if series["name"] == "Volume")
    assert len(bars) == len(candles["data"])
    for candle, column, (*prices, traded) in zip(candles["data"], volume["data"], bars, strict=True):
        assert candle == pytest.approx(prices, abs=1e-4)
        assert column["value"] == pytest.approx(traded)


def test_an_alert_and_a_grade_are_marked_on_their_bars(lake: Lake, first_build: tuple[Path, Any]) -> None:
    ((alerts,),) = marts(first_build, "select count(*) from fact_alerts where symbol = 'SIM0001'")
    page = body(lake, "instrument", Symbol="SIM0001", Bars="1000")
    marks = {each["name"]: each["data"] for each in option(page, "candles")["series"] if each["type"] == "scatter"}
    assert len(marks["Alerts"]) == 1
    assert len(marks["Analysts' grades"]) == 1
    assert inside(page, "alerts-of-it").count("<tr><td") == alerts
    assert 'href="/dashboards/analyst-grades?Symbol=SIM0001"' in inside(page, "grades-of-it")


def test_surprises_on_the_page_are_those_of_the_mart(lake: Lake, first_build: tuple[Path, Any]) -> None:
    outcomes = dict(marts(first_build, "select outcome, count(*) from eps_surprises group by outcome"))
    drawn = option(body(lake, "earnings"), "by-quarter")
    assert {each["name"]: sum(filter(None, each["data"])) for each in drawn["series"]} == outcomes


def test_completeness_on_the_page_is_that_of_the_mart(lake: Lake, first_build: tuple[Path, Any]) -> None:
    query = """
        select bars_present, bars_expected
        from data_completeness_daily
        where bars_present > 0
        order by date desc
        limit 1
    """
    ((present, expected),) = marts(first_build, query)
    page = body(lake, "feeds-and-data-quality", sheet="quality")
    assert kpi(page, "last-completeness") == f"{100 * present / expected:.2f}%"


def test_a_click_goes_where_the_definition_says(lake: Lake) -> None:
    page = body(lake, "alert-triage", sheet="alert", AlertId="a")
    assert 'href="/dashboards/instrument?Symbol=SIM0001"' in inside(page, "alert-story")
