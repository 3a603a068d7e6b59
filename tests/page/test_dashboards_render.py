"""Promise: expressions, conditions and formats of a definition are worked out as QuickSight's guide says; what is not
known is refused by name.
"""

import copy
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.page.render import template as templates
from local.page.render.choices import parameters_of
from local.page.render.formats import scaled, text, unit
from local.page.render.highcharts import Expressions, drawn
from local.page.render.template import TemplateError
from local.page.render.tones import holds
from local.page.render.wells import UnknownPartError, query_of
from quicksight.candlestick import candlestick
from quicksight.fields import number, share
from tests.quicksight.templates import template

VALUES = ("low", "high", "body_low", "body_high")
prices = st.floats(1, 1000, allow_nan=False).map(lambda price: round(price, 2))


@given(st.lists(st.tuples(prices, prices, prices, prices), min_size=1, max_size=20))
def test_two_column_ranges_are_the_candles_they_stand_for(quotes: list[tuple[float, ...]]) -> None:
    bars = [(opened, closed, min(four), max(four)) for four in quotes for opened, closed in [four[:2]]]
    groups = [
        [str(place) for place in range(len(bars))],
        ["up" if closed >= opened else "down" for opened, closed, *_ in bars],
    ]
    columns = {
        "low": [low for *_, low, _ in bars],
        "high": [high for *_, high in bars],
        "body_low": [min(bar[:2]) for bar in bars],
        "body_high": [max(bar[:2]) for bar in bars],
    }
    code = candlestick(VALUES, {})
    (candles,) = drawn(Expressions(groups, [columns[name] for name in VALUES]).filled(code))["series"]
    assert [tuple(candle) for candle in candles["data"]] == bars


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (["getColumn", 2], [10, 20]),
        (["getColumn", 0, 2], [["a", 10], ["b", 20]]),
        (["getColumnFromValue", 0], [10, 20]),
        (["map", [1, 2, 3], ["*", ["item"], 2]], [2, 4, 6]),
        (["filter", [1, 2, 3], [">", ["item"], 1]], [2, 3]),
        (["unique", [1, 2, 2]], [1, 2]),
        (["case", ["==", 1, 2], "yes", "no"], "no"),
        (["map", ["getColumnFromGroupBy", 0], ["itemIndex"]], [0, 1]),
        (["+", 1, None], None),
        (["plain", "list"], ["plain", "list"]),
    ],
)
def test_expression_is_worked_out(expression: list[Any], value: Any) -> None:
    assert Expressions([["a", "b"], ["x", "y"]], [[10, 20]]).filled(expression) == value


def test_series_that_is_not_drawn_here_is_named() -> None:
    chart = {"xAxis": {"categories": []}, "yAxis": {"title": {"text": ""}}, "series": [{"type": "sankey", "name": "s"}]}
    with pytest.raises(UnknownPartError, match="sankey"):
        drawn(chart)


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("SUM({is_grave}) > 0", 0, False),
        ("SUM({is_grave}) > 0", 1, True),
        ("{severity} = 'critical'", "critical", True),
        ("{severity} = 'critical'", "high", False),
        ("AVERAGE({completeness}) < 0.99", 0.99, False),
        ("AVERAGE({completeness}) < 0.99", None, False),
        ("MAX({return_shown}) <= -1.5", -1.5, True),
    ],
)
def test_condition_holds_as_it_reads(condition: str, value: Any, expected: bool) -> None:
    assert holds(condition, value) is expected


def test_condition_of_another_form_is_named() -> None:
    with pytest.raises(UnknownPartError, match="ifelse"):
        holds("ifelse({a} > 1, 1, 0) = 1", 2)


def test_formats_write_units_and_decimals() -> None:
    money, part = {"FormatConfiguration": {"FormatConfiguration": number(1, "bp")}}, {}
    part = {"FormatConfiguration": {"FormatConfiguration": share(2)}}
    assert (text(1234.56, money), unit(money), scaled(1234.56, money)) == ("1,234.6 bp", "bp", 1234.6)
    assert (text(0.12345, part), unit(part), scaled(0.12345, part)) == ("12.35%", "%", 12.35)
    assert text(None, money) == "–"
    moment = {"FormatConfiguration": {"DateTimeFormat": "yyyy-MM-dd HH:mm:ss.SSS"}}
    assert text(datetime(2024, 1, 2, 3, 4, 5, 678_000), moment) == "2024-01-02 03:04:05.678"


def test_data_set_without_a_parameter_s_value_is_named() -> None:
    data = templates.of(template()).dashboards["instrument"].data_sets["instrument_bars"]
    broken = templates.DataSet(data.name, data.title, True, "select <<$Mood>>", data.columns, data.defaults)
    with pytest.raises(TemplateError, match="instrument_bars takes Mood"):
        broken.sql({})


def test_text_of_a_parameter_stays_text() -> None:
    data = templates.of(template()).dashboards["instrument"].data_sets["instrument_bars"]
    assert "symbol = 'it''s; --'" in data.sql({"Symbol": "it's; --"})


def test_parameter_of_another_type_keeps_its_default() -> None:
    definition = templates.of(template()).dashboards["instrument"].definition
    told = parameters_of(definition, {"Window": ["many"], "BandWidth": ["1.5"]})
    assert (told.values["Window"], told.values["BandWidth"]) == (20, 1.5)


def test_dashboard_of_a_data_set_that_is_not_there_is_named() -> None:
    broken = copy.deepcopy(template())
    del broken["Resources"]["FreshAlertsData"]
    with pytest.raises(TemplateError, match="Alert triage declares fresh_alerts, but there is no FreshAlertsData"):
        templates.of(broken)


def test_visual_of_two_data_sets_is_refused() -> None:
    body = copy.deepcopy(templates.of(template()).dashboards["alert-triage"].definition["Sheets"][0]["Visuals"][5])
    ((_, inner),) = body.items()
    wells = inner["ChartConfiguration"]["FieldWells"]["BarChartAggregatedFieldWells"]
    wells["Values"][0]["NumericalMeasureField"]["Column"]["DataSetIdentifier"] = "alert_days"
    with pytest.raises(UnknownPartError, match="one data set, not of alert_days, fresh_alerts"):
        _ = query_of(inner).data
