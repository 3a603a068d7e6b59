"""The templates of one synthesis, with the questions tests ask of them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Assembly:
    """The templates of one synthesis, by stack."""

    folder: Path
    templates: dict[str, dict[str, Any]]

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Give the resources of a CloudFormation type over all stacks, by `stack/logical id`."""
        return {
            f"{stack}/{name}": resource
            for stack, template in self.templates.items()
            for name, resource in template["Resources"].items()
            if resource["Type"] == kind
        }

    def one(self, kind: str, part: str = "") -> dict[str, Any]:
        """Give the properties of the only resource of a type whose name holds `part`."""
        (found,) = (resource for name, resource in self.resources(kind).items() if part in name)
        properties: dict[str, Any] = found["Properties"]
        return properties

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give every statement of an identity's policy, with the policy's name."""
        for name, policy in self.resources("AWS::IAM::Policy").items():
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                yield name, statement


def read_back(folder: Path) -> Assembly:
    """Read the templates of an assembly."""
    templates = {
        path.name.removesuffix(".template.json"): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.template.json"))
    }
    return Assembly(folder, templates)
