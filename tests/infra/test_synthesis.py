"""Synthesis needs no credentials, no network and no Docker, is a program, and refuses in one sentence.

The assembly `production` is made by the bare program, so every other test of it rests on that too.
"""

import json
from pathlib import Path

import pytest

from infra import app
from infra.configuration import ConfigurationError
from tests.infra.assembly import Assembly

STACKS = [
    *("storage", "streaming", "ingestion", "detection", "alerting", "review", "history", "observability"),
    "dashboards",
]


def test_a_program_without_credentials_network_and_docker_writes_every_stack(production: Assembly) -> None:
    assert sorted(production.templates) == sorted(STACKS)


def test_a_program_and_a_call_write_the_same_template(production: Assembly, laptop: Assembly) -> None:
    names = {stack: set(template["Resources"]) for stack, template in production.templates.items()}
    called = {stack: set(template["Resources"]) for stack, template in laptop.templates.items()}
    assert names["streaming"] == called["streaming"]


def test_another_lane_count_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="lanes is 32, but this stream was laid out with 16"):
        app.synthesise({"lanes": 32}, tmp_path)
    assert not (tmp_path / "manifest.json").exists()


def test_a_refusal_is_one_sentence_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: object) -> None:
        raise ConfigurationError("shards must be a whole number.")

    monkeypatch.setattr(app, "synthesise", refuse)
    assert app.main() == 2
    assert capsys.readouterr().err == "shards must be a whole number.\n"


def test_a_deployed_stack_keeps_its_lane_count(production: Assembly) -> None:
    """Every user of the lane count imports the export, and CloudFormation refuses to change an export in use."""
    output = production.templates["storage"]["Outputs"]["LaneCount"]
    imported = {"Fn::ImportValue": output["Export"]["Name"]}
    (container,) = production.one("AWS::ECS::TaskDefinition", "ingestion/")["ContainerDefinitions"]
    ingester = {variable["Name"]: variable["Value"] for variable in container["Environment"]}
    detection = production.one("AWS::Lambda::Function", "detection/")["Environment"]["Variables"]
    assert output["Value"] == "16"
    assert ingester["LANES"] == detection["LANES"] == imported


@pytest.mark.parametrize("stack", STACKS)
def test_templates_fit_any_account_and_region(production: Assembly, stack: str) -> None:
    manifest = json.loads((production.folder / "manifest.json").read_text())
    assert manifest["artifacts"][stack]["environment"] == "aws://unknown-account/unknown-region"


def test_sources_without_their_dependencies_are_refused_by_a_deployment(production: Assembly) -> None:
    (rule,) = (r for name, r in production.templates["alerting"]["Rules"].items() if "Bundled" in name)
    (assertion,) = rule["Assertions"]
    allowed, parameter = assertion["Assert"]["Fn::Contains"]
    assert production.templates["alerting"]["Parameters"][parameter["Ref"]]["Default"] not in allowed
    assert "-c bundle=true" in assertion["AssertDescription"]
