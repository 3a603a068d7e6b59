"""What is wrong with a dashboard's definition, in sentences that name it: keys, data sets, columns, types."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from quicksight import theme
from quicksight.contracts import BY_NAME, Kind
from quicksight.fields import COUNTING, NUMERIC

Definition = Mapping[str, Any]
FIELDS: Final[Mapping[str, tuple[Kind, ...]]] = {
    "CategoricalDimensionField": (Kind.STRING,),
    "DateDimensionField": (Kind.DATETIME,),
    "NumericalDimensionField": NUMERIC,
    "NumericalMeasureField": NUMERIC,
    "CategoricalMeasureField": (Kind.STRING,),
    "DateMeasureField": (Kind.DATETIME,),
    "CategoryFilter": (Kind.STRING,),
    "NumericEqualityFilter": NUMERIC,
    "NumericRangeFilter": NUMERIC,
    "TimeRangeFilter": (Kind.DATETIME,),
    "TimeEqualityFilter": (Kind.DATETIME,),
    "RelativeDatesFilter": (Kind.DATETIME,),
}
"""Which types of columns a field or a filter takes."""
COLOURS: Final = frozenset({*theme.SERIES, *theme.TONES.values(), *theme.SCALE, *theme.DIVERGING})
COLUMN_CALLS: Final = ("getColumn", "getColumnFromGroupBy", "getColumnFromValue")
_NAMED: Final = re.compile(r"\{(\w+)\}")


def faults(name: str, definition: Definition) -> list[str]:
    """List what is wrong with a definition but its keys; nothing if it is right."""
    return [f"{name}: {found}" for found in _faults(definition)]


def unknown_keys(name: str, definition: Definition) -> list[str]:
    """List keys that AWS::QuickSight::Dashboard does not have, by the schema cfn-lint ships; it is slow to load."""
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::QuickSight::Dashboard").schema
    start = {"$ref": "#/definitions/DashboardVersionDefinition"}
    return [f"{name}: {found}" for found in _unknown(definition, start, schema["definitions"], "Definition")]


def _unknown(value: Any, told: Mapping[str, Any], known: Mapping[str, Any], place: str) -> Iterator[str]:
    told = known[told["$ref"].rpartition("/")[2]] if "$ref" in told else told
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _unknown(each, told.get("items", {}), known, f"{place}[{number}]")
    elif isinstance(value, dict) and "properties" in told:
        for key, each in value.items():
            if key in told["properties"]:
                yield from _unknown(each, told["properties"][key], known, f"{place}.{key}")
            else:
                yield f"{place} has no key {key}."


def _faults(definition: Definition) -> Iterator[str]:
    declared = [each["Identifier"] for each in definition["DataSetIdentifierDeclarations"]]
    for name in declared:
        if name not in BY_NAME:
            yield f"data set {name} is declared, but contracts.py has none of that name."
    parameters = {body["Name"]: body for each in definition.get("ParameterDeclarations", []) for body in each.values()}
    yield from _parameters(definition, parameters, declared)
    visuals = [_body(visual) for sheet in definition["Sheets"] for visual in sheet["Visuals"]]
    sheets = {sheet["SheetId"] for sheet in definition["Sheets"]}
    ids = Counter(body["VisualId"] for _, body in visuals)
    yield from (f"visual {name} is there {times} times." for name, times in ids.items() if times > 1)
    for kind, body in visuals:
        yield from _visual(kind, body, declared, parameters, sheets)
    for group in definition.get("FilterGroups", []):
        yield from _filter_group(group, declared, parameters, definition["Sheets"])
    filters = {body["FilterId"] for group in definition.get("FilterGroups", []) for body in _filters(group)}
    for sheet in definition["Sheets"]:
        yield from _sheet(sheet, filters, parameters)


def _parameters(definition: Definition, parameters: Mapping[str, Any], declared: list[str]) -> Iterator[str]:
    for name, body in parameters.items():
        for mapped in body.get("MappedDataSetParameters", []):
            data, wanted = mapped["DataSetIdentifier"], mapped["DataSetParameterName"]
            if data not in declared:
                yield f"parameter {name} is mapped to data set {data}, which is not declared."
            elif wanted not in {each.name for each in BY_NAME[data].parameters}:
                yield f"parameter {name} is mapped to {data}.{wanted}, which data set {data} does not have."
    mapped_to = {
        (mapped["DataSetIdentifier"], mapped["DataSetParameterName"])
        for body in parameters.values()
        for mapped in body.get("MappedDataSetParameters", [])
    }
    for name in declared:
        for parameter in BY_NAME[name].parameters if name in BY_NAME else ():
            if (name, parameter.name) not in mapped_to:
                yield f"data set {name} takes {parameter.name}, to which no parameter is mapped."


def _visual(
    kind: str, body: Mapping[str, Any], declared: list[str], parameters: Mapping[str, Any], sheets: set[str]
) -> Iterator[str]:
    place = f"visual {body['VisualId']}"
    columns: dict[str, tuple[str, str]] = {}
    for name, told in _walk(body):
        if "Column" in told and "FieldId" in told and name != "ApplyTo":
            column = told["Column"]
            columns[told["FieldId"]] = (column["DataSetIdentifier"], column["ColumnName"])
        if isinstance(told.get("Column"), dict):
            yield from _column(place, name, told, declared)
    for _, told in _walk(body):
        for key in ("FieldId", "SourceField"):
            if key in told and told[key] not in columns:
                yield f"{place} names field {told[key]}, which is in none of its field wells."
        if "Expression" in told:
            data = {data for data, _ in columns.values()}
            for column in _NAMED.findall(told["Expression"]):
                if not any(column in BY_NAME[each].columns for each in data if each in BY_NAME):
                    condition = told["Expression"]
                    yield f"{place} has the condition {condition}, but no data set of it has a column {column}."
        if "Color" in told and told["Color"] not in COLOURS:
            yield f"{place} has the colour {told['Color']}, which is not of the theme."
        target = told.get("TargetSheetId")
        if target is not None and target not in sheets:
            yield f"{place} goes to sheet {target}, which there is not."
        parameter = told.get("DestinationParameterName")
        if parameter is not None and parameter not in parameters:
            yield f"{place} sets parameter {parameter}, which is not declared."
    if kind == "PluginVisual":
        yield from _plugin(place, body)


def _column(place: str, name: str, told: Mapping[str, Any], declared: list[str]) -> Iterator[str]:
    data, column = told["Column"].get("DataSetIdentifier"), told["Column"]["ColumnName"]
    if data not in declared:
        yield f"{place} names data set {data}, which is not declared."
    elif data in BY_NAME and column not in BY_NAME[data].columns:
        yield f"{place} names column {column}, which data set {data} does not have."
    elif data in BY_NAME and name in FIELDS:
        kind = BY_NAME[data].columns[column]
        counts = told.get("AggregationFunction") in COUNTING
        if kind not in FIELDS[name] and not (counts and name == "CategoricalMeasureField"):
            yield f"{place} takes {data}.{column} as {name}, but it is {kind}."


def _plugin(place: str, body: Mapping[str, Any]) -> Iterator[str]:
    wells = body["ChartConfiguration"]["FieldWells"]
    counts = {well["AxisName"]: len(well.get("Dimensions", [])) + len(well.get("Measures", [])) for well in wells}
    sizes = {
        "getColumn": sum(counts.values()),
        "getColumnFromGroupBy": counts["GROUP_BY"],
        "getColumnFromValue": counts["VALUE"],
    }
    (code,) = (
        each["Value"]
        for each in body["ChartConfiguration"]["VisualOptions"]["VisualProperties"]
        if each["Name"] == "codeEditor"
    )
    for call in _calls(json.loads(code)):
        for number in call[1:]:
            if not 0 <= number < sizes[call[0]]:
                yield f"{place} calls {call[0]} {number}, but there are {sizes[call[0]]}."


def _calls(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        if value and value[0] in COLUMN_CALLS:
            yield value
        for each in value:
            yield from _calls(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _calls(each)


def _filter_group(
    group: Mapping[str, Any], declared: list[str], parameters: Mapping[str, Any], sheets: list[Mapping[str, Any]]
) -> Iterator[str]:
    place = f"filter {group['FilterGroupId']}"
    for each in group["Filters"]:
        for name, body in each.items():
            yield from _column(place, name, body, declared)
            for _, told in _walk(body):
                parameter = told.get("ParameterName")
                if parameter is not None and parameter not in parameters:
                    yield f"{place} follows parameter {parameter}, which is not declared."
    there = {sheet["SheetId"]: {_body(each)[1]["VisualId"] for each in sheet["Visuals"]} for sheet in sheets}
    for scope in group["ScopeConfiguration"]["SelectedSheets"]["SheetVisualScopingConfigurations"]:
        for visual in scope.get("VisualIds", []):
            if visual not in there.get(scope["SheetId"], ()):
                yield f"{place} is for visual {visual}, which is not on sheet {scope['SheetId']}."


def _sheet(sheet: Mapping[str, Any], filters: set[str], parameters: Mapping[str, Any]) -> Iterator[str]:
    place = f"sheet {sheet['SheetId']}"
    for control in sheet.get("ParameterControls", []):
        for body in control.values():
            if body["SourceParameterName"] not in parameters:
                yield f"{place} has a control for parameter {body['SourceParameterName']}, which is not declared."
    for control in sheet.get("FilterControls", []):
        for body in control.values():
            if body["SourceFilterId"] not in filters:
                yield f"{place} has a control for filter {body['SourceFilterId']}, which there is not."
    elements = sheet["Layouts"][0]["Configuration"]["GridLayout"]["Elements"]
    laid, there = ({each["ElementId"] for each in elements}, {_body(each)[1]["VisualId"] for each in sheet["Visuals"]})
    yield from (f"{place} lays out {name}, which it does not have." for name in sorted(laid - there))
    yield from (f"{place} has {name}, which it does not lay out." for name in sorted(there - laid))
    for each in elements:
        if each["ColumnIndex"] + each["ColumnSpan"] > 36:
            yield f"{place} lays out {each['ElementId']} beyond column 36."


def _filters(group: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for each in group["Filters"]:
        yield from each.values()


def _body(visual: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    ((kind, body),) = visual.items()
    return kind, body


def _walk(value: Any, name: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give every object with the key it is under; those of a list are under the list's key."""
    if isinstance(value, dict):
        yield name, value
        for key, each in value.items():
            yield from _walk(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _walk(each, name)
