"""Zips without their dependencies are fit for tests and one machine; CloudFormation refuses to deploy them to AWS."""

from aws_cdk import CfnParameter, CfnRule, CfnRuleAssertion, Fn
from constructs import Construct

REFUSAL = "These functions hold our sources without their dependencies: deploy with -c bundle=true."


class DependencyGuard(Construct):
    """A rule that fails when a stack is deployed."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        dependencies = CfnParameter(self, "Dependencies", default="missing", description="Leave as it is")
        CfnRule(
            self,
            "Bundled",
            assertions=[
                CfnRuleAssertion(
                    assert_=Fn.condition_contains(["installed"], dependencies.value_as_string),
                    assert_description=REFUSAL,
                )
            ],
        )
