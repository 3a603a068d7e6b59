"""The stream of market events: a fixed number of shards over a fixed number of lanes."""

from aws_cdk import Duration, Names, aws_iam, aws_kinesis
from constructs import Construct

from infra.constructs.acknowledgements import acknowledge
from infra.constructs.defaults import Defaults


class EventStream(aws_kinesis.Stream):
    """A provisioned stream, encrypted with our key."""

    def __init__(self, scope: Construct, name: str, *, defaults: Defaults, shards: int, hours: int) -> None:
        super().__init__(
            scope,
            name,
            stream_mode=aws_kinesis.StreamMode.PROVISIONED,
            shard_count=shards,
            retention_period=Duration.hours(hours),
            encryption=aws_kinesis.StreamEncryption.KMS,
            encryption_key=defaults.key,
            removal_policy=defaults.removal_policy,
        )
        self._data_key = defaults.key
        acknowledge(
            self, "KDS3", "One key of our own for all data costs less than a separate audit of the managed one."
        )

    def allow_writing(self, role: aws_iam.IRole) -> None:
        """Let a role put records."""
        self.grant(role, "kinesis:PutRecord", "kinesis:PutRecords", "kinesis:DescribeStreamSummary")
        self._data_key.allow_writing(role)

    def allow_reading(self, role: aws_iam.IRole) -> None:
        """Let a role read records with shard iterators."""
        self.grant(
            role,
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        )
        self._data_key.allow_reading(role)

    def reader_arn(self, role: aws_iam.Role, *, fan_out: bool) -> str:
        """Give what a mapping reads: the stream, polled each second, or a consumer of its own, pushed at once."""
        if not fan_out:
            return self.stream_arn
        consumer = aws_kinesis.CfnStreamConsumer(
            role, "Consumer", stream_arn=self.stream_arn, consumer_name=Names.unique_resource_name(role, max_length=64)
        )
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(
                actions=["kinesis:SubscribeToShard", "kinesis:DescribeStreamConsumer"],
                resources=[consumer.attr_consumer_arn],
            )
        )
        return consumer.attr_consumer_arn
