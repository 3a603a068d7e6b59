"""One customer-managed key for everything the product stores."""

from aws_cdk import Aws, RemovalPolicy, aws_iam, aws_kms
from constructs import Construct

SERVICES = ("cloudwatch.amazonaws.com", "sns.amazonaws.com")


class DataKey(aws_kms.Key):
    """A rotating key that this account's alarms, topics and log groups may use."""

    def __init__(self, scope: Construct, name: str, *, removal_policy: RemovalPolicy) -> None:
        super().__init__(
            scope,
            name,
            description="Surveillance: events, alerts, state and logs at rest",
            enable_key_rotation=True,
            removal_policy=removal_policy,
        )
        for service in SERVICES:
            self.add_to_resource_policy(
                aws_iam.PolicyStatement(
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    principals=[aws_iam.ServicePrincipal(service)],
                    resources=["*"],
                    conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
                )
            )
        log_groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:*"
        self.add_to_resource_policy(
            aws_iam.PolicyStatement(
                actions=[
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                    "kms:GenerateDataKey",
                    "kms:DescribeKey",
                ],
                principals=[aws_iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
            )
        )

    def allow_reading(self, grantee: aws_iam.IGrantable) -> None:
        """Let a principal decrypt."""
        self.grant(grantee, "kms:Decrypt")

    def allow_writing(self, grantee: aws_iam.IGrantable) -> None:
        """Let a principal encrypt; multipart uploads and table updates decrypt as well."""
        self.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")
