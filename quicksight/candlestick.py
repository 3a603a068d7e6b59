"""A candlestick in Highcharts' options: QuickSight has no such visual, and Highcharts Core no such series.

Two column ranges stand for it: `wick` from low to high, `body` from open to close, coloured by which of them is higher.
Fields are taken by their place: `columns` names the value fields in order.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from quicksight.theme import DOWN, UP

Option = dict[str, Any]


def candlestick(
    values: Sequence[str],
    lines: Mapping[str, str],
    *,
    marks: Mapping[str, tuple[str, str, str]] | None = None,
    volume: str | None = None,
    price_title: str = "Price",
) -> Option:
    """Give the options.

    `values` names the value fields by place; group-by fields are the bar's label, then `up` or `down`. `lines` are
    field -> name, `marks` field -> (name, symbol, colour). With `volume` a second panel stands below.
    """
    place = {name: number for number, name in enumerate(values)}

    def each(name: str) -> list[Any]:
        return ["get", ["getColumnFromValue", place[name]], ["itemIndex"]]

    bars = ["getColumnFromGroupBy", 0]
    coloured = ["case", ["==", ["get", ["getColumnFromGroupBy", 1], ["itemIndex"]], "up"], UP, DOWN]
    series: list[Option] = [
        _ranges("wick", "Low to high", bars, each("low"), each("high"), coloured, 1),
        _ranges("body", "Open to close", bars, each("body_low"), each("body_high"), coloured, 7),
    ]
    series += [
        {
            "type": "line",
            "name": name,
            "data": ["getColumnFromValue", place[field]],
            "lineWidth": 1.5,
            "marker": {"enabled": False},
        }
        for field, name in lines.items()
    ]
    series += [
        {
            "type": "scatter",
            "name": name,
            "data": ["getColumnFromValue", place[field]],
            "color": colour,
            "marker": {"symbol": symbol, "radius": 5},
        }
        for field, (name, symbol, colour) in (marks or {}).items()
    ]
    axes: list[Option] = [{"title": {"text": price_title}, "height": "72%" if volume else "100%"}]
    if volume:
        series.append(
            {
                "type": "column",
                "name": "Volume",
                "yAxis": 1,
                "data": [
                    "map",
                    bars,
                    {"y": ["get", ["getColumnFromValue", place[volume]], ["itemIndex"]], "color": coloured},
                ],
            }
        )
        axes.append({"title": {"text": "Volume, shares"}, "top": "76%", "height": "24%"})
    return {
        "chart": {"animation": False, "zooming": {"type": "x"}},
        "title": {"text": ""},
        "credits": {"enabled": False},
        "tooltip": {"shared": True},
        "plotOptions": {"series": {"animation": False}, "columnrange": {"grouping": False, "borderWidth": 0}},
        "xAxis": {"categories": bars, "crosshair": True},
        "yAxis": axes,
        "series": series,
    }


def _ranges(
    identifier: str, name: str, bars: list[Any], low: list[Any], high: list[Any], colour: list[Any], width: int
) -> Option:
    return {
        "id": identifier,
        "type": "columnrange",
        "name": name,
        "maxPointWidth": width,
        "data": ["map", bars, {"low": low, "high": high, "color": colour}],
    }
