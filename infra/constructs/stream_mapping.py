"""An event-source mapping from a stream to a function: in order, from the beginning, giving nothing up unseen."""

from aws_cdk import aws_iam, aws_lambda
from constructs import Construct

from infra.constructs.private_bucket import PrivateBucket

GIVEN_UP_PREFIX = "aws/lambda/"
"""Where Lambda puts batches it gave up on; the prefix is Lambda's choice."""

WITHOUT_END = -1


class StreamMapping(Construct):
    """Batches of one shard, one at a time; a batch given up on goes, payload included, to the failure bucket.

    `retries` of `WITHOUT_END` blocks the shard until the record expires: the iterator age then raises an alarm.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        function: aws_lambda.IFunction,
        role: aws_iam.IRole,
        source_arn: str,
        batch_size: int,
        retries: int,
        failures: PrivateBucket,
    ) -> None:
        super().__init__(scope, name)
        failures.allow(
            role,
            ["s3:PutObject"],
            [GIVEN_UP_PREFIX],
            "Lambda names what it gave up on.",
        )
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(actions=["s3:ListBucket"], resources=[failures.bucket_arn])
        )
        mapping = aws_lambda.CfnEventSourceMapping(
            self,
            "Mapping",
            function_name=function.function_arn,
            event_source_arn=source_arn,
            starting_position="TRIM_HORIZON",
            batch_size=batch_size,
            maximum_batching_window_in_seconds=0,
            parallelization_factor=1,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            maximum_retry_attempts=retries,
            maximum_record_age_in_seconds=WITHOUT_END,
            destination_config=aws_lambda.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=aws_lambda.CfnEventSourceMapping.OnFailureProperty(destination=failures.bucket_arn)
            ),
        )
        mapping.node.add_dependency(role)
