"""A sheet of a dashboard as the body of a page: tabs, controls, and its grid of panels."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup

from local.page.render.choices import Address, Parameters, conditions_of, parameters_of
from local.page.render.lake import NoHistoryError, View
from local.page.render.panels import Links, panel, title_of
from local.page.render.template import Dashboard, Template
from local.page.render.wells import UnknownPartError, query_of

MOST_VALUES: Final = 1000
Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Page:
    """One sheet as the reader asked for it."""

    template: Template
    dashboard: Dashboard
    view: View
    address: Address

    @property
    def here(self) -> str:
        """Give the dashboard's address."""
        return f"/dashboards/{self.dashboard.name}"

    @property
    def sheet(self) -> Mapping[str, Any]:
        """Give the sheet asked for, or the first."""
        sheets: list[Mapping[str, Any]] = self.dashboard.definition["Sheets"]
        wanted = self.address.get("sheet", [""])[0]
        return next((each for each in sheets if each["SheetId"] == wanted), sheets[0])

    @cached_property
    def parameters(self) -> Parameters:
        """Give the values of the dashboard's parameters.

        Where one is chosen from a column and its default is not in it, the first value there stands in: a lake of this
        machine need not have the instruments that the dashboard opens with.
        """
        told = parameters_of(self.dashboard.definition, self.address)
        absent = {}
        for control in self.sheet.get("ParameterControls", []):
            body = control.get("Dropdown", {})
            column = body.get("SelectableValues", {}).get("LinkToDataSetColumn")
            name = body.get("SourceParameterName")
            if column is not None and name not in self.address:
                values = self._distinct(column, told)
                if values and told.values[name] not in values:
                    absent[name] = [values[0]]
        return parameters_of(self.dashboard.definition, {**self.address, **absent}) if absent else told

    def body(self) -> Markup:
        """Give the page's body."""
        return Markup('<div class="head"><h1>{}</h1>{}</div>{}{}<div class="grid">{}</div>').format(
            self.dashboard.title, self._note(), self._tabs(), self._controls(), Markup("").join(self._panels())
        )

    def rows_of(self, visual: str) -> tuple[list[str], Rows] | None:
        """Give labels and rows of one visual of the sheet; none if there is no such visual."""
        for written in self.sheet["Visuals"]:
            ((_, body),) = written.items()
            if body["VisualId"] == visual:
                return [field.label for field in query_of(body).fields], self._rows(body)
        return None

    def _note(self) -> Markup:
        note = self.sheet.get("Description", "")
        return Markup('<p class="note">{} As of {:%Y-%m-%d %H:%M} UTC.</p>').format(note, self.view.market_clock)

    def _tabs(self) -> Markup:
        sheets = self.dashboard.definition["Sheets"]
        if len(sheets) == 1:
            return Markup("")
        links = (
            Markup('<a href="{}?{}"{}>{}</a>').format(
                self.here,
                urlencode({"sheet": each["SheetId"]}),
                Markup(' aria-current="page"') if each is self.sheet else "",
                each["Name"],
            )
            for each in sheets
        )
        return Markup('<nav class="tabs" aria-label="Sheets">{}</nav>').format(Markup("").join(links))

    def _controls(self) -> Markup:
        fields = [*self._parameter_controls(), *self._filter_controls()]
        if not fields:
            return Markup("")
        return Markup(
            '<form class="controls" method="get" action="{}"><input type="hidden" name="sheet" value="{}">{}'
            "<button>Show</button></form>"
        ).format(self.here, self.sheet["SheetId"], Markup("").join(fields))

    def _parameter_controls(self) -> Iterator[Markup]:
        for control in self.sheet.get("ParameterControls", []):
            ((kind, body),) = control.items()
            name = body["SourceParameterName"]
            value = self.parameters.values[name]
            if kind == "Dropdown":
                chosen = body["SelectableValues"]
                values = chosen.get("Values") or self._distinct(chosen["LinkToDataSetColumn"])
                yield _select(body["Title"], name, values, [str(value)], many=False)
            else:
                told = (
                    Markup(' type="number" min="{}" max="{}" step="{}"').format(
                        body["MinimumValue"], body["MaximumValue"], body["StepSize"]
                    )
                    if kind == "Slider"
                    else Markup(' type="text"')
                )
                yield Markup('<label>{} <input name="{}" value="{}"{}></label>').format(
                    body["Title"], name, value, told
                )

    def _filter_controls(self) -> Iterator[Markup]:
        filters = {
            body["FilterId"]: body
            for group in self.dashboard.definition.get("FilterGroups", [])
            for written in group["Filters"]
            for body in written.values()
        }
        for control in self.sheet.get("FilterControls", []):
            ((_, body),) = control.items()
            name = body["SourceFilterId"]
            values = self._distinct(filters[name]["Column"])
            yield _select(body["Title"], name, values, self.address.get(name, []), many=True)

    def _distinct(self, column: Mapping[str, str], parameters: Parameters | None = None) -> list[str]:
        data = column["DataSetIdentifier"]
        values = (parameters or self.parameters).by_data_set.get(data, {})
        try:
            table = self.view.table_of(self.dashboard.data_sets[data], values)
        except NoHistoryError:
            return []
        named = f'"{column["ColumnName"]}"'
        select = f"select distinct cast({named} as varchar) from {table}"  # noqa: S608 - our own names
        query = f"{select} where {named} is not null order by 1 limit {MOST_VALUES}"
        return [value for (value,) in self.view.rows(query)]

    def _table(self, data: str) -> str:
        return self.view.table_of(self.dashboard.data_sets[data], self.parameters.by_data_set.get(data, {}))

    def _rows(self, body: Mapping[str, Any]) -> Rows:
        query = query_of(body)
        conditions = conditions_of(
            self.dashboard.definition,
            self.sheet["SheetId"],
            body["VisualId"],
            query.data,
            self.parameters,
            self.address,
        )
        return self.view.rows(query.sql(self._table(query.data), conditions))

    def _panels(self) -> Iterator[Markup]:
        elements = self.sheet["Layouts"][0]["Configuration"]["GridLayout"]["Elements"]
        places = {each["ElementId"]: each for each in elements}
        links = Links(self.here, self.template.address_of, self.address)
        for written in self.sheet["Visuals"]:
            ((kind, body),) = written.items()
            place = places[body["VisualId"]]
            try:
                inside = panel(kind, body, query_of(body), self._rows(body), links)
            except (NoHistoryError, UnknownPartError) as error:
                inside = Markup('<p class="empty">{}</p>').format(error)
            query = urlencode({**self.address, "sheet": [self.sheet["SheetId"]]}, doseq=True)
            yield Markup(
                '<section class="panel span-{} rows-{}" id="{}" aria-labelledby="{}-title"><h2 id="{}-title">{}</h2>{}'
                '<a class="csv" href="{}/{}.csv?{}" aria-label="{} as CSV">CSV</a></section>'
            ).format(
                place["ColumnSpan"],
                place["RowSpan"],
                body["VisualId"],
                body["VisualId"],
                body["VisualId"],
                title_of(body),
                inside,
                self.here,
                body["VisualId"],
                query,
                title_of(body),
            )


def _select(title: str, name: str, values: Sequence[str], chosen: Sequence[str], *, many: bool) -> Markup:
    options = [
        Markup('<option value="{}"{}>{}</option>').format(value, Markup(" selected") if value in chosen else "", value)
        for value in values
    ]
    if many:
        options.insert(0, Markup('<option value="">All</option>'))
    elif chosen and chosen[0] not in values:
        options.insert(0, Markup('<option value="{}" selected>{}</option>').format(chosen[0], chosen[0]))
    return Markup('<label>{} <select name="{}">{}</select></label>').format(title, name, Markup("").join(options))
