"""A Step Functions state machine: every execution logged and traced, a role of its own that may do nothing at first."""

import json
from typing import Any

from aws_cdk import Aws, Stack, aws_iam, aws_logs, aws_stepfunctions
from constructs import Construct

from infra.constructs.acknowledgements import acknowledge
from infra.constructs.defaults import Defaults

Machine = aws_stepfunctions.CfnStateMachine
DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
"""How Step Functions sets up its log; none of them takes a resource."""
TRACING = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)


class FlowRole(Construct):
    """`role` and `log_group` of a state machine."""

    def __init__(self, scope: Construct, name: str, *, defaults: Defaults) -> None:
        super().__init__(scope, name)
        self.role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.ServicePrincipal(
                "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        self.log_group = aws_logs.LogGroup(
            self,
            "Logs",
            encryption_key=defaults.key,
            retention=defaults.log_days,
            removal_policy=defaults.removal_policy,
        )
        self.allow([*DELIVERY, *TRACING], ["*"])
        acknowledge(self.role, "IAM5", "Log deliveries and traces have no resources to name.", "Resource::*")

    def allow(self, actions: list[str], resources: list[str], conditions: Any = None) -> None:
        """Let the machine call actions on resources."""
        self.role.add_to_principal_policy(
            aws_iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions)
        )


class Flow(Machine):
    """A standard state machine of a definition in the Amazon States Language."""

    def __init__(self, scope: Construct, name: str, *, role: FlowRole, definition: dict[str, Any]) -> None:
        super().__init__(
            scope,
            name,
            role_arn=role.role.role_arn,
            state_machine_type="STANDARD",
            definition_string=json.dumps(definition),  # to_json_string leaves out nulls, which discard results
            logging_configuration=Machine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=True,
                destinations=[
                    Machine.LogDestinationProperty(
                        cloud_watch_logs_log_group=Machine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=role.log_group.log_group_arn
                        )
                    )
                ],
            ),
            tracing_configuration=Machine.TracingConfigurationProperty(enabled=True),
        )
        self.node.add_dependency(role)

    def allow_children(self, role: FlowRole) -> None:
        """Let the machine start and follow its own child executions, as a distributed map does."""
        policy = aws_iam.Policy(
            self,
            "Children",
            roles=[role.role],
            statements=[
                aws_iam.PolicyStatement(actions=["states:StartExecution"], resources=[self.attr_arn]),
                aws_iam.PolicyStatement(
                    actions=["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"],
                    resources=[
                        f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:execution:{self.attr_name}/*",
                    ],
                ),
            ],
        )
        finding = (
            "Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
            f"<{self.logical_id_in_findings()}.Name>/*"
        )
        acknowledge(policy, "IAM5", "Executions are named when they start.", finding)

    def logical_id_in_findings(self) -> str:
        """Give the logical id as cdk-nag writes it."""
        return str(Stack.of(self).resolve(self.logical_id))
