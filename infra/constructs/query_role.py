"""The role that queries of dashboards run under."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Aws, aws_iam
from constructs import Construct

from infra.constructs.acknowledgements import acknowledge
from infra.constructs.private_bucket import PrivateBucket

ASK: Final = (
    "athena:BatchGetQueryExecution",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetQueryResultsStream",
    "athena:GetWorkGroup",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
)
READ_CATALOGUE: Final = (
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:BatchGetPartition",
)


class QueryRole(aws_iam.Role):
    """QuickSight takes this role for one data source, instead of the account's own: it reads the lake, nothing else."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(
            scope,
            name,
            assumed_by=aws_iam.ServicePrincipal("quicksight.amazonaws.com"),
            description="Queries of dashboards",
        )

    def allow_asking(self, group: str) -> None:
        """Let queries run in a workgroup of Athena."""
        arn = f"arn:{Aws.PARTITION}:athena:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        self._allow(ASK, [f"{arn}:workgroup/{group}"])
        self._allow(["athena:GetDataCatalog"], [f"{arn}:datacatalog/AwsDataCatalog"])

    def allow_tables(self, *databases: str) -> None:
        """Let queries read the tables of databases."""
        arn = f"arn:{Aws.PARTITION}:glue:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        places = [place for name in databases for place in (f"{arn}:database/{name}", f"{arn}:table/{name}/*")]
        self._allow(READ_CATALOGUE, [f"{arn}:catalog", *places])
        prefix = "Resource::arn:<AWS::Partition>:glue:<AWS::Region>:<AWS::AccountId>:table"
        acknowledge(
            self, "IAM5", "Dashboards read many tables of these.", *(f"{prefix}/{name}/*" for name in databases)
        )

    def allow_files(self, lake: PrivateBucket, reads: list[str], results: str) -> None:
        """Let queries read below prefixes of the lake and write their results."""
        lake.allow(self, ["s3:GetObject"], reads, "A table is many files.")
        writes = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        lake.allow(self, writes, [results], "Athena names results itself.")
        lake.allow_listing(self, [*reads, results])
        self._allow(["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], [lake.bucket_arn])

    def _allow(self, actions: Sequence[str], resources: list[str]) -> None:
        self.add_to_policy(aws_iam.PolicyStatement(actions=list(actions), resources=resources))
