"""History: collectors, Spark jobs, marts, and the state machines that run them for a day or for years."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Aws, Stack, aws_athena, aws_glue
from constructs import Construct
from surveillance.history.tables import TABLES, Table

from infra.configuration import Configuration, HistoryChoice
from infra.constructs.acknowledgements import acknowledge
from infra.constructs.dead_letters import DeadLetters
from infra.constructs.event_function import EventFunction
from infra.constructs.flow import Flow, FlowRole
from infra.constructs.flow_schedule import FlowSchedule
from infra.constructs.history_flow import COLLECTORS, Parts, back_fill, daily
from infra.constructs.lake_table import INTRADAY, PROJECTIONS, LakeTable
from infra.constructs.models_task import CONTAINER, ModelsTask
from infra.constructs.query_group import QueryGroup
from infra.constructs.schedule import SCHEDULED_TIME
from infra.constructs.source_package import SourcePackages
from infra.constructs.spark_jobs import SparkJob, SparkJobs
from infra.constructs.vendor_secrets import VendorSecrets
from infra.stacks.ingestion import Ingestion
from infra.stacks.storage import Storage
from infra.stacks.streaming import Streaming

AT: Final = "cron(15 3 * * ? *)"
ZONE: Final = "America/New_York"
"""Well after the close, and six hours after the UTC day, when vendors' answers are final."""
HISTORY: Final = "history/"
MARTS: Final = "history/marts/"
ANSWERS: Final = "queries/"
"""Where Athena leaves what it answers, a folder a workgroup; such files expire."""
LANDED: Final = frozenset({"raw_events", "raw_alerts", "raw_metrics"})
"""Tables of Firehose, which the streaming stack declares."""
WORKERS: Final = {"quality": 4, "indicators": 10, "compaction": 4}


class History(Stack):
    """Needs the lake, the stream (news are events, too) and the ingester's network, in which dbt runs."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        choice: HistoryChoice,
        packages: SourcePackages,
        storage: Storage,
        streaming: Streaming,
        ingestion: Ingestion,
    ) -> None:
        super().__init__(scope, name, stack_name=configuration.stack_name(name))
        self._storage, self._streaming, self._packages = storage, streaming, packages
        self._environment = configuration.environment
        tables = Construct(self, "Tables")
        for table in TABLES:
            if table.name not in LANDED:
                self._declare(tables, table)
        self.marts_name = f"{streaming.database_name}_marts"
        aws_glue.CfnDatabase(
            self,
            "Marts",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=aws_glue.CfnDatabase.DatabaseInputProperty(
                name=self.marts_name,
                location_uri=f"s3://{storage.lake_bucket.bucket_name}/{MARTS}",
            ),
        )
        self.analysts = self._group("Analysts", "analysts", choice.scan_gigabytes)
        self.builders = self._group("Builders", "models", choice.scan_gigabytes, tables_elsewhere=True)
        self.collector = self._collector(choice, ingestion)
        self.planner = self._planner(choice)
        self.reconciler = self._reconciler()
        self.quality, self.indicators, self.compaction = self._jobs()
        self.models = self._models(ingestion)
        self.unstarted = DeadLetters(self, "Unstarted", defaults=storage.defaults)
        self._flows(ingestion)

    def _declare(self, tables: Construct, table: Table) -> None:
        """Declare a table; bars within a day lie in the same folder, by day instead of month."""
        title = table.name.title().replace("_", "")
        database, lake = self._streaming.database, self._storage.lake_bucket
        prefix = "" if "hour" in table.partitions else HISTORY
        LakeTable(tables, title, database=database, bucket=lake, prefix=prefix, table=table)
        if table.name in ("raw_bars", "raw_fx"):
            LakeTable(
                tables,
                f"{title}Intraday",
                database=database,
                bucket=lake,
                prefix=prefix,
                table=Table(f"{table.name}_intraday", table.columns, table.key, table.partitions, table.place),
                partitions={"interval": {"type": "enum", "values": INTRADAY}, "day": PROJECTIONS["day"]},
                template="interval=${interval}/date=${day}",
            )

    def _group(
        self, name: str, purpose: str, scan_gigabytes: int, *, tables_elsewhere: bool = False
    ) -> aws_athena.CfnWorkGroup:
        return QueryGroup(
            self,
            name,
            defaults=self._storage.defaults,
            lake=self._storage.lake_bucket,
            prefix=f"{ANSWERS}{purpose}/",
            group_name=f"surveillance-{self._environment}-{purpose}",
            scan_gigabytes=scan_gigabytes,
            tables_elsewhere=tables_elsewhere,
        )

    def _collector(self, choice: HistoryChoice, ingestion: Ingestion) -> EventFunction:
        storage, streaming = self._storage, self._streaming
        secrets = VendorSecrets(
            self, "Vendors", defaults=storage.defaults, sources=choice.secrets, known=ingestion.secrets.made
        )
        collector = EventFunction(
            self,
            "CollectDataset",
            source="collect_dataset",
            packages=self._packages,
            defaults=storage.defaults,
            image=True,
            memory_mb=2048,
            timeout_seconds=900,
            most_at_once=COLLECTORS,
            environment={
                "LAKE_BUCKET": storage.lake_bucket.bucket_name,
                "LEASE_TABLE": storage.leases.table_name,
                "VENDOR_SECRETS": self.to_json_string(secrets.arns),
                "EVENT_STREAM": streaming.stream.stream_name,
                "LANES": storage.lane_count,
            },
        )
        role, named = collector.role, "Collectors name answers and files themselves, below history only."
        storage.lake_bucket.allow(role, ["s3:GetObject", "s3:PutObject"], [HISTORY], named)
        storage.lake_bucket.allow_listing(role, [HISTORY])
        storage.leases.allow(role, ["UpdateItem"], keys="collector/*")
        secrets.allow_reading(role)
        streaming.stream.allow_writing(role)
        return collector

    def _planner(self, choice: HistoryChoice) -> EventFunction:
        lake = self._storage.lake_bucket
        planner = EventFunction(
            self,
            "PlanHistory",
            source="plan_history",
            packages=self._packages,
            defaults=self._storage.defaults,
            image=True,
            memory_mb=512,
            timeout_seconds=300,
            environment={
                "LAKE_BUCKET": lake.bucket_name,
                "DATASETS": self.to_json_string(list(choice.datasets)),
                "NEWS_EVENTS": "true",
            },
        )
        places = [f"{HISTORY}{place}/" for place in ("plans", "runs", "raw_market_sessions")]
        named = "Plans and reports are named after their execution."
        lake.allow(planner.role, ["s3:GetObject", "s3:PutObject"], places, named)
        lake.allow_listing(planner.role, places)
        return planner

    def _reconciler(self) -> EventFunction:
        lake = self._storage.lake_bucket
        reconciler = EventFunction(
            self,
            "ReconcileIndicators",
            source="reconcile_indicators",
            packages=self._packages,
            defaults=self._storage.defaults,
            image=True,
            memory_mb=2048,
            timeout_seconds=900,
            environment={"LAKE_BUCKET": lake.bucket_name},
        )
        reads = [f"{HISTORY}{place}/" for place in ("raw_vendor_indicators", "bars")]
        lake.allow(reconciler.role, ["s3:GetObject"], reads, "A table is many files.")
        found = f"{HISTORY}indicator_reconciliation/"
        lake.allow(reconciler.role, ["s3:PutObject"], [found], "A file is named after its run.")
        lake.allow_listing(reconciler.role, reads)
        return reconciler

    def _jobs(self) -> tuple[SparkJob, SparkJob, SparkJob]:
        jobs = SparkJobs(
            self,
            "Jobs",
            defaults=self._storage.defaults,
            packages=self._packages,
            environment=self._environment,
        )
        quality = {"--bars": "raw_bars", "--splits": "raw_splits", "--dividends": "raw_dividends", "--clean": "bars"}
        quality |= {"--quarantine": "bars_quarantine", "--report": "quality_report", "--profile": "quality_profile"}
        raw = ["raw_bars", "raw_splits", "raw_dividends"]
        indicators = {"--bars": "bars", "--indicators": "indicators", "--state": "indicator_state"}
        compaction = {"--events": "events", "--quarantine": "events_quarantine"}
        return (
            self._job(jobs, "quality", quality, raw, ["bars", "quality_report", "quality_profile"]),
            self._job(jobs, "indicators", indicators, ["bars"], ["indicators", "indicator_state"]),
            self._job(jobs, "compaction", compaction, [], ["events"], {"--raw": "events/"}),
        )

    def _job(
        self,
        jobs: SparkJobs,
        script: str,
        tables: Mapping[str, str],
        reads: list[str],
        writes: list[str],
        landed: Mapping[str, str] | None = None,
    ) -> SparkJob:
        """Make a job over tables of history by name; `landed` are prefixes outside it, read only."""
        lake = self._storage.lake_bucket
        places = {name: f"{HISTORY}{place}/" for name, place in tables.items()} | dict(landed or {})
        return SparkJob(
            jobs,
            script.title(),
            script=script,
            jobs=jobs,
            lake=lake,
            arguments={name: f"s3://{lake.bucket_name}/{place}" for name, place in places.items()},
            reads=[*(f"{HISTORY}{place}/" for place in reads), *(landed or {}).values()],
            writes=[f"{HISTORY}{place}" for place in writes],
            workers=WORKERS[script],
        )

    def _models(self, ingestion: Ingestion) -> ModelsTask:
        lake, answers = self._storage.lake_bucket, f"{ANSWERS}models/"
        models = ModelsTask(
            self,
            "Models",
            packages=self._packages,
            defaults=self._storage.defaults,
            vpc=ingestion.network.vpc,
            environment={
                "AWS_REGION": Aws.REGION,
                "HISTORY_RAW_DATABASE": self._streaming.database_name,
                "ATHENA_DATABASE": self.marts_name,
                "ATHENA_WORK_GROUP": self.builders.name,
                "ATHENA_RESULTS": f"s3://{lake.bucket_name}/{answers}",
                "ATHENA_DATA": f"s3://{lake.bucket_name}/{MARTS}",
            },
        )
        models.allow_asking(self.builders)
        models.allow_tables(self._streaming.database_name, self.marts_name)
        models.allow_files(lake, [HISTORY, "events/", "alerts/", "metrics/"], tables=[MARTS], answers=[answers])
        return models

    def _flows(self, ingestion: Ingestion) -> None:
        storage, cluster = self._storage, ingestion.ingester.cluster
        role = FlowRole(self, "FlowRole", defaults=storage.defaults)
        jobs = (self.quality, self.indicators, self.compaction)
        aws = f"{Aws.REGION}:{Aws.ACCOUNT_ID}"
        role.allow(
            ["lambda:InvokeFunction"],
            [each.function.function_arn for each in (self.collector, self.planner, self.reconciler)],
        )
        role.allow(
            ["glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"],
            [f"arn:{Aws.PARTITION}:glue:{aws}:job/{job.name}" for job in jobs],
        )
        task = self.models.definition
        role.allow(["ecs:RunTask"], [task.task_definition_arn])
        role.allow(
            ["ecs:StopTask", "ecs:DescribeTasks"], [f"arn:{Aws.PARTITION}:ecs:{aws}:task/{cluster.cluster_name}/*"]
        )
        role.allow(
            ["iam:PassRole"],
            [task.task_role.role_arn, task.obtain_execution_role().role_arn],
            {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        )
        role.allow(
            ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
            [f"arn:{Aws.PARTITION}:events:{aws}:rule/StepFunctionsGetEventsForECSTaskRule"],
        )
        storage.operators.allow_publishing(role.role)
        plans = "A plan is named after its execution."
        storage.lake_bucket.allow(role.role, ["s3:GetObject"], [f"{HISTORY}plans/"], plans)
        exported = ingestion.resolve(ingestion.export_value(cluster.cluster_name))["Fn::ImportValue"]
        finding = f"Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/{exported}/*"
        acknowledge(role.role, "IAM5", "Tasks are named when they start.", finding)
        parts = Parts(
            resource=f"arn:{Aws.PARTITION}:states:::",
            planner=self.planner.function.function_arn,
            collector=self.collector.function.function_arn,
            reconciler=self.reconciler.function.function_arn,
            quality_job=self.quality.name,
            indicator_job=self.indicators.name,
            compaction_job=self.compaction.name,
            cluster=cluster.cluster_arn,
            models_task=task.task_definition_arn,
            models_container=CONTAINER,
            subnets=[subnet.subnet_id for subnet in ingestion.network.vpc.private_subnets],
            security_group=self.models.security_group.security_group_id,
            operators=storage.operators.topic_arn,
        )
        self.daily = Flow(self, "Daily", role=role, definition=daily(parts))
        self.back_fill = Flow(self, "BackFill", role=role, definition=back_fill(parts))
        self.back_fill.allow_children(role)
        FlowSchedule(
            self,
            "EachDay",
            flow=self.daily,
            event={"scheduled": SCHEDULED_TIME},
            defaults=storage.defaults,
            dead_letters=self.unstarted,
            expression=AT,
            zone=ZONE,
        )
