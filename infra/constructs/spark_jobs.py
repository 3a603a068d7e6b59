"""Spark jobs on Glue: our scripts, our library as one zip, their packages pinned; everything they write encrypted."""

from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import Aws, aws_glue, aws_iam, aws_s3_assets
from constructs import Construct

from infra.constructs.acknowledgements import acknowledge
from infra.constructs.defaults import Defaults
from infra.constructs.private_bucket import PrivateBucket
from infra.constructs.source_package import SourcePackages

GLUE_VERSION: Final = "5.1"
"""Spark 3.5.6 on Java 17, Python 3.11."""
WORKER: Final = "G.1X"
TIMEOUT_MINUTES: Final = 120
TRIES_ITSELF: Final = 0  # the state machine does
Configuration = aws_glue.CfnSecurityConfiguration


class SparkJobs(Construct):
    """What jobs share: the library, the requirements, and the security configuration."""

    def __init__(
        self, scope: Construct, name: str, *, defaults: Defaults, packages: SourcePackages, environment: str
    ) -> None:
        super().__init__(scope, name)
        self.defaults = defaults
        self.packages = packages
        self.library = aws_s3_assets.Asset(self, "Library", path=str(packages.job_library()))
        self.requirements = aws_s3_assets.Asset(self, "Requirements", path=str(packages.job_requirements()))
        key = defaults.key.key_arn
        self.security = Configuration(
            self,
            "Encryption",
            name=f"surveillance-{environment}-history",
            encryption_configuration=Configuration.EncryptionConfigurationProperty(
                cloud_watch_encryption=Configuration.CloudWatchEncryptionProperty(
                    cloud_watch_encryption_mode="SSE-KMS", kms_key_arn=key
                ),
                job_bookmarks_encryption=Configuration.JobBookmarksEncryptionProperty(
                    job_bookmarks_encryption_mode="CSE-KMS", kms_key_arn=key
                ),
                s3_encryptions=[
                    Configuration.S3EncryptionProperty(s3_encryption_mode="SSE-KMS", kms_key_arn=key),
                ],
            ),
        )


class SparkJob(Construct):
    """The job of `glue_jobs/<script>.py`; `arguments` are those it always has, `reads` and `writes` prefixes.

    Spark replaces what it wrote before, so it may delete below `writes`; versions are kept by the bucket.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        script: str,
        jobs: SparkJobs,
        lake: PrivateBucket,
        arguments: Mapping[str, str],
        reads: Sequence[str],
        writes: Sequence[str],
        workers: int,
    ) -> None:
        super().__init__(scope, name)
        role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.ServicePrincipal(
                "glue.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        self.role: aws_iam.IRole = role
        code = aws_s3_assets.Asset(self, "Script", path=str(jobs.packages.job_script(script)))
        assets = (code, jobs.library, jobs.requirements)
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(
                actions=["s3:GetObject"],
                resources=[asset.bucket.arn_for_objects(asset.s3_object_key) for asset in assets],
            )
        )
        named = "Spark names its files itself, below the tables it makes only."
        lake.allow(role, ["s3:GetObject"], reads, "A table is many files.")
        lake.allow(role, ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"], writes, named)
        lake.allow_listing(role, [*reads, *writes])
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(actions=["s3:GetBucketLocation"], resources=[lake.bucket_arn])
        )
        logs = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws-glue/*"
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(
                actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"],
                resources=[logs],
            )
        )
        finding = "Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws-glue/*"
        acknowledge(role, "IAM5", "Glue names its log groups itself.", finding)
        self.job = aws_glue.CfnJob(
            self,
            "Job",
            role=role.role_arn,
            glue_version=GLUE_VERSION,
            worker_type=WORKER,
            number_of_workers=workers,
            timeout=TIMEOUT_MINUTES,
            max_retries=TRIES_ITSELF,
            execution_property=aws_glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=1),
            security_configuration=jobs.security.ref,
            command=aws_glue.CfnJob.JobCommandProperty(
                name="glueetl", python_version="3", script_location=code.s3_object_url
            ),
            default_arguments={
                "--job-language": "python",
                "--extra-py-files": jobs.library.s3_object_url,
                "--additional-python-modules": jobs.requirements.s3_object_url,
                "--python-modules-installer-option": "-r",
                "--conf": "spark.sql.session.timeZone=UTC",
                **arguments,
            },
        )
        self.job.node.add_dependency(role)

    @property
    def name(self) -> str:
        """Give the physical name."""
        return self.job.ref
