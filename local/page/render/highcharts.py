"""Highcharts options of a plug-in visual: its expressions filled from rows, then drawn by ECharts.

Of the expression language the operations used here: columns, map, filter, get, unique, case, comparison, arithmetic.
Of Highcharts the series used here: a pair of column ranges `wick` and `body` (a candlestick), line, column, scatter.
Source: Amazon Quick user guide, "JSON expression language for Highcharts visuals".
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from local.page.render.wells import UnknownPartError

OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
WORDS: Final = frozenset(
    {
        *OPERATORS,
        *("getColumn", "getColumnFromGroupBy", "getColumnFromValue", "map", "filter", "get", "unique", "case"),
        *("item", "itemIndex"),
    }
)
COLOURS: Final = {"#16A34A": "theme:up", "#DC2626": "theme:down"}


class Expressions:
    """Fills expressions from the columns of the two field wells."""

    def __init__(self, groups: Sequence[Sequence[Any]], values: Sequence[Sequence[Any]]) -> None:
        self._columns = {
            "getColumn": [*groups, *values],
            "getColumnFromGroupBy": list(groups),
            "getColumnFromValue": list(values),
        }

    def filled(self, value: Any, item: Any = None, index: int | None = None) -> Any:
        """Give JSON with all expressions in it worked out."""
        if isinstance(value, dict):
            return {key: self.filled(each, item, index) for key, each in value.items()}
        if not isinstance(value, list):
            return value
        if not value or not isinstance(value[0], str) or value[0] not in WORDS:
            return [self.filled(each, item, index) for each in value]
        return self._called(value[0], value[1:], item, index)

    def _called(self, word: str, given: list[Any], item: Any, index: int | None) -> Any:
        if word in self._columns:
            columns = [self._columns[word][number] for number in given]
            return list(columns[0]) if len(columns) == 1 else [list(row) for row in zip(*columns, strict=True)]
        if word == "item":
            return item
        if word == "itemIndex":
            return index
        if word in ("map", "filter"):
            items = self.filled(given[0], item, index)
            worked = [self.filled(given[1], each, number) for number, each in enumerate(items)]
            return worked if word == "map" else [each for each, kept in zip(items, worked, strict=True) if kept]
        told = [self.filled(each, item, index) for each in given]
        if word == "get":
            return told[0][told[1]]
        if word == "unique":
            return list(dict.fromkeys(told[0]))
        if word == "case":
            return told[1] if told[0] else told[2]
        if len(told) != 2:
            raise UnknownPartError(f"The expression {word} takes two operands, not {len(told)}.")
        return None if None in told and word in "+-*/" else OPERATORS[word](*told)


def drawn(chart: Mapping[str, Any]) -> dict[str, Any]:
    """Give filled Highcharts options as an option of ECharts."""
    categories = chart["xAxis"]["categories"]
    axes = chart["yAxis"] if isinstance(chart["yAxis"], list) else [chart["yAxis"]]
    by_name = {series.get("id"): series for series in chart["series"]}
    series = []
    for each in chart["series"]:
        place = each.get("yAxis", 0)
        if each.get("id") == "wick":
            continue
        if each.get("id") == "body":
            series.append(_candles(each, by_name["wick"], place))
        else:
            series.append(_one(each, place))
    tops = [_percent(axis.get("top", "0%")) for axis in axes]
    heights = [_percent(axis.get("height", "100%")) for axis in axes]
    # Highcharts counts from the plot's edge, ECharts from the element's: the legend is above, the labels below
    grids = [
        {"left": 84, "right": 24, "top": f"{8 + 0.86 * top:.1f}%", "height": f"{0.86 * height - 3:.1f}%"}
        for top, height in zip(tops, heights, strict=True)
    ]
    last = len(axes) - 1
    return {
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "cross", "link": [{"xAxisIndex": "all"}]}},
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "legend": {"type": "scroll", "top": 0},
        "grid": grids,
        "xAxis": [
            {
                "type": "category",
                "data": categories,
                "gridIndex": number,
                "axisLabel": {"show": number == last, "hideOverlap": True},
            }
            for number in range(len(axes))
        ],
        "yAxis": [
            {
                "type": "value",
                "gridIndex": number,
                "scale": True,
                "name": axis["title"]["text"],
                "nameLocation": "middle",
                "nameGap": 64,
                "splitNumber": 4 if heights[number] > 30 else 2,
            }
            for number, axis in enumerate(axes)
        ],
        "dataZoom": [{"type": "inside", "xAxisIndex": list(range(len(axes)))}],
        "series": series,
    }


def _candles(body: Mapping[str, Any], wick: Mapping[str, Any], place: int) -> dict[str, Any]:
    """Give both column ranges as the candlestick they are: a rising body is of the rising colour."""
    data = []
    for inner, outer in zip(body["data"], wick["data"], strict=True):
        low, high = inner["low"], inner["high"]
        rises = COLOURS.get(inner["color"]) == "theme:up"
        data.append([*((low, high) if rises else (high, low)), outer["low"], outer["high"]])
    return {"type": "candlestick", "name": body["name"], "data": data, "xAxisIndex": place, "yAxisIndex": place}


def _one(series: Mapping[str, Any], place: int) -> dict[str, Any]:
    kinds = {"line": "line", "column": "bar", "scatter": "scatter"}
    if series["type"] not in kinds:
        raise UnknownPartError(f"A series of Highcharts of type {series['type']} is not drawn here.")
    told: dict[str, Any] = {
        "type": kinds[series["type"]],
        "name": series["name"],
        "xAxisIndex": place,
        "yAxisIndex": place,
        "data": [_point(each) for each in series["data"]],
    }
    if series["type"] == "line":
        told |= {"showSymbol": False, "lineStyle": {"width": series.get("lineWidth", 1.5)}}
    if series["type"] == "scatter":
        symbol = series.get("marker", {}).get("symbol", "circle")
        turned = {"triangle-down": ("triangle", 180), "triangle": ("triangle", 0), "diamond": ("diamond", 0)}
        name, rotation = turned.get(symbol, (symbol, 0))
        told |= {"symbol": name, "symbolRotate": rotation, "symbolSize": 10}
        told["data"] = [each for each in told["data"] if each is not None and _height(each) is not None]
    colour = series.get("color")
    if isinstance(colour, str):
        told["itemStyle"] = {"color": COLOURS.get(colour, colour)}
    return told


def _height(point: Any) -> Any:
    return point["value"][1] if isinstance(point, dict) else point


def _point(point: Any) -> Any:
    if not isinstance(point, dict):
        return point
    told: dict[str, Any] = {"value": [point["x"], point["y"]] if "x" in point else point["y"]}
    if "name" in point:
        told["name"] = point["name"]
    if "color" in point:
        told["itemStyle"] = {"color": COLOURS.get(point["color"], point["color"])}
    return told


def _percent(text: str) -> float:
    return float(text.rstrip("%"))
