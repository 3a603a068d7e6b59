"""The ingester: the only part that speaks to the outside."""

from aws_cdk import Stack
from constructs import Construct

from infra.configuration import Configuration
from infra.constructs.feed_network import FeedNetwork
from infra.constructs.feed_secrets import FeedSecrets
from infra.constructs.ingester_service import IngesterService
from infra.constructs.source_package import SourcePackages
from infra.stacks.storage import Storage
from infra.stacks.streaming import Streaming


class Ingestion(Stack):
    """A network, the feeds' keys, one task."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        packages: SourcePackages,
        storage: Storage,
        streaming: Streaming,
    ) -> None:
        super().__init__(scope, name, stack_name=configuration.stack_name(name))
        self.secrets = secrets = FeedSecrets(self, "Feeds", defaults=storage.defaults, feeds=configuration.feeds)
        self.feeds_json = self.to_json_string(secrets.feeds)
        self.network = FeedNetwork(self, "Network", defaults=storage.defaults)
        self.ingester = IngesterService(
            self,
            "Ingester",
            packages=packages,
            network=self.network,
            defaults=storage.defaults,
            environment={
                "LANES": storage.lane_count,
                "EVENT_STREAM": streaming.stream.stream_name,
                "LANE_BUCKET": storage.lane_bucket.bucket_name,
                "LEASE_TABLE": storage.leases.table_name,
                "FEEDS": self.feeds_json,
            },
        )
        role = self.ingester.role
        secrets.allow_reading(role)
        streaming.stream.allow_writing(role)
        storage.leases.allow(role, ["GetItem", "UpdateItem"])
        storage.lane_bucket.allow(
            role, ["s3:PutObject"], ["quarantine/ingester/"], "The ingester names the objects of its own quarantine."
        )
