"""Everything of QuickSight as resources of CloudFormation, by logical id: data source, data sets, theme, dashboards.

They are written as CloudFormation has them: a construct that knows less than the service would leave out what it does
not know, without a word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from quicksight import theme
from quicksight.checks import faults
from quicksight.contracts import DATA_SETS, DataSet, DefinitionError, Kind, Mode, Parameter
from quicksight.dashboards import dashboards
from quicksight.permissions import permissions

Resource = dict[str, Any]
REFRESHED_AT: Final = "06:00"
ZONE: Final = "America/New_York"
"""The daily run starts at 03:15 there; dbt has ended long before."""
SOURCE: Final = "LakeSource"
_PARAMETERS: Final = {
    Kind.STRING: "StringDatasetParameter",
    Kind.INTEGER: "IntegerDatasetParameter",
    Kind.DECIMAL: "DecimalDatasetParameter",
}


@dataclass(frozen=True)
class Place:
    """Where the resources stand: beginnings of ids, databases, workgroup, the role of queries, and people."""

    prefix: str
    marts: str
    raw: str
    work_group: str
    role_arn: Any
    account: Any
    authors: Sequence[str]
    readers: Sequence[str] = ()


def resources(place: Place) -> dict[str, Resource]:
    """Give all resources; raises `DefinitionError` for a dashboard that names what there is not."""
    made = {
        SOURCE: _asset(
            place,
            "DataSource",
            DataSourceId=f"{place.prefix}-lake",
            Name="Surveillance lake",
            Type="ATHENA",
            DataSourceParameters={"AthenaParameters": {"WorkGroup": place.work_group, "RoleArn": place.role_arn}},
            SslProperties={"DisableSsl": False},
        ),
        "Theme": _asset(
            place,
            "Theme",
            ThemeId=f"{place.prefix}-theme",
            Name="Surveillance",
            BaseThemeId="CLASSIC",
            Configuration=theme.configuration(),
        ),
    }
    for data in DATA_SETS:
        made[data_set_id(data.name)] = _data_set(place, data)
        if data.mode == Mode.SPICE:
            made[f"{data_set_id(data.name)}Refresh"] = _refresh(place, data)
    for each in dashboards(place.prefix):
        definition = each.definition(lambda name: arn_of(data_set_id(name)))
        found = faults(each.name, definition)
        if found:
            raise DefinitionError("\n".join(found))
        made[f"{_title(each.name)}Dashboard"] = _asset(
            place,
            "Dashboard",
            DashboardId=f"{place.prefix}-{each.name}",
            Name=each.title,
            Definition=definition,
            ThemeArn=arn_of("Theme"),
            DashboardPublishOptions={
                "AdHocFilteringOption": {"AvailabilityStatus": "DISABLED"},
                "ExportToCSVOption": {"AvailabilityStatus": "ENABLED"},
                "SheetControlsOption": {"VisibilityState": "EXPANDED"},
            },
            ValidationStrategy={"Mode": "STRICT"},
        )
    return made


def arn_of(logical_id: str) -> dict[str, list[str]]:
    """Refer to a resource's ARN."""
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def data_set_id(name: str) -> str:
    """Give the logical id of a data set."""
    return f"{_title(name)}Data"


def _data_set(place: Place, data: DataSet) -> Resource:
    query = {
        "DataSourceArn": arn_of(SOURCE),
        "Name": data.name,
        "SqlQuery": data.sql(place.marts, place.raw),
        "Columns": [{"Name": column, "Type": kind.value} for column, kind in data.columns.items()],
    }
    further: dict[str, Any] = {}
    if data.parameters:
        further["DatasetParameters"] = [_parameter(each) for each in data.parameters]
    if data.mode == Mode.SPICE:
        further["IngestionWaitPolicy"] = {"WaitForSpiceIngestion": False}
    return _asset(
        place,
        "DataSet",
        DataSetId=_identifier(place, data),
        Name=data.title,
        ImportMode=data.mode.value,
        PhysicalTableMap={"query": {"CustomSql": query}},
        **further,
    )


def _refresh(place: Place, data: DataSet) -> Resource:
    properties = {
        "AwsAccountId": place.account,
        "DataSetId": _identifier(place, data),
        "Schedule": {
            "ScheduleId": "after-dbt",
            "RefreshType": "FULL_REFRESH",
            "ScheduleFrequency": {"Interval": "DAILY", "TimeOfTheDay": REFRESHED_AT, "TimeZone": ZONE},
        },
    }
    made = {"Type": "AWS::QuickSight::RefreshSchedule", "Properties": properties}
    return made | {"DependsOn": [data_set_id(data.name)]}


def _asset(place: Place, kind: str, **properties: Any) -> Resource:
    told = {"AwsAccountId": place.account, "Permissions": permissions(kind, place.readers, place.authors), **properties}
    return {"Type": f"AWS::QuickSight::{kind}", "Properties": told}


def _identifier(place: Place, data: DataSet) -> str:
    return f"{place.prefix}-{data.name.replace('_', '-')}"


def _parameter(parameter: Parameter) -> Resource:
    return {
        _PARAMETERS[parameter.kind]: {
            "Id": parameter.name,
            "Name": parameter.name,
            "ValueType": "SINGLE_VALUED",
            "DefaultValues": {"StaticValues": [parameter.default]},
        }
    }


def _title(name: str) -> str:
    return name.replace("-", "_").title().replace("_", "")
