"""A synthesised template read back: its dashboards, and their data sets with the SQL as it is deployed."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_PARAMETER: Final = re.compile(r"<<\$(\w+)>>")


class TemplateError(ValueError):
    """A template has not what its dashboards refer to; the message names it."""


@dataclass(frozen=True)
class DataSet:
    """A data set: its SQL, the types of its columns, the defaults of its parameters."""

    name: str
    title: str
    is_direct: bool
    query: str
    columns: Mapping[str, str]
    defaults: Mapping[str, str | float]

    def sql(self, values: Mapping[str, Any]) -> str:
        """Give the query with its parameters as literals; raises `TemplateError` for one without a value."""

        def literal(found: re.Match[str]) -> str:
            name = found[1]
            if name not in self.defaults:
                raise TemplateError(f"The query of {self.name} takes {name}, which the data set does not declare.")
            value = values.get(name, self.defaults[name])
            if isinstance(self.defaults[name], str):
                return "'" + str(value).replace("'", "''") + "'"
            return repr(type(self.defaults[name])(value))

        return _PARAMETER.sub(literal, self.query)


@dataclass(frozen=True)
class Dashboard:
    """A dashboard: its definition, and its data sets by the names it gives them."""

    name: str
    identifier: str
    title: str
    definition: Mapping[str, Any]
    data_sets: Mapping[str, DataSet]


@dataclass(frozen=True)
class Template:
    """All dashboards by name, in order, and the databases that their SQL names."""

    dashboards: Mapping[str, Dashboard]
    marts: str
    raw: str

    def address_of(self, identifier: str) -> str | None:
        """Give where a dashboard with an id is on the page."""
        for dashboard in self.dashboards.values():
            if dashboard.identifier == identifier:
                return f"/dashboards/{dashboard.name}"
        return None


def read(path: Path) -> Template:
    """Read a template's file; raises `TemplateError` where a reference leads nowhere."""
    return of(json.loads(path.read_text(encoding="utf-8")))


def of(template: Mapping[str, Any]) -> Template:
    """Take a template apart."""
    resources, outputs = template["Resources"], template["Outputs"]
    data_sets = {name: _data_set(each) for name, each in _of_kind(resources, "DataSet")}
    marts, raw = outputs["MartsDatabase"]["Value"], outputs["RawDatabase"]["Value"]
    prefix = f"{raw.replace('_', '-')}-"  # both are named after the environment
    found = (_dashboard(each, data_sets, prefix) for _, each in _of_kind(resources, "Dashboard"))
    return Template({each.name: each for each in found}, marts, raw)


def _of_kind(resources: Mapping[str, Any], kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    wanted = f"AWS::QuickSight::{kind}"
    return [(name, each["Properties"]) for name, each in resources.items() if each["Type"] == wanted]


def _data_set(properties: Mapping[str, Any]) -> DataSet:
    ((_, table),) = properties["PhysicalTableMap"].items()
    query = table["CustomSql"]
    parameters = [body for each in properties.get("DatasetParameters", []) for body in each.values()]
    return DataSet(
        name=query["Name"],
        title=properties["Name"],
        is_direct=properties["ImportMode"] == "DIRECT_QUERY",
        query=query["SqlQuery"],
        columns={each["Name"]: each["Type"] for each in query["Columns"]},
        defaults={each["Name"]: each["DefaultValues"]["StaticValues"][0] for each in parameters},
    )


def _dashboard(properties: Mapping[str, Any], data_sets: Mapping[str, DataSet], prefix: str) -> Dashboard:
    declared = {}
    for each in properties["Definition"]["DataSetIdentifierDeclarations"]:
        logical_id = each["DataSetArn"]["Fn::GetAtt"][0]
        if logical_id not in data_sets:
            raise TemplateError(f"{properties['Name']} declares {each['Identifier']}, but there is no {logical_id}.")
        declared[each["Identifier"]] = data_sets[logical_id]
    identifier = properties["DashboardId"]
    return Dashboard(
        name=identifier.removeprefix(prefix),
        identifier=identifier,
        title=properties["Name"],
        definition=properties["Definition"],
        data_sets=declared,
    )
