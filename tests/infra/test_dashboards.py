"""Promise: the dashboards stack deploys what `quicksight/` says, whole; it is there only where principals are named."""

import json
from pathlib import Path
from typing import Any

import pytest

from quicksight.resources import Place, resources
from tests.infra.assembly import Assembly
from tests.infra.conftest import ANALYSTS
from tests.infra.test_checks import lint


def of_kind(assembly: Assembly, kind: str) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in assembly.resources(f"AWS::QuickSight::{kind}").items()}


def test_nothing_is_lost_between_code_and_template(production: Assembly) -> None:
    deployed = production.templates["dashboards"]["Resources"]
    place = Place(
        prefix="surveillance-production",
        marts="surveillance_production_marts",
        raw="surveillance_production",
        work_group="surveillance-production-analysts",
        role_arn=deployed["LakeSource"]["Properties"]["DataSourceParameters"]["AthenaParameters"]["RoleArn"],
        account={"Ref": "AWS::AccountId"},
        authors=[ANALYSTS],
    )
    for logical_id, resource in resources(place).items():
        assert deployed[logical_id]["Properties"] == json.loads(json.dumps(resource["Properties"])), logical_id


def test_without_principals_there_are_no_dashboards(laptop: Assembly) -> None:
    assert "dashboards" not in laptop.templates


def test_data_source_has_a_role_of_its_own_that_only_reads(production: Assembly) -> None:
    (source,) = of_kind(production, "DataSource").values()
    role = source["DataSourceParameters"]["AthenaParameters"]["RoleArn"]["Fn::GetAtt"][0]
    assert production.templates["dashboards"]["Resources"][role]["Type"] == "AWS::IAM::Role"
    allowed = {
        action
        for name, statement in production.statements()
        if name.startswith("dashboards/")
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert not {each for each in allowed if each.startswith(("glue:", "s3:Delete")) and "Get" not in each}


def test_what_is_loaded_is_refreshed_once_a_day(production: Assembly) -> None:
    loaded = {each["DataSetId"] for each in of_kind(production, "DataSet").values() if each["ImportMode"] == "SPICE"}
    schedules = of_kind(production, "RefreshSchedule").values()
    assert {each["DataSetId"] for each in schedules} == loaded
    assert len(schedules) == len(loaded)
    assert {each["Schedule"]["ScheduleFrequency"]["Interval"] for each in schedules} == {"DAILY"}
    assert len(schedules) / len(loaded) <= 24


def test_everything_is_shared_with_the_named(production: Assembly) -> None:
    for kind in ("DataSource", "DataSet", "Theme", "Dashboard"):
        for name, each in of_kind(production, kind).items():
            assert [one["Principal"] for one in each["Permissions"]] == [ANALYSTS], name


@pytest.mark.extended
def test_cfn_lint_finds_nothing_in_the_dashboards(production: Assembly, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lint(production.folder / "dashboards.template.json", monkeypatch) == []


@pytest.mark.extended
def test_cfn_lint_finds_an_unknown_key(production: Assembly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = json.loads((production.folder / "dashboards.template.json").read_text())
    template["Resources"] = {
        name: each
        for name, each in template["Resources"].items()
        if name
        in ("AlertTriageDashboard", "FreshAlertsData", "AlertEvidenceData", "AlertDaysData", "LakeSource", "Theme")
        or name.startswith("Queries")
    }
    sheet = template["Resources"]["AlertTriageDashboard"]["Properties"]["Definition"]["Sheets"][0]
    sheet["Visuals"][0]["KPIVisual"]["Colour"] = "red"
    broken = tmp_path / "broken.template.json"
    broken.write_text(json.dumps(template))
    assert any("Colour" in found for found in lint(broken, monkeypatch))
