"""Queues for what could not be delivered: encrypted, TLS only, kept as long as SQS keeps anything."""

from aws_cdk import Duration, aws_sqs
from constructs import Construct

from infra.constructs.acknowledgements import acknowledge
from infra.constructs.defaults import Defaults


class DeadLetters(aws_sqs.Queue):
    """A queue that is empty on a good day."""

    def __init__(self, scope: Construct, name: str, *, defaults: Defaults) -> None:
        super().__init__(
            scope,
            name,
            encryption=aws_sqs.QueueEncryption.KMS,
            encryption_master_key=defaults.key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=defaults.removal_policy,
        )
        acknowledge(self, "SQS3", "This is the dead-letter queue.")
