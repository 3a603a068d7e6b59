"""A Lambda function with our defaults: own role, own encrypted log, one entry point `handler.handle`."""

from collections.abc import Mapping

from aws_cdk import Duration, aws_ecr_assets, aws_iam, aws_lambda
from constructs import Construct

from infra.constructs.acknowledgements import acknowledge
from infra.constructs.defaults import Defaults
from infra.constructs.execution_role import ExecutionRole
from infra.constructs.source_package import SourcePackages

ENTRY_POINT = "handler.handle"
METRICS_NAMESPACE = "Surveillance"


class EventFunction(Construct):
    """The function of `lambdas/<source>/`; an image if it needs more than fits into a zip."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        source: str,
        packages: SourcePackages,
        defaults: Defaults,
        environment: Mapping[str, str],
        memory_mb: int,
        timeout_seconds: int,
        image: bool = False,
        most_at_once: int | None = None,
    ) -> None:
        super().__init__(scope, name)
        execution = ExecutionRole(
            self,
            "Execution",
            service="lambda.amazonaws.com",
            defaults=defaults,
        )
        self.role: aws_iam.Role = execution.role
        variables = {
            "POWERTOOLS_SERVICE_NAME": source,
            "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
            **environment,
        }
        memory, timeout = memory_mb, Duration.seconds(timeout_seconds)
        if image:
            self.function: aws_lambda.Function = aws_lambda.DockerImageFunction(
                self,
                "Function",
                code=aws_lambda.DockerImageCode.from_image_asset(
                    str(packages.image(source)), cmd=[ENTRY_POINT], platform=aws_ecr_assets.Platform.LINUX_AMD64
                ),
                role=execution.role,
                log_group=execution.log_group,
                environment={"NUMBA_CPU_NAME": "generic", **variables},
                environment_encryption=defaults.key,
                memory_size=memory,
                timeout=timeout,
                reserved_concurrent_executions=most_at_once,
                tracing=aws_lambda.Tracing.ACTIVE,
            )
        else:
            self.function = aws_lambda.Function(
                self,
                "Function",
                runtime=aws_lambda.Runtime.PYTHON_3_13,
                handler=ENTRY_POINT,
                code=aws_lambda.Code.from_asset(str(packages.zip(source))),
                role=execution.role,
                log_group=execution.log_group,
                environment=variables,
                environment_encryption=defaults.key,
                memory_size=memory,
                timeout=timeout,
                reserved_concurrent_executions=most_at_once,
                tracing=aws_lambda.Tracing.ACTIVE,
            )
            acknowledge(self.function, "L1", "The library supports Python 3.11 to 3.13; 3.13 is the newest of them.")
        defaults.key.allow_reading(execution.role)
        acknowledge(execution.role, "IAM5", "X-Ray has no resources to name.", "Resource::*")
