"""Bar, line, combo and scatter charts and heat maps of a definition as options of ECharts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from local.page.render.formats import NOTHING, scaled, text, unit
from local.page.render.wells import Field, Query

Rows = Sequence[tuple[Any, ...]]
Option = dict[str, Any]
FEW: Final = 8
"""Up to so many categories each has its label; of more, ECharts leaves out what would overlap."""


def option_of(kind: str, body: Mapping[str, Any], query: Query, rows: Rows) -> Option:
    """Give the option of a visual's chart."""
    return DRAWN[kind](body, query, rows)


def _bars(body: Mapping[str, Any], query: Query, rows: Rows) -> Option:
    chart = body["ChartConfiguration"]
    stack = "all" if chart.get("BarsArrangement") == "STACKED" else None
    is_lying = chart.get("Orientation") == "HORIZONTAL"
    limit = chart.get("SortConfiguration", {}).get("CategoryItemsLimit", {}).get("ItemsLimit")
    names, series, fields = _series(query, rows, ("Category",), "Colors", ("Values",), limit)
    drawn = [
        {"type": "bar", "name": name, "data": data, "barMaxWidth": 36} | ({"stack": stack} if stack else {})
        for name, data in series
    ]
    option = _frame(query.among("Category")[0][1], names, fields, drawn)
    if is_lying:
        across, up = option["yAxis"], option["xAxis"]
        option["xAxis"] = across | {"nameLocation": "middle", "nameGap": 24}
        option["yAxis"] = up | {
            "inverse": True,
            "name": "",
            "axisLabel": {"interval": 0, "width": 140, "overflow": "truncate"},
        }
    return option


def _lines(body: Mapping[str, Any], query: Query, rows: Rows) -> Option:
    names, series, fields = _series(query, rows, ("Category",), "Colors", ("Values",), None)
    area = body["ChartConfiguration"].get("Type") == "STACKED_AREA"
    drawn = [
        {"type": "line", "name": name, "data": data, "showSymbol": len(names) < 3, "connectNulls": True}
        | ({"areaStyle": {}, "stack": "all"} if area else {})
        for name, data in series
    ]
    option = _frame(query.among("Category")[0][1], names, fields, drawn)
    option["yAxis"]["scale"] = not area
    return option


def _combo(body: Mapping[str, Any], query: Query, rows: Rows) -> Option:
    is_single = "SingleAxisOptions" in body["ChartConfiguration"]
    names, standing, fields = _series(query, rows, ("Category",), "Colors", ("BarValues",), None)
    _, drawn, lined = _series(query, rows, ("Category",), "Colors", ("LineValues",), None)
    bars: list[Option] = [{"type": "bar", "name": name, "data": data, "barMaxWidth": 24} for name, data in standing]
    lines: list[Option] = [
        {
            "type": "line",
            "name": name,
            "data": data,
            "yAxisIndex": 0 if is_single else 1,
            "showSymbol": False,
            "connectNulls": True,
        }
        for name, data in drawn
    ]
    option = _frame(query.among("Category")[0][1], names, fields, [*bars, *lines])
    if not is_single:
        second = _value_axis(lined) | {"scale": True, "splitLine": {"show": False}, "nameTextStyle": {"align": "right"}}
        option["yAxis"] = [option["yAxis"], second]
    elif len(standing) + len(drawn) > 1:
        option["yAxis"]["name"] = ""
    return option


def _scatter(body: Mapping[str, Any], query: Query, rows: Rows) -> Option:
    ((across, x),), ((up, y),) = query.among("XAxis"), query.among("YAxis")
    coloured, labelled = query.among("Category"), query.among("Label")
    groups: dict[str, list[Any]] = {}
    for row in rows:
        if row[across] is None or row[up] is None:
            continue
        point = [scaled(row[across], x.written), scaled(row[up], y.written)]
        name = text(row[coloured[0][0]], coloured[0][1].written) if coloured else y.label
        told: Any = {"value": point, "name": text(row[labelled[0][0]], labelled[0][1].written)} if labelled else point
        groups.setdefault(name, []).append(told)
    series = [{"type": "scatter", "name": name, "data": data, "symbolSize": 7} for name, data in groups.items()]
    horizontal = _value_axis([x]) | {"scale": True, "nameLocation": "middle", "nameGap": 26}
    return {
        "tooltip": {"trigger": "item"},
        "legend": {"show": len(series) > 1, "type": "scroll", "top": 0},
        "grid": _grid(len(series) > 1),
        "xAxis": horizontal,
        "yAxis": _value_axis([y]) | {"scale": True},
        "series": series,
    }


def _heat_map(body: Mapping[str, Any], query: Query, rows: Rows) -> Option:
    ((down, row_field),), ((across, column_field),) = query.among("Rows"), query.among("Columns")
    ((place, value),) = query.among("Values")
    named = body["ChartConfiguration"].get("Legend", {}).get("Title", {}).get("CustomLabel", value.label)
    row_names = sorted({text(row[down], row_field.written) for row in rows}, reverse=True)
    column_names = sorted({text(row[across], column_field.written) for row in rows})
    cells = [
        [
            column_names.index(text(row[across], column_field.written)),
            row_names.index(text(row[down], row_field.written)),
            scaled(row[place], value.written),
        ]
        for row in rows
        if row[place] is not None
    ]
    colours = body["ChartConfiguration"]["ColorScale"]["Colors"]
    numbers = [cell[2] for cell in cells] or [0]
    least = colours[0].get("DataValue", 0)
    most = colours[-1].get("DataValue", max(numbers))
    return {
        "tooltip": {"trigger": "item"},
        "grid": {"left": 8, "right": 90, "top": 8, "bottom": 46, "containLabel": True},
        "xAxis": {
            "type": "category",
            "data": column_names,
            "name": column_field.label,
            "nameLocation": "middle",
            "nameGap": 48 if len(column_names) > FEW else 30,
            "axisLabel": {
                "interval": 0,
                "rotate": 25 if len(column_names) > FEW else 0,
                "width": 110,
                "overflow": "truncate",
            },
        },
        "yAxis": {"type": "category", "data": row_names, "axisLabel": {"interval": 0}},
        "visualMap": {
            "min": least,
            "max": max(most, least + 1e-9),
            "calculable": True,
            "right": 0,
            "top": "middle",
            "text": [named, ""],
            "inRange": {"color": [colour["Color"] for colour in colours]},
        },
        "series": [
            {
                "type": "heatmap",
                "name": named,
                "data": cells,
                "label": {"show": len(cells) <= 300, "formatter": "{@[2]}"},
            }
        ],
    }


DRAWN: Final = {
    "BarChartVisual": _bars,
    "LineChartVisual": _lines,
    "ComboChartVisual": _combo,
    "ScatterPlotVisual": _scatter,
    "HeatMapVisual": _heat_map,
}


def _series(
    query: Query, rows: Rows, category: tuple[str, ...], colours: str, values: tuple[str, ...], limit: int | None
) -> tuple[list[str], list[tuple[str, list[Any]]], list[Field]]:
    """Give names of categories, and of each series its name and its values by category."""
    ((at, named),) = query.among(*category)
    coloured, measured = query.among(colours), query.among(*values)
    wording = _wording(named, [row[at] for row in rows])
    names = list(dict.fromkeys(wording(row[at]) for row in rows))[: None if limit is None else int(limit)]
    places = {name: number for number, name in enumerate(names)}
    series: dict[str, list[Any]] = {}
    for row in sorted(rows, key=lambda row: (row[coloured[0][0]] is None, row[coloured[0][0]])) if coloured else rows:
        place = places.get(wording(row[at]))
        if place is None:
            continue
        for number, field in measured:
            name = text(row[coloured[0][0]], coloured[0][1].written) if coloured else field.label
            series.setdefault(name, [None] * len(names))[place] = scaled(row[number], field.written)
    return names, list(series.items()), [field for _, field in measured]


def _wording(field: Field, values: Sequence[Any]) -> Callable[[Any], str]:
    """Give how a category is written: times of day with their day where there are several."""
    if field.granularity in ("MINUTE", "SECOND") and len({value.date() for value in values if value}) > 1:
        return lambda value: (
            value.strftime("%m-%d %H:%M:%S"[: 11 if field.granularity == "MINUTE" else None]) if value else NOTHING
        )
    return lambda value: text(value, field.written)


def _frame(category: Field, names: list[str], fields: list[Field], series: list[Option]) -> Option:
    has_legend = len(series) > 1
    return {
        "tooltip": {"trigger": "axis"},
        "legend": {"show": has_legend, "type": "scroll", "top": 0},
        "grid": _grid(has_legend),
        "xAxis": {
            "type": "category",
            "data": names,
            "name": category.label,
            "nameLocation": "middle",
            "nameGap": 30,
            "axisLabel": {"interval": 0} if len(names) <= FEW else {"hideOverlap": True},
        },
        "yAxis": _value_axis(fields),
        "series": series,
    }


def _grid(has_legend: bool) -> Option:
    return {"left": 8, "right": 24, "top": 58 if has_legend else 34, "bottom": 34, "containLabel": True}


def _value_axis(fields: list[Field]) -> Option:
    named = unit(fields[0].written)
    label = fields[0].label if len(fields) == 1 else ""
    shown = f"{label}, {named}" if label and named else label or named
    axis: Option = {
        "type": "value",
        "name": shown,
        "nameTextStyle": {"align": "left"},
        "axisLabel": {"hideOverlap": True},
    }
    if named == "%":
        axis["axisLabel"]["formatter"] = "{value} %"
    return axis
