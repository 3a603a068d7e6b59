"""A function invoked every minute; minutes missed are not made up, because the next one does the same work."""

import json
from collections.abc import Mapping

from aws_cdk import Aws, aws_iam, aws_lambda, aws_scheduler, aws_sqs
from constructs import Construct

from infra.constructs.defaults import Defaults


class MinuteSchedule(Construct):
    """Invoke a function with a fixed event once a minute."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        function: aws_lambda.IFunction,
        event: Mapping[str, object],
        defaults: Defaults,
        dead_letters: aws_sqs.IQueue,
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
            schedule_expression="rate(1 minute)",
            flexible_time_window=aws_scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            kms_key_arn=defaults.key.key_arn,
            target=aws_scheduler.CfnSchedule.TargetProperty(
                arn=function.function_arn,
                role_arn=role.role_arn,
                input=json.dumps(event),
                dead_letter_config=aws_scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
                retry_policy=aws_scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=60, maximum_retry_attempts=1
                ),
            ),
        )
        schedule.node.add_dependency(role)
