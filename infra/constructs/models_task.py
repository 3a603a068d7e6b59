"""The dbt project as a Fargate task: started when there is something to build, gone afterwards."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Aws, aws_athena, aws_ec2, aws_ecr_assets, aws_ecs, aws_iam, aws_logs
from constructs import Construct

from infra.constructs.acknowledgements import acknowledge
from infra.constructs.defaults import Defaults
from infra.constructs.private_bucket import PrivateBucket
from infra.constructs.source_package import SourcePackages

CONTAINER: Final = "models"
READ_TABLES: Final = ("glue:GetTable", "glue:GetTables", "glue:GetPartition", "glue:GetPartitions")
READ_DATABASE: Final = ("glue:GetDatabase", "glue:GetDatabases")
CHANGE_TABLES: Final = (
    "glue:CreateTable",
    "glue:UpdateTable",
    "glue:DeleteTable",
    "glue:GetTableVersions",
    "glue:DeleteTableVersion",
    "glue:BatchDeleteTableVersion",
    "glue:BatchGetPartition",
    "glue:BatchCreatePartition",
    "glue:CreatePartition",
    "glue:UpdatePartition",
    "glue:DeletePartition",
    "glue:BatchDeletePartition",
)
ASK: Final = (
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
)


class ModelsTask(Construct):
    """`definition` and `security_group`, which lets nothing in; the task may make tables in `marts` only."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        packages: SourcePackages,
        defaults: Defaults,
        vpc: aws_ec2.IVpc,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self._defaults = defaults
        logs = aws_logs.LogGroup(
            self,
            "Logs",
            encryption_key=defaults.key,
            retention=defaults.log_days,
            removal_policy=defaults.removal_policy,
        )
        self.definition = aws_ecs.FargateTaskDefinition(
            self,
            "Task",
            cpu=1024,
            memory_limit_mib=2048,
            runtime_platform=aws_ecs.RuntimePlatform(
                cpu_architecture=aws_ecs.CpuArchitecture.X86_64,
                operating_system_family=aws_ecs.OperatingSystemFamily.LINUX,
            ),
        )
        self.definition.add_container(
            CONTAINER,
            image=aws_ecs.ContainerImage.from_asset(
                str(packages.models()), platform=aws_ecr_assets.Platform.LINUX_AMD64
            ),
            environment=dict(environment),
            logging=aws_ecs.LogDrivers.aws_logs(stream_prefix=CONTAINER, log_group=logs),
            essential=True,
        )
        self.security_group = aws_ec2.SecurityGroup(
            self, "Outbound", vpc=vpc, description="dbt: out to AWS, nothing in", allow_all_outbound=True
        )
        self.role: aws_iam.IRole = self.definition.task_role
        acknowledge(self.definition, "ECS2", "Plain variables hold names and places only.")
        acknowledge(self.definition, "IAM5", "ecr:GetAuthorizationToken can't be limited to a resource.", "Resource::*")

    def allow_asking(self, group: aws_athena.CfnWorkGroup) -> None:
        """Let the task ask Athena in a workgroup."""
        arn = f"arn:{Aws.PARTITION}:athena:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        self._allow(ASK, [f"{arn}:workgroup/{group.name}"])
        self._allow(("athena:GetDataCatalog",), [f"{arn}:datacatalog/AwsDataCatalog"])

    def allow_tables(self, raw: str, marts: str) -> None:
        """Let the task read tables of both databases and make those of `marts`."""
        arn = f"arn:{Aws.PARTITION}:glue:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        places = {name: [f"{arn}:database/{name}", f"{arn}:table/{name}/*"] for name in (raw, marts)}
        self._allow([*READ_DATABASE, *READ_TABLES], [f"{arn}:catalog", *places[raw], *places[marts]])
        self._allow(CHANGE_TABLES, [f"{arn}:catalog", *places[marts]])
        prefix = "Resource::arn:<AWS::Partition>:glue:<AWS::Region>:<AWS::AccountId>:table"
        reason = "dbt reads and makes many tables of these two databases."
        acknowledge(self.definition, "IAM5", reason, f"{prefix}/{raw}/*", f"{prefix}/{marts}/*")

    def allow_files(self, lake: PrivateBucket, reads: list[str], *, tables: list[str], answers: list[str]) -> None:
        """Let the task's queries read below prefixes of the lake, make and remove tables, and leave their answers."""
        role = self.definition.task_role
        writing = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        lake.allow(role, ["s3:GetObject"], reads, "A table is many files.")
        lake.allow(role, [*writing, "s3:DeleteObject"], tables, "Athena names the files of the marts itself.")
        lake.allow(role, writing, answers, "Athena names its answers itself.")
        lake.allow_listing(role, [*reads, *tables, *answers])
        self._allow(("s3:GetBucketLocation", "s3:ListBucketMultipartUploads"), [lake.bucket_arn])

    def _allow(self, actions: list[str] | tuple[str, ...], resources: list[str]) -> None:
        self.definition.add_to_task_role_policy(aws_iam.PolicyStatement(actions=list(actions), resources=resources))
