"""Who may do what with an asset of QuickSight: readers look, authors change. QuickSight takes only these two sets."""

from collections.abc import Sequence
from typing import Any, Final

LOOK: Final = {
    "Dashboard": ("DescribeDashboard", "ListDashboardVersions", "QueryDashboard"),
    "DataSet": ("DescribeDataSet", "DescribeDataSetPermissions", "PassDataSet", "DescribeIngestion", "ListIngestions"),
    "DataSource": ("DescribeDataSource", "DescribeDataSourcePermissions", "PassDataSource"),
    "Theme": ("DescribeTheme", "DescribeThemeAlias", "ListThemeAliases", "ListThemeVersions"),
}
CHANGE: Final = {
    "Dashboard": (
        "UpdateDashboard",
        "DeleteDashboard",
        "UpdateDashboardPublishedVersion",
        "DescribeDashboardPermissions",
        "UpdateDashboardPermissions",
    ),
    "DataSet": ("UpdateDataSet", "DeleteDataSet", "CreateIngestion", "CancelIngestion", "UpdateDataSetPermissions"),
    "DataSource": ("UpdateDataSource", "DeleteDataSource", "UpdateDataSourcePermissions"),
    "Theme": (
        "UpdateTheme",
        "DeleteTheme",
        "CreateThemeAlias",
        "UpdateThemeAlias",
        "DeleteThemeAlias",
        "DescribeThemePermissions",
        "UpdateThemePermissions",
    ),
}


def permissions(asset: str, readers: Sequence[str], authors: Sequence[str]) -> list[dict[str, Any]]:
    """Give the permissions of an asset."""
    look, own = LOOK[asset], (*LOOK[asset], *CHANGE[asset])
    told = [(reader, look) for reader in readers] + [(author, own) for author in authors]
    return [
        {"Principal": principal, "Actions": [f"quicksight:{action}" for action in actions]}
        for principal, actions in told
    ]
