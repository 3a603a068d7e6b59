"""Buckets: encrypted with our key, private, TLS 1.2 only, versioned, access logged, retained."""

from collections.abc import Sequence

from aws_cdk import Duration, Stack, aws_iam, aws_s3
from constructs import Construct

from infra.constructs.acknowledgements import acknowledge
from infra.constructs.defaults import Defaults

OLD_VERSION_DAYS = 30


class AccessLogBucket(aws_s3.Bucket):
    """The target of the other buckets' access logs; log delivery can't use our key."""

    def __init__(self, scope: Construct, name: str, *, defaults: Defaults, days: int) -> None:
        super().__init__(
            scope,
            name,
            encryption=aws_s3.BucketEncryption.S3_MANAGED,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[aws_s3.LifecycleRule(expiration=Duration.days(days))],
            removal_policy=defaults.removal_policy,
        )


class PrivateBucket(aws_s3.Bucket):
    """A bucket of data whose users are let in prefix by prefix.

    `expirations` gives days by prefix. `counted_prefixes` (name -> prefix) get request metrics of their own, so that an
    alarm sees every object put there.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        defaults: Defaults,
        access_logs: AccessLogBucket,
        expirations: dict[str, int],
        counted_prefixes: dict[str, str],
    ) -> None:
        super().__init__(
            scope,
            name,
            encryption=aws_s3.BucketEncryption.KMS,
            encryption_key=defaults.key,
            bucket_key_enabled=True,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{name}/",
            metrics=[
                aws_s3.BucketMetrics(id=identifier, prefix=prefix) for identifier, prefix in counted_prefixes.items()
            ],
            lifecycle_rules=[
                aws_s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                    noncurrent_version_expiration=Duration.days(OLD_VERSION_DAYS),
                    expired_object_delete_marker=True,
                ),
                *(
                    aws_s3.LifecycleRule(prefix=prefix, expiration=Duration.days(days))
                    for prefix, days in expirations.items()
                ),
            ],
            removal_policy=defaults.removal_policy,
        )
        self._data_key = defaults.key

    def allow(self, role: aws_iam.IRole, actions: Sequence[str], prefixes: Sequence[str], reason: str) -> None:
        """Let a role act on the objects below prefixes, with the key it needs for that; `reason` is for the auditor."""
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(
                actions=list(actions), resources=[self.arn_for_objects(f"{prefix}*") for prefix in prefixes]
            )
        )
        writes = any(action.startswith("s3:Put") for action in actions)
        (self._data_key.allow_writing if writes else self._data_key.allow_reading)(role)
        arn = self._arn_seen_from(Stack.of(role))
        acknowledge(role, "IAM5", reason, *(f"Resource::{arn}/{prefix}*" for prefix in prefixes))

    def allow_listing(self, role: aws_iam.IRole, prefixes: Sequence[str]) -> None:
        """Let a role list the keys below prefixes; without it a missing key reads as forbidden."""
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[self.bucket_arn],
                conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
            )
        )

    def _arn_seen_from(self, stack: Stack) -> str:
        """Write the bucket's ARN as cdk-nag does in a finding: by logical id at home, by export elsewhere."""
        own = Stack.of(self)
        if stack is own or stack.node.path == own.node.path:
            logical_id = own.resolve(self.bucket_arn)["Fn::GetAtt"][0]
            return f"<{logical_id}.Arn>"
        exported: str = own.resolve(own.export_value(self.bucket_arn))["Fn::ImportValue"]
        return exported
