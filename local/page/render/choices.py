"""What the reader chose: parameters and filters of a dashboard, from the page's address, else as declared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local.page.render.wells import UnknownPartError, literal

Address = Mapping[str, Sequence[str]]
"""Values by name, as in a query string."""
COMPARISONS: Final = {"EQUALS": "=", "DOES_NOT_EQUAL": "<>"}


@dataclass(frozen=True)
class Parameters:
    """Values of the dashboard's parameters, and those of each data set's."""

    values: Mapping[str, Any]
    by_data_set: Mapping[str, Mapping[str, Any]]


def parameters_of(definition: Mapping[str, Any], address: Address) -> Parameters:
    """Take parameters from the address where they have the declared type."""
    values: dict[str, Any] = {}
    by_data_set: dict[str, dict[str, Any]] = {}
    for declaration in definition.get("ParameterDeclarations", []):
        ((kind, body),) = declaration.items()
        default = body["DefaultValues"]["StaticValues"][0]
        given = address.get(body["Name"], [])
        value = _typed(kind, given[0]) if given else default
        values[body["Name"]] = default if value is None else value
        for mapped in body.get("MappedDataSetParameters", []):
            told = by_data_set.setdefault(mapped["DataSetIdentifier"], {})
            told[mapped["DataSetParameterName"]] = values[body["Name"]]
    return Parameters(values, by_data_set)


def _typed(kind: str, text: str) -> Any:
    try:
        if kind.startswith("Integer"):
            return int(text)
        if kind.startswith("Decimal"):
            return float(text)
    except ValueError:
        return None
    return text


def conditions_of(
    definition: Mapping[str, Any], sheet: str, visual: str, data: str, parameters: Parameters, address: Address
) -> list[str]:
    """Give the SQL conditions of all filters that hold for a visual."""
    found = []
    for group in definition.get("FilterGroups", []):
        if group.get("Status", "ENABLED") != "ENABLED" or not _concerns(group, sheet, visual):
            continue
        for written in group["Filters"]:
            ((kind, body),) = written.items()
            if body["Column"]["DataSetIdentifier"] == data:
                found += _condition(kind, body, parameters, address)
    return found


def _concerns(group: Mapping[str, Any], sheet: str, visual: str) -> bool:
    scopes = group["ScopeConfiguration"]["SelectedSheets"]["SheetVisualScopingConfigurations"]
    return any(
        scope["SheetId"] == sheet and (scope["Scope"] == "ALL_VISUALS" or visual in scope.get("VisualIds", []))
        for scope in scopes
    )


def _condition(kind: str, body: Mapping[str, Any], parameters: Parameters, address: Address) -> list[str]:
    column = f'"{body["Column"]["ColumnName"]}"'
    if kind == "NumericEqualityFilter":
        value = parameters.values[body["ParameterName"]] if "ParameterName" in body else body["Value"]
        return [f"{column} {COMPARISONS[body['MatchOperator']]} {float(value)!r}"]
    if kind == "CategoryFilter":
        ((name, told),) = body["Configuration"].items()
        if name == "CustomFilterConfiguration":
            value = parameters.values[told["ParameterName"]] if "ParameterName" in told else told["CategoryValue"]
            return [f"{column} {COMPARISONS[told['MatchOperator']]} {literal(str(value))}"]
        if name == "FilterListConfiguration":
            chosen = told.get("CategoryValues") or [value for value in address.get(body["FilterId"], []) if value]
            return [f"{column} in ({', '.join(map(literal, chosen))})"] if chosen else []
    raise UnknownPartError(f"The filter {body['FilterId']} is of a kind that is not drawn here: {kind}.")
