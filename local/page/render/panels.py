"""Visuals as HTML: a KPI, a table with its links, or a chart whose option the page's script draws."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup, escape

from local.page.render import charts, highcharts
from local.page.render.formats import scaled, text
from local.page.render.tones import colour_of, tones_of
from local.page.render.wells import Field, Query, UnknownPartError

TONES: Final = {"#DC2626": "danger", "#D97706": "warning", "#16A34A": "success", "#2563EB": "accent"}
"""Classes of the page for the theme's colours, so that text is readable on light and dark."""
MOST_ROWS: Final = 400
Rows = Sequence[tuple[Any, ...]]
AddressOf = Callable[[str], str | None]


@dataclass(frozen=True)
class Links:
    """Where clicks lead: the dashboard's own address, the address of others by id, what stands in the query now."""

    here: str
    address_of: AddressOf
    chosen: Mapping[str, Sequence[str]]


def panel(kind: str, body: Mapping[str, Any], query: Query, rows: Rows, links: Links) -> Markup:
    """Give the inside of a visual."""
    if kind == "KPIVisual":
        return _kpi(body, query, rows)
    if not rows:
        return Markup('<p class="empty">No rows for this choice.</p>')
    if kind == "TableVisual":
        return _table(body, query, rows, links)
    measures = [place for place, field in enumerate(query.fields) if field.aggregate]
    if measures and all(row[place] is None for row in rows for place in measures):
        return Markup('<p class="empty">No values: nothing has measured them for this choice.</p>')
    option = _highcharts(body, query, rows) if kind == "PluginVisual" else charts.option_of(kind, body, query, rows)
    label = f"{title_of(body)}: {len(rows)} rows"
    return Markup('<div class="chart" role="img" aria-label="{}" data-option="{}"></div>').format(
        label, json.dumps(option, separators=(",", ":"), default=str)
    )


def title_of(body: Mapping[str, Any]) -> str:
    """Give a visual's title."""
    return str(body["Title"]["FormatText"]["PlainText"])


def _kpi(body: Mapping[str, Any], query: Query, rows: Rows) -> Markup:
    ((place, field),) = query.among("Values")
    value = rows[0][place] if rows else None
    return Markup('<p class="kpi{}">{}</p>').format(
        _toned(field, value, tones_of(body)),
        text(0 if value is None and field.aggregate == "SUM" else value, field.written),
    )


def _table(body: Mapping[str, Any], query: Query, rows: Rows, links: Links) -> Markup:
    tones = tones_of(body)
    action = _click(body)
    fields = _in_order(body, query)
    numeric = {place for place, _ in fields if any(_is_number(row[place]) for row in rows)}
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(Markup(' class="number"') if place in numeric else "", field.label)
        for place, field in fields
    )
    written = []
    for row in rows[:MOST_ROWS]:
        target = _target(action, query, row, links) if action else None
        cells = []
        for number, (place, field) in enumerate(fields):
            shown: Any = escape(text(row[place], field.written))
            if "\n" in shown:
                shown = Markup("<br>").join(map(escape, text(row[place], field.written).splitlines()))
            if target and number == 0:
                shown = Markup('<a href="{}" title="{}">{}</a>').format(target, action["Name"] if action else "", shown)
            classes = (("number" if place in numeric else "") + _toned(field, row[place], tones)).strip()
            cells.append(
                Markup('<td class="{}">{}</td>').format(classes, shown)
                if classes
                else Markup("<td>{}</td>").format(shown)
            )
        written.append(Markup("<tr>{}</tr>").format(Markup("").join(cells)))
    more = len(rows) - MOST_ROWS
    note = Markup('<p class="more">{} more rows; the CSV has all.</p>').format(f"{more:,}") if more > 0 else Markup("")
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>{}"
    ).format(title_of(body), head, Markup("").join(written), note)


def _in_order(body: Mapping[str, Any], query: Query) -> list[tuple[int, Field]]:
    """Give fields as the table's options list them."""
    told = body["ChartConfiguration"].get("FieldOptions", {}).get("SelectedFieldOptions", [])
    order = {option["FieldId"]: number for number, option in enumerate(told)}
    return sorted(enumerate(query.fields), key=lambda each: order.get(each[1].identifier, len(order)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _toned(field: Field, value: Any, tones: list[tuple[str | None, str, str]]) -> str:
    colour = colour_of(field, value, tones)
    return f" tone-{TONES[colour]}" if colour in TONES else ""


def _click(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    actions = body.get("Actions", [])
    return actions[0] if actions else None


def _target(action: Mapping[str, Any], query: Query, row: tuple[Any, ...], links: Links) -> str | None:
    """Give where an action leads for a row."""
    by_id = {field.identifier: row[place] for place, field in enumerate(query.fields)}
    by_column = {field.column: row[place] for place, field in enumerate(query.fields)}
    values: dict[str, Any] = {}
    place = links.here
    for operation in action["ActionOperations"]:
        ((kind, body),) = operation.items()
        if kind == "NavigationOperation":
            values["sheet"] = body["LocalNavigationConfiguration"]["TargetSheetId"]
        elif kind == "SetParametersOperation":
            for each in body["ParameterValueConfigurations"]:
                values[each["DestinationParameterName"]] = by_id[each["Value"]["SourceField"]]
        elif kind == "URLOperation":
            address, _, wanted = _plain(body["URLTemplate"]).partition("#")
            found = links.address_of(address.rpartition("/")[2])
            if found is None:
                return None
            place = found
            for pair in wanted.split("&"):
                name, _, column = pair.removeprefix("p.").partition("=")
                values[name] = by_column[column.strip("<>")]
        else:
            raise UnknownPartError(f"The action {action['Name']} does what is not drawn here: {kind}.")
    return f"{place}?{urlencode(values)}"


def _plain(template: Any) -> str:
    return str(template["Fn::Sub"]) if isinstance(template, dict) else str(template)


def _highcharts(body: Mapping[str, Any], query: Query, rows: Rows) -> dict[str, Any]:
    properties = body["ChartConfiguration"]["VisualOptions"]["VisualProperties"]
    (code,) = (json.loads(each["Value"]) for each in properties if each["Name"] == "codeEditor")
    columns = {
        well: [[_cell(row[place], field) for row in rows] for place, field in query.among(well)]
        for well in ("GROUP_BY", "VALUE")
    }
    return highcharts.drawn(highcharts.Expressions(columns["GROUP_BY"], columns["VALUE"]).filled(code))


def _cell(value: Any, field: Field) -> Any:
    return (
        value
        if isinstance(value, str)
        else scaled(value, field.written)
        if not hasattr(value, "year")
        else text(value, field.written)
    )
