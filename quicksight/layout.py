"""Dashboards put together: sheets on a grid of 36 columns, parameters with their controls, filters with theirs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from quicksight.contracts import DataSet, Kind
from quicksight.visuals import Visual, visual_id

COLUMNS: Final = 36
ArnOf = Callable[[str], Any]


@dataclass(frozen=True)
class Choice:
    """A parameter with one value, its control, and the data sets whose SQL takes it."""

    name: str
    title: str
    kind: Kind
    default: str | int | float
    data_sets: tuple[DataSet, ...] = ()
    values: tuple[str, ...] = ()
    from_column: tuple[DataSet, str] | None = None
    bounds: tuple[float, float, float] | None = None
    """Least, most, step: then it is a slider."""
    shown: bool = True


@dataclass(frozen=True)
class Chosen:
    """A filter of one column: values that are chosen from all, those of a parameter, or fixed ones."""

    name: str
    data: DataSet
    column: str
    title: str = ""
    parameter: str = ""
    values: tuple[str, ...] = ()
    number: float | None = None
    visuals: tuple[str, ...] = ()
    """Only these; all of the data set on the sheet if empty."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: rows of (visual, columns it spans), each with its height in grid rows."""

    name: str
    title: str
    rows: Sequence[tuple[int, Sequence[tuple[Visual, int]]]]
    choices: tuple[Choice, ...] = ()
    filters: tuple[Chosen, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Dashboard:
    """A dashboard before it is written."""

    name: str
    title: str
    data_sets: tuple[DataSet, ...]
    sheets: tuple[Sheet, ...]
    choices: tuple[Choice, ...] = field(default=())

    def definition(self, arn_of: ArnOf) -> dict[str, Any]:
        """Give the whole definition; `arn_of` gives a data set's ARN by name."""
        choices = {choice.name: choice for sheet in self.sheets for choice in sheet.choices}
        return {
            "DataSetIdentifierDeclarations": [
                {"Identifier": data.name, "DataSetArn": arn_of(data.name)} for data in self.data_sets
            ],
            "ParameterDeclarations": [_declared(choice) for choice in choices.values()],
            "FilterGroups": [_filter_group(sheet, each) for sheet in self.sheets for each in sheet.filters],
            "Sheets": [_sheet(sheet) for sheet in self.sheets],
            "AnalysisDefaults": {
                "DefaultNewSheetConfiguration": {
                    "InteractiveLayoutConfiguration": {
                        "Grid": {"CanvasSizeOptions": {"ScreenCanvasSizeOptions": SCREEN}}
                    },
                    "SheetContentType": "INTERACTIVE",
                }
            },
        }


SCREEN: Final = {"ResizeOption": "FIXED", "OptimizedViewPortWidth": "1600px"}
_DECLARATIONS: Final = {
    Kind.STRING: "StringParameterDeclaration",
    Kind.INTEGER: "IntegerParameterDeclaration",
    Kind.DECIMAL: "DecimalParameterDeclaration",
}


def _declared(choice: Choice) -> dict[str, Any]:
    told: dict[str, Any] = {
        "Name": choice.name,
        "ParameterValueType": "SINGLE_VALUED",
        "DefaultValues": {"StaticValues": [choice.default]},
    }
    if choice.data_sets:
        told["MappedDataSetParameters"] = [
            {"DataSetIdentifier": data.name, "DataSetParameterName": choice.name} for data in choice.data_sets
        ]
    return {_DECLARATIONS[choice.kind]: told}


def _sheet(sheet: Sheet) -> dict[str, Any]:
    visuals = [visual for _, row in sheet.rows for visual, _ in row]
    written: dict[str, Any] = {
        "SheetId": sheet.name,
        "Name": sheet.title,
        "Title": sheet.title,
        "ContentType": "INTERACTIVE",
        "Visuals": visuals,
        "ParameterControls": [_parameter_control(sheet, choice) for choice in sheet.choices if choice.shown],
        "FilterControls": [_filter_control(each) for each in sheet.filters if each.title],
        "Layouts": [
            {
                "Configuration": {
                    "GridLayout": {
                        "Elements": _elements(sheet),
                        "CanvasSizeOptions": {"ScreenCanvasSizeOptions": SCREEN},
                    }
                }
            }
        ],
    }
    if sheet.note:
        written["Description"] = sheet.note
    return written


def _elements(sheet: Sheet) -> list[dict[str, Any]]:
    made, top = [], 0
    for height, row in sheet.rows:
        left = 0
        for visual, span in row:
            made.append(
                {
                    "ElementId": visual_id(visual),
                    "ElementType": "VISUAL",
                    "ColumnIndex": left,
                    "ColumnSpan": span,
                    "RowIndex": top,
                    "RowSpan": height,
                }
            )
            left += span
        top += height
    return made


def _parameter_control(sheet: Sheet, choice: Choice) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ParameterControlId": f"{sheet.name}-{choice.name}",
        "Title": choice.title,
        "SourceParameterName": choice.name,
    }
    if choice.bounds is not None:
        least, most, step = choice.bounds
        return {"Slider": {**told, "MinimumValue": least, "MaximumValue": most, "StepSize": step}}
    if choice.from_column is not None:
        data, column = choice.from_column
        data.kind(column)
        chosen: dict[str, Any] = {"LinkToDataSetColumn": {"DataSetIdentifier": data.name, "ColumnName": column}}
    elif choice.values:
        chosen = {"Values": list(choice.values)}
    else:
        return {"TextField": told}
    return {"Dropdown": told | {"Type": "SINGLE_SELECT", "SelectableValues": chosen}}


def _filter_control(chosen: Chosen) -> dict[str, Any]:
    return {
        "Dropdown": {
            "FilterControlId": f"{chosen.name}-control",
            "Title": chosen.title,
            "SourceFilterId": chosen.name,
            "Type": "MULTI_SELECT",
        }
    }


def _filter_group(sheet: Sheet, chosen: Chosen) -> dict[str, Any]:
    scope: dict[str, Any] = {"SheetId": sheet.name, "Scope": "ALL_VISUALS"}
    if chosen.visuals:
        scope = {"SheetId": sheet.name, "Scope": "SELECTED_VISUALS", "VisualIds": list(chosen.visuals)}
    return {
        "FilterGroupId": f"{chosen.name}-group",
        "Filters": [_filter(chosen)],
        "ScopeConfiguration": {"SelectedSheets": {"SheetVisualScopingConfigurations": [scope]}},
        "Status": "ENABLED",
        "CrossDataset": "SINGLE_DATASET",
    }


def _filter(chosen: Chosen) -> dict[str, Any]:
    kind = chosen.data.kind(chosen.column)
    told: dict[str, Any] = {
        "FilterId": chosen.name,
        "Column": {"DataSetIdentifier": chosen.data.name, "ColumnName": chosen.column},
    }
    if chosen.number is not None or (chosen.parameter and kind != Kind.STRING):
        told |= {"MatchOperator": "EQUALS", "NullOption": "NON_NULLS_ONLY"}
        told["ParameterName" if chosen.parameter else "Value"] = chosen.parameter or chosen.number
        return {"NumericEqualityFilter": told}
    if chosen.parameter:
        told["Configuration"] = {
            "CustomFilterConfiguration": {
                "MatchOperator": "EQUALS",
                "ParameterName": chosen.parameter,
                "NullOption": "NON_NULLS_ONLY",
            }
        }
    elif chosen.values:
        told["Configuration"] = {
            "FilterListConfiguration": {
                "MatchOperator": "CONTAINS",
                "CategoryValues": list(chosen.values),
                "NullOption": "NON_NULLS_ONLY",
            }
        }
    else:
        told["Configuration"] = {
            "FilterListConfiguration": {
                "MatchOperator": "CONTAINS",
                "SelectAllOptions": "FILTER_ALL_VALUES",
                "NullOption": "NON_NULLS_ONLY",
            }
        }
    return {"CategoryFilter": told}
