"""QuickSight: data source over Athena, data sets, theme and dashboards; only where the context names principals."""

from typing import Final

from aws_cdk import Aws, CfnOutput, CfnResource, Stack
from constructs import Construct

from infra.configuration import Configuration, DashboardsChoice
from infra.constructs.query_role import QueryRole
from infra.stacks.storage import Storage
from infra.stacks.streaming import Streaming
from quicksight.resources import SOURCE, Place, resources

READS: Final = ["history/", "events/", "alerts/", "metrics/"]
RESULTS: Final = "queries/"


class Dashboards(Stack):
    """Needs the lake, and the tables and the workgroup of history, by name."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        choice: DashboardsChoice,
        storage: Storage,
        streaming: Streaming,
    ) -> None:
        super().__init__(scope, name, stack_name=configuration.stack_name(name))
        prefix = f"surveillance-{configuration.environment}"
        raw, marts = streaming.database_name, f"{streaming.database_name}_marts"
        group = f"{prefix}-analysts"
        role = QueryRole(self, "Queries")
        role.allow_asking(group)
        role.allow_tables(raw, marts)
        role.allow_files(storage.lake_bucket, READS, RESULTS)
        place = Place(
            prefix=prefix,
            marts=marts,
            raw=raw,
            work_group=group,
            role_arn=role.role_arn,
            account=Aws.ACCOUNT_ID,
            authors=choice.authors,
            readers=choice.readers,
        )
        made = {}
        for logical_id, resource in resources(place).items():
            made[logical_id] = CfnResource(self, logical_id, type=resource["Type"], properties=resource["Properties"])
            for needed in resource.get("DependsOn", []):
                made[logical_id].node.add_dependency(made[needed])
        made[SOURCE].node.add_dependency(role)
        for word, database in (("Marts", marts), ("Raw", raw)):
            CfnOutput(self, f"{word}Database", value=database)
