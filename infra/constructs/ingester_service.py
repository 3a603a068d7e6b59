"""The ingester on Fargate: exactly one task, and a deployment stops the old one before it starts the new."""

from collections.abc import Mapping

from aws_cdk import Duration, aws_ecr_assets, aws_ecs, aws_iam, aws_logs
from constructs import Construct

from infra.constructs.acknowledgements import acknowledge
from infra.constructs.defaults import Defaults
from infra.constructs.event_function import METRICS_NAMESPACE
from infra.constructs.feed_network import FeedNetwork
from infra.constructs.source_package import SourcePackages

HEALTH_PORT = 8080
STOP_SECONDS = 60
GRACE_SECONDS = 45
SPILL_FOLDER = "/tmp/ingester-spill"  # noqa: S108
SPILL_BYTES = 10_000_000_000


class IngesterService(Construct):
    """`role` is what the task may do; let it in where it needs to write."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        packages: SourcePackages,
        network: FeedNetwork,
        defaults: Defaults,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self.cluster = aws_ecs.Cluster(
            self, "Cluster", vpc=network.vpc, container_insights_v2=aws_ecs.ContainerInsights.ENABLED
        )
        logs = aws_logs.LogGroup(
            self,
            "Logs",
            encryption_key=defaults.key,
            retention=defaults.log_days,
            removal_policy=defaults.removal_policy,
        )
        task = aws_ecs.FargateTaskDefinition(
            self,
            "Task",
            cpu=1024,
            memory_limit_mib=2048,
            ephemeral_storage_gib=30,
            runtime_platform=aws_ecs.RuntimePlatform(
                cpu_architecture=aws_ecs.CpuArchitecture.X86_64,
                operating_system_family=aws_ecs.OperatingSystemFamily.LINUX,
            ),
        )
        task.add_container(
            "ingester",
            image=aws_ecs.ContainerImage.from_asset(
                str(packages.service("ingester")),
                file="ingester/Dockerfile",
                platform=aws_ecr_assets.Platform.LINUX_AMD64,
            ),
            environment={
                "POWERTOOLS_SERVICE_NAME": "ingester",
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "GRACE_SECONDS": str(GRACE_SECONDS),
                "HEALTH_PORT": str(HEALTH_PORT),
                "SPILL_FOLDER": SPILL_FOLDER,
                "SPILL_BYTES": str(SPILL_BYTES),
                **environment,
            },
            logging=aws_ecs.LogDrivers.aws_logs(stream_prefix="ingester", log_group=logs),
            stop_timeout=Duration.seconds(STOP_SECONDS),
            health_check=aws_ecs.HealthCheck(
                command=["CMD", "python", "-m", "ingester", "check"],
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                retries=3,
                start_period=Duration.seconds(60),
            ),
            essential=True,
        )
        self.service = aws_ecs.FargateService(
            self,
            "Service",
            cluster=self.cluster,
            task_definition=task,
            desired_count=1,
            min_healthy_percent=0,
            max_healthy_percent=100,
            circuit_breaker=aws_ecs.DeploymentCircuitBreaker(rollback=True),
            security_groups=[network.security_group],
            assign_public_ip=False,
        )
        self.role: aws_iam.IRole = task.task_role
        acknowledge(task, "ECS2", "Plain variables hold names and limits only; keys are read from Secrets Manager.")
        acknowledge(task, "IAM5", "ecr:GetAuthorizationToken can't be limited to a resource.", "Resource::*")
