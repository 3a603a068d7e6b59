"""What a click on a row or a point does: it sets parameters and goes to a sheet, or opens another dashboard."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quicksight.fields import Field


@dataclass(frozen=True)
class GoTo:
    """Go to a sheet of the same dashboard with parameters taken from fields of the clicked row."""

    title: str
    sheet: str
    parameters: Mapping[str, Field]

    def written(self, visual: str) -> dict[str, Any]:
        """Give the action."""
        values = [
            {"DestinationParameterName": name, "Value": {"SourceField": field.named(visual)}}
            for name, field in self.parameters.items()
        ]
        operations: list[dict[str, Any]] = [
            {"NavigationOperation": {"LocalNavigationConfiguration": {"TargetSheetId": self.sheet}}},
            {"SetParametersOperation": {"ParameterValueConfigurations": values}},
        ]
        return _action(visual, self.title, operations)


@dataclass(frozen=True)
class Open:
    """Open another dashboard in the same tab, with parameters taken from columns of the clicked row."""

    title: str
    dashboard: str
    parameters: Mapping[str, str]

    def written(self, visual: str) -> dict[str, Any]:
        """Give the action."""
        values = "&".join(f"p.{name}=<<{column}>>" for name, column in self.parameters.items())
        address = f"https://${{AWS::Region}}.quicksight.aws.amazon.com/sn/dashboards/{self.dashboard}#{values}"
        operation = {"URLOperation": {"URLTemplate": {"Fn::Sub": address}, "URLTarget": "SAME_TAB"}}
        return _action(visual, self.title, [operation])


def _action(visual: str, title: str, operations: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "CustomActionId": f"{visual}-click",
        "Name": title,
        "Status": "ENABLED",
        "Trigger": "DATA_POINT_CLICK",
        "ActionOperations": operations,
    }
