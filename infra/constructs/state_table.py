"""DynamoDB tables: encrypted with our key, paid by request, restorable to any second, retained."""

from collections.abc import Sequence

from aws_cdk import RemovalPolicy, aws_dynamodb, aws_iam
from constructs import Construct

from infra.constructs.defaults import Defaults


class StateTable(aws_dynamodb.Table):
    """A table with one partition key and no sort key."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        defaults: Defaults,
        partition_key: str,
        key_type: aws_dynamodb.AttributeType,
        stream: aws_dynamodb.StreamViewType | None = None,
    ) -> None:
        super().__init__(
            scope,
            name,
            partition_key=aws_dynamodb.Attribute(name=partition_key, type=key_type),
            billing_mode=aws_dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=aws_dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=defaults.key,
            point_in_time_recovery_specification=aws_dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=defaults.removal_policy == RemovalPolicy.RETAIN,
            stream=stream,
            removal_policy=defaults.removal_policy,
        )
        self._data_key = defaults.key

    def allow(
        self, role: aws_iam.IRole, actions: Sequence[str], *, index: str | None = None, keys: str | None = None
    ) -> None:
        """Let a role call actions (`GetItem`, ...) on the table, on one index, or on items whose key is like `keys`."""
        arn = self.table_arn if index is None else f"{self.table_arn}/index/{index}"
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(
                actions=[f"dynamodb:{action}" for action in actions],
                resources=[arn],
                conditions=None if keys is None else {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [keys]}},
            )
        )
        self._data_key.allow_writing(role)

    def follow(self, role: aws_iam.IRole) -> str:
        """Let a role read the table's stream, and give the stream's ARN."""
        arn = self.table_stream_arn
        if arn is None:
            raise ValueError(f"{self.node.path} has no stream")
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(
                actions=["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], resources=[arn]
            )
        )
        self._data_key.allow_reading(role)
        return arn
