"""A state machine started by the clock, in the time zone of an exchange."""

import json
from collections.abc import Mapping

from aws_cdk import Aws, aws_iam, aws_scheduler, aws_sqs
from constructs import Construct

from infra.constructs.defaults import Defaults
from infra.constructs.flow import Flow

PATIENCE_S = 6 * 3600
RETRIES = 10


class FlowSchedule(Construct):
    """Start a flow as `expression` says; what can't be started goes to the dead letters."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        flow: Flow,
        event: Mapping[str, object],
        defaults: Defaults,
        dead_letters: aws_sqs.IQueue,
        expression: str,
        zone: str,
    ) -> None:
        super().__init__(scope, name)
        role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        for action, resource in (("states:StartExecution", flow.attr_arn), ("sqs:SendMessage", dead_letters.queue_arn)):
            role.add_to_principal_policy(aws_iam.PolicyStatement(actions=[action], resources=[resource]))
        defaults.key.allow_writing(role)
        schedule = aws_scheduler.CfnSchedule(
            self,
            "Schedule",
            schedule_expression=expression,
            schedule_expression_timezone=zone,
            flexible_time_window=aws_scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            kms_key_arn=defaults.key.key_arn,
            target=aws_scheduler.CfnSchedule.TargetProperty(
                arn=flow.attr_arn,
                role_arn=role.role_arn,
                input=json.dumps(event),
                dead_letter_config=aws_scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
                retry_policy=aws_scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=PATIENCE_S, maximum_retry_attempts=RETRIES
                ),
            ),
        )
        schedule.node.add_dependency(role)
