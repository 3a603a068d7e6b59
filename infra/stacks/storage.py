"""What outlives everything else: the key, buckets, tables and the operators' topic."""

from aws_cdk import CfnOutput, Fn, Stack, aws_dynamodb
from constructs import Construct

from infra.configuration import Configuration
from infra.constructs.announcement_topic import AnnouncementTopic
from infra.constructs.data_key import DataKey
from infra.constructs.defaults import Defaults, log_retention
from infra.constructs.private_bucket import AccessLogBucket, PrivateBucket
from infra.constructs.state_table import StateTable
from infra.constructs.stream_mapping import GIVEN_UP_PREFIX

ACCESS_LOG_DAYS = 365
QUERY_DAYS = 30
"""How long analysts' query results are kept."""
LANDED = ("events", "alerts", "metrics")
"""What Firehose puts into the lake, by prefix."""
COUNTED_IN_LANE_BUCKET = {"quarantine": "quarantine/", "given-up": GIVEN_UP_PREFIX}


class Storage(Stack):
    """Deleted last, and its data only if two switches agree."""

    def __init__(self, scope: Construct, name: str, configuration: Configuration) -> None:
        super().__init__(scope, name, stack_name=configuration.stack_name(name))
        text, number = aws_dynamodb.AttributeType.STRING, aws_dynamodb.AttributeType.NUMBER
        removal, retention = configuration.removal_policy, configuration.retention
        key = DataKey(self, "Key", removal_policy=removal)
        self.defaults = defaults = Defaults(key, removal, log_retention(retention.function_log_days))
        access_logs = AccessLogBucket(self, "AccessLogs", defaults=defaults, days=ACCESS_LOG_DAYS)
        self.lane_bucket = PrivateBucket(
            self,
            "Lanes",
            defaults=defaults,
            access_logs=access_logs,
            expirations={"log/": retention.log_days},  # never snapshots/: a quiet lane starts from an old one
            counted_prefixes=COUNTED_IN_LANE_BUCKET,
        )
        self.lake_bucket = PrivateBucket(
            self,
            "Lake",
            defaults=defaults,
            access_logs=access_logs,
            expirations={"events/": retention.lake_days, "queries/": QUERY_DAYS},
            counted_prefixes={f"unconverted-{landed}": f"{landed}-errors/" for landed in LANDED},
        )
        self.checkpoints = StateTable(self, "Checkpoints", defaults=defaults, partition_key="lane", key_type=number)
        self.alerts = StateTable(
            self,
            "Alerts",
            defaults=defaults,
            partition_key="alert_id",
            key_type=text,
            stream=aws_dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
        )
        self.alerts.add_global_secondary_index(
            index_name="by_announcement",
            partition_key=aws_dynamodb.Attribute(name="announcement", type=text),
            sort_key=aws_dynamodb.Attribute(name="detected_ts", type=number),
            projection_type=aws_dynamodb.ProjectionType.KEYS_ONLY,
        )
        self.latest_metrics = StateTable(
            self, "LatestMetrics", defaults=defaults, partition_key="instrument", key_type=text
        )
        self.leases = StateTable(
            self,
            "Leases",
            defaults=defaults,
            partition_key="feed",
            key_type=text,  # positions live with the lease, so nothing expires
        )
        self.operators = AnnouncementTopic(self, "Operators", defaults=defaults, display_name="Surveillance operations")
        self.operators.subscribe_plainly(configuration.operator_emails)
        # CloudFormation refuses to change an export in use, so a deployed stack keeps its lane count.
        export = f"{self.stack_name}:LaneCount"
        CfnOutput(self, "LaneCount", value=str(configuration.lanes), export_name=export)
        self.lane_count = Fn.import_value(export)
