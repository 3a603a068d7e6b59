"""Visuals: each function gives one, whole, as a dashboard's definition has it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from quicksight.actions import GoTo, Open
from quicksight.fields import Field
from quicksight.theme import DIVERGING, SCALE, TONES

HIGHCHARTS: Final = "arn:aws:quicksight::aws:visualplugin/highcharts/alias/V1"
Visual = dict[str, Any]
Click = GoTo | Open
Tones = Sequence[tuple[Field, str, str]]
"""For a field: when (a comparison, as `>= 3` or `= 'high'`), and the tone its text takes then."""


def visual_id(visual: Visual) -> str:
    """Give the id of a visual."""
    (body,) = visual.values()
    name: str = body["VisualId"]
    return name


def kpi(name: str, title: str, value: Field, tones: Sequence[tuple[str, str]] = ()) -> Visual:
    """Show one number; `tones` are conditions on it."""
    body = _titled(name, title)
    body["ChartConfiguration"] = {
        "FieldWells": {"Values": [value.written(name)]},
        "KPIOptions": {"PrimaryValueDisplayType": "ACTUAL", "PrimaryValueFontConfiguration": {"FontSize": LARGE}},
    }
    if tones:
        body["ConditionalFormatting"] = {
            "ConditionalFormattingOptions": [
                {"PrimaryValue": {"TextColor": _solid(value, when, tone)}} for when, tone in tones
            ]
        }
    return {"KPIVisual": body}


LARGE: Final = {"Relative": "EXTRA_LARGE"}


def bars(
    name: str,
    title: str,
    category: Field,
    values: Sequence[Field],
    *,
    colours: Field | None = None,
    across: bool = False,
    stacked: bool = False,
    top: int | None = None,
    by_value: bool = False,
    click: Click | None = None,
) -> Visual:
    """Draw bars by a category, lying ones if `across`; the first `top` by value or in the category's order."""
    body = _titled(name, title, click)
    wells: dict[str, Any] = {"Category": [category.written(name)], "Values": [each.written(name) for each in values]}
    if colours is not None:
        wells["Colors"] = [colours.written(name)]
    first = values[0] if by_value or top else category
    order: dict[str, Any] = {"CategorySort": [_sorted(first, name, "DESC" if first.how else "ASC")]}
    if top:
        order["CategoryItemsLimit"] = {"ItemsLimit": top, "OtherCategories": "EXCLUDE"}
    body["ChartConfiguration"] = {
        "FieldWells": {"BarChartAggregatedFieldWells": wells},
        "SortConfiguration": order,
        "Orientation": "HORIZONTAL" if across else "VERTICAL",
        "BarsArrangement": "STACKED" if stacked else "CLUSTERED",
        "CategoryLabelOptions": {"AxisLabelOptions": [category.axis_label(name)]},
        "ValueLabelOptions": {"AxisLabelOptions": [each.axis_label(name) for each in values]},
    }
    return {"BarChartVisual": body}


def lines(
    name: str, title: str, category: Field, values: Sequence[Field], *, colours: Field | None = None, area: bool = False
) -> Visual:
    """Draw lines over a category; one a colour, or one a value."""
    body = _titled(name, title)
    wells: dict[str, Any] = {"Category": [category.written(name)], "Values": [each.written(name) for each in values]}
    if colours is not None:
        wells["Colors"] = [colours.written(name)]
    body["ChartConfiguration"] = {
        "FieldWells": {"LineChartAggregatedFieldWells": wells},
        "SortConfiguration": {"CategorySort": [_sorted(category, name, "ASC")]},
        "Type": "STACKED_AREA" if area else "LINE",
        "XAxisLabelOptions": {"AxisLabelOptions": [category.axis_label(name)]},
        "PrimaryYAxisLabelOptions": {"AxisLabelOptions": [each.axis_label(name) for each in values]},
    }
    return {"LineChartVisual": body}


def combo(
    name: str,
    title: str,
    category: Field,
    standing: Sequence[Field],
    drawn: Sequence[Field],
    *,
    one_axis: bool = False,
) -> Visual:
    """Draw bars and lines over one category, on two axes or on one."""
    body = _titled(name, title)
    body["ChartConfiguration"] = {
        "FieldWells": {
            "ComboChartAggregatedFieldWells": {
                "Category": [category.written(name)],
                "BarValues": [each.written(name) for each in standing],
                "LineValues": [each.written(name) for each in drawn],
            }
        },
        "SortConfiguration": {"CategorySort": [_sorted(category, name, "ASC")]},
        "BarsArrangement": "CLUSTERED",
        "CategoryLabelOptions": {"AxisLabelOptions": [category.axis_label(name)]},
        "PrimaryYAxisLabelOptions": {"AxisLabelOptions": [each.axis_label(name) for each in standing]},
        "SecondaryYAxisLabelOptions": {"AxisLabelOptions": [each.axis_label(name) for each in drawn]},
    }
    if one_axis:
        body["ChartConfiguration"]["SingleAxisOptions"] = {"YAxisOptions": {"YAxis": "PRIMARY_Y_AXIS"}}
    return {"ComboChartVisual": body}


def heat_map(
    name: str, title: str, rows: Field, columns: Field, value: Field, *, bounds: tuple[float, float] | None = None
) -> Visual:
    """Colour cells by a value; between `bounds` in two directions from their middle, else from nothing up."""
    body = _titled(name, title)
    if bounds is None:
        colours: list[dict[str, Any]] = [{"Color": colour} for colour in SCALE]
    else:
        places = (bounds[0], sum(bounds) / 2, bounds[1])
        colours = [{"Color": colour, "DataValue": at} for colour, at in zip(DIVERGING, places, strict=True)]
    body["ChartConfiguration"] = {
        "FieldWells": {
            "HeatMapAggregatedFieldWells": {
                "Rows": [rows.written(name)],
                "Columns": [columns.written(name)],
                "Values": [value.written(name)],
            }
        },
        "SortConfiguration": {
            "HeatMapRowSort": [_sorted(rows, name, "ASC")],
            "HeatMapColumnSort": [_sorted(columns, name, "ASC")],
        },
        "ColorScale": {"ColorFillType": "GRADIENT", "Colors": colours},
        "Legend": {"Visibility": "VISIBLE", "Title": {"Visibility": "VISIBLE", "CustomLabel": value.label}},
        "RowLabelOptions": {"AxisLabelOptions": [rows.axis_label(name)]},
        "ColumnLabelOptions": {"AxisLabelOptions": [columns.axis_label(name)]},
    }
    return {"HeatMapVisual": body}


def table(
    name: str,
    title: str,
    fields: Sequence[Field],
    *,
    order: Sequence[tuple[Field, str]] = (),
    tones: Tones = (),
    click: Click | None = None,
) -> Visual:
    """List rows: as they are, or grouped by the dimensions where a field is aggregated."""
    body = _titled(name, title, click)
    if any(each.how for each in fields):
        wells: dict[str, Any] = {
            "TableAggregatedFieldWells": {
                "GroupBy": [each.written(name) for each in fields if not each.how],
                "Values": [each.written(name) for each in fields if each.how],
            }
        }
    else:
        wells = {"TableUnaggregatedFieldWells": {"Values": [each.plain(name) for each in fields]}}
    body["ChartConfiguration"] = {
        "FieldWells": wells,
        "SortConfiguration": {"RowSort": [_sorted(field, name, way) for field, way in order]},
        "FieldOptions": {
            "SelectedFieldOptions": [{"FieldId": each.named(name), "CustomLabel": each.label} for each in fields]
        },
    }
    if tones:
        body["ConditionalFormatting"] = {
            "ConditionalFormattingOptions": [
                {"Cell": {"FieldId": field.named(name), "TextFormat": {"TextColor": _solid(field, when, tone)}}}
                for field, when, tone in tones
            ]
        }
    return {"TableVisual": body}


def scatter(
    name: str,
    title: str,
    across: Field,
    up: Field,
    *,
    colours: Field | None = None,
    label: Field | None = None,
    click: Click | None = None,
) -> Visual:
    """Draw a point a group (of colour and label), or a row where the axes are not aggregated."""
    body = _titled(name, title, click)
    wells: dict[str, Any] = {"XAxis": [across.written(name)], "YAxis": [up.written(name)]}
    if colours is not None:
        wells["Category"] = [colours.written(name)]
    if label is not None:
        wells["Label"] = [label.written(name)]
    kind = "ScatterPlotCategoricallyAggregatedFieldWells" if up.how else "ScatterPlotUnaggregatedFieldWells"
    body["ChartConfiguration"] = {
        "FieldWells": {kind: wells},
        "XAxisLabelOptions": {"AxisLabelOptions": [across.axis_label(name)]},
        "YAxisLabelOptions": {"AxisLabelOptions": [up.axis_label(name)]},
    }
    return {"ScatterPlotVisual": body}


def highcharts(
    name: str, title: str, groups: Sequence[Field], values: Sequence[Field], code: Mapping[str, Any]
) -> Visual:
    """Draw by Highcharts' own options; their expressions take columns from the field wells by place."""
    body = _titled(name, title)
    body["PluginArn"] = HIGHCHARTS
    body["ChartConfiguration"] = {
        "FieldWells": [
            {"AxisName": "GROUP_BY", "Dimensions": [each.written(name) for each in groups]},
            {"AxisName": "VALUE", "Measures": [each.written(name) for each in values]},
        ],
        "SortConfiguration": {
            "PluginVisualTableQuerySort": {
                "RowSort": [_sorted(groups[0], name, "ASC")],
                "ItemsLimitConfiguration": {"ItemsLimit": 2500},
            }
        },
        "VisualOptions": {"VisualProperties": [{"Name": "codeEditor", "Value": json.dumps(code)}]},
    }
    return {"PluginVisual": body}


def _titled(name: str, title: str, click: Click | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "VisualId": name,
        "Title": {"Visibility": "VISIBLE", "FormatText": {"PlainText": title}},
        "VisualContentAltText": title,
    }
    if click is not None:
        body["Actions"] = [click.written(name)]
    return body


def _sorted(field: Field, visual: str, way: str) -> dict[str, Any]:
    return {"FieldSort": {"FieldId": field.named(visual), "Direction": way}}


def _solid(field: Field, when: str, tone: str) -> dict[str, Any]:
    column = f"{{{field.column}}}"
    told = f"{field.how}({column})" if field.how else column
    return {"Solid": {"Expression": f"{told} {when}", "Color": TONES[tone]}}
