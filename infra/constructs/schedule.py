"""A function invoked by the clock with a fixed event."""

import json
from collections.abc import Mapping

from aws_cdk import Aws, aws_iam, aws_lambda, aws_scheduler, aws_sqs
from constructs import Construct

from infra.constructs.defaults import Defaults

EACH_MINUTE = "rate(1 minute)"
SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""EventBridge Scheduler puts the time in its place."""


class Schedule(Construct):
    """Invoke a function as `expression` says, in UTC.

    What each minute brings is not made up for, because the next one does the same work; give a longer `patience_s` and
    `retries` to what must not be left out.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        function: aws_lambda.IFunction,
        event: Mapping[str, object],
        defaults: Defaults,
        dead_letters: aws_sqs.IQueue,
        expression: str = EACH_MINUTE,
        patience_s: int = 60,
        retries: int = 1,
    ) -> None:
        super().__init__(scope, name)
        role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn])
        )
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letters.queue_arn])
        )
        defaults.key.allow_writing(role)
        schedule = aws_scheduler.CfnSchedule(
            self,
            "Schedule",
            schedule_expression=expression,
            flexible_time_window=aws_scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            kms_key_arn=defaults.key.key_arn,
            target=aws_scheduler.CfnSchedule.TargetProperty(
                arn=function.function_arn,
                role_arn=role.role_arn,
                input=json.dumps(event),
                dead_letter_config=aws_scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
                retry_policy=aws_scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=patience_s, maximum_retry_attempts=retries
                ),
            ),
        )
        schedule.node.add_dependency(role)
