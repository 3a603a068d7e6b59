"""An Athena workgroup whose settings hold for all: encrypted results in one place, and a limit to what is scanned."""

from aws_cdk import RemovalPolicy, aws_athena
from constructs import Construct

from infra.constructs.acknowledgements import acknowledge
from infra.constructs.defaults import Defaults
from infra.constructs.private_bucket import PrivateBucket

GIGABYTE = 10**9
WorkGroup = aws_athena.CfnWorkGroup


class QueryGroup(WorkGroup):
    """Answers lie below `prefix`, encrypted.

    Settings are enforced, and then Hive tables that a query makes lie there, too; `tables_elsewhere` lets queries say
    where.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        defaults: Defaults,
        lake: PrivateBucket,
        prefix: str,
        group_name: str,
        scan_gigabytes: int,
        tables_elsewhere: bool = False,
    ) -> None:
        super().__init__(
            scope,
            name,
            name=group_name,
            recursive_delete_option=defaults.removal_policy == RemovalPolicy.DESTROY,
            work_group_configuration=WorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=not tables_elsewhere,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=scan_gigabytes * GIGABYTE,
                engine_version=WorkGroup.EngineVersionProperty(selected_engine_version="Athena engine version 3"),
                result_configuration=WorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{lake.bucket_name}/{prefix}",
                    encryption_configuration=WorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=defaults.key.key_arn
                    ),
                ),
            ),
        )
        if tables_elsewhere:
            acknowledge(
                self, "ATH1", "Queries name where tables lie; what they write, the bucket encrypts with our key."
            )
