"""Synthesis is checked by cdk-nag and the templates by cfn-lint; each exception has a reason, and the checks do run."""

import json
from pathlib import Path

import pytest
from aws_cdk import App, Stack, Validations, aws_s3
from cdk_nag import AwsSolutionsChecks
from cfnlint.config import ConfigMixIn
from cfnlint.runner import Runner

from infra.constructs.source_package import REPOSITORY
from tests.infra.assembly import Assembly


def test_nothing_found_by_cdk_nag_is_left_open(production: Assembly) -> None:
    (report,) = json.loads((production.folder / "validation-report.json").read_text())["pluginReports"]
    assert report["violations"] == []
    assert report["conclusion"] == "success"


def test_every_exception_has_a_reason(production: Assembly) -> None:
    (report,) = json.loads((production.folder / "validation-report.json").read_text())["pluginReports"]
    assert report["suppressedViolations"]
    assert all(len(accepted["reason"].split()) >= 4 for accepted in report["suppressedViolations"])


def test_a_careless_bucket_fails_the_synthesis(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    app = App(outdir=str(tmp_path), context={"aws:cdk:disable-stack-trace": True})
    aws_s3.Bucket(Stack(app, "careless"), "Bucket")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed") as refusal:
        app.synth()
    assert "does not require requests to use SSL" in str(refusal.value) + capfd.readouterr().err


def lint(template: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(REPOSITORY)  # where .cfnlintrc.yaml lies
    return [str(match) for match in Runner(ConfigMixIn([str(template)])).run()]


@pytest.mark.parametrize(
    "stack", ["storage", "streaming", "ingestion", "detection", "alerting", "review", "history", "observability"]
)
def test_cfn_lint_finds_nothing(production: Assembly, stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lint(production.folder / f"{stack}.template.json", monkeypatch) == []


def test_cfn_lint_finds_a_fault(production: Assembly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = json.loads((production.folder / "detection.template.json").read_text())
    (mapping,) = (r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::EventSourceMapping")
    mapping["Properties"]["StartingPosition"] = "BEGINNING"
    broken = tmp_path / "broken.template.json"
    broken.write_text(json.dumps(template))
    assert any("BEGINNING" in found for found in lint(broken, monkeypatch))
