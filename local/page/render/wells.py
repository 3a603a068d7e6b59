"""Field wells into SQL: the rows that a visual shows, from its data set, its filters and its sort."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

AGGREGATES: Final = {
    "SUM": "sum({})",
    "AVERAGE": "avg({})",
    "MIN": "min({})",
    "MAX": "max({})",
    "COUNT": "count({})",
    "DISTINCT_COUNT": "count(distinct {})",
    "MEDIAN": "median({})",
    "STDEV": "stddev_samp({})",
    "STDEVP": "stddev_pop({})",
    "VAR": "var_samp({})",
    "VARP": "var_pop({})",
}
MOST_ROWS: Final = 5000


class UnknownPartError(ValueError):
    """The definition has something that the local page can't draw; the message names it."""


@dataclass(frozen=True)
class Field:
    """A field of a visual: where it stands, what it is called, and how it is made."""

    well: str
    identifier: str
    data: str
    column: str
    aggregate: str | None
    granularity: str | None
    written: Mapping[str, Any]
    label: str

    @property
    def select(self) -> str:
        """Give its expression."""
        column = f'"{self.column}"'
        if self.aggregate is not None:
            return AGGREGATES[self.aggregate].format(column)
        if self.granularity not in (None, "MILLISECOND"):
            return f"date_trunc('{str(self.granularity).lower()}', {column})"
        return column


@dataclass(frozen=True)
class Query:
    """What a visual shows: its fields in order, and the clauses that choose and order rows."""

    fields: Sequence[Field]
    order: Sequence[tuple[str, str]]
    is_grouped: bool

    @property
    def data(self) -> str:
        """Give the one data set it is of."""
        names = {field.data for field in self.fields}
        if len(names) != 1:
            raise UnknownPartError(f"A visual must be of one data set, not of {', '.join(sorted(names)) or 'none'}.")
        return names.pop()

    def sql(self, table: str, conditions: Sequence[str]) -> str:
        """Write it over a table."""
        selected = ", ".join(f'{field.select} as "{number}"' for number, field in enumerate(self.fields))
        where = f" where {' and '.join(conditions)}" if conditions else ""
        dimensions = [str(number + 1) for number, field in enumerate(self.fields) if field.aggregate is None]
        grouped = f" group by {', '.join(dimensions)}" if self.is_grouped and dimensions else ""
        places = {field.identifier: number + 1 for number, field in enumerate(self.fields)}
        told = [f"{places[name]} {'desc' if way == 'DESC' else 'asc'} nulls last" for name, way in self.order]
        ordered = (
            f" order by {', '.join([*told, *(place for place in dimensions if grouped)])}" if told or grouped else ""
        )
        return f"select {selected} from {table}{where}{grouped}{ordered} limit {MOST_ROWS}"  # noqa: S608 - names are the template's

    def among(self, *wells: str) -> list[tuple[int, Field]]:
        """Give the fields of some wells, with their places."""
        return [(number, field) for number, field in enumerate(self.fields) if field.well in wells]


def query_of(body: Mapping[str, Any]) -> Query:
    """Read the field wells and the sort of a visual."""
    chart = body["ChartConfiguration"]
    labels = dict(_labels(chart))
    fields = [_field(well, written, labels) for well, written in _wells(chart["FieldWells"])]
    known = {field.identifier for field in fields}
    order = [(name, way) for name, way in _sorts(chart.get("SortConfiguration", {})) if name in known]
    return Query(fields, order, any(field.aggregate for field in fields))


def _wells(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, list):
        for well in value:  # of a plug-in
            for key in ("Dimensions", "Measures", "Unaggregated"):
                for field in well.get(key, []):
                    yield well["AxisName"], field
        return
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _wells(inner)
        else:
            for field in inner:
                yield key, field


def _field(well: str, written: Mapping[str, Any], labels: Mapping[str, str]) -> Field:
    if "FieldId" in written:
        body: Mapping[str, Any] = written
    else:
        ((kind, body),) = written.items()
        if "Column" not in body:
            raise UnknownPartError(f"{kind} is not drawn here.")
    aggregate = body.get("AggregationFunction")
    if isinstance(aggregate, dict):
        aggregate = aggregate.get("SimpleNumericalAggregation")
    column = body["Column"]["ColumnName"]
    return Field(
        well,
        body["FieldId"],
        body["Column"]["DataSetIdentifier"],
        column,
        aggregate,
        body.get("DateGranularity"),
        body,
        labels.get(body["FieldId"], column.replace("_", " ")),
    )


def _labels(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for each in value:
            yield from _labels(each)
    elif isinstance(value, dict):
        if "CustomLabel" in value:
            field = value.get("FieldId") or value.get("ApplyTo", {}).get("FieldId")
            if field:
                yield field, value["CustomLabel"]
        for each in value.values():
            yield from _labels(each)


def _sorts(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for each in value:
            yield from _sorts(each)
    elif isinstance(value, dict):
        if "FieldSort" in value:
            yield value["FieldSort"]["FieldId"], value["FieldSort"]["Direction"]
        else:
            for each in value.values():
                yield from _sorts(each)


def literal(value: str) -> str:
    """Write text as SQL."""
    return "'" + value.replace("'", "''") + "'"
