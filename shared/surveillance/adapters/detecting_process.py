"""Composes the detecting process: engine, stores and consumer, from the environment."""

import os
from concurrent.futures import ThreadPoolExecutor
from time import sleep, time
from typing import Final

from surveillance.adapters.alert_table import AlertTable
from surveillance.adapters.checkpoints import CheckpointTable
from surveillance.adapters.clients import CONNECTIONS, client
from surveillance.adapters.deliveries import DeliveryStream
from surveillance.adapters.detection import allow_list_of, attempt_name, engine_of
from surveillance.adapters.held_lane import Settings, Stores
from surveillance.adapters.lane_consumer import LaneConsumer
from surveillance.adapters.lane_feed import LaneFeed
from surveillance.adapters.lane_log import CHAPTERS, LaneLog
from surveillance.adapters.metric_store import LatestMetrics, MetricStore
from surveillance.adapters.quarantine import Quarantine
from surveillance.adapters.signed_calls import SignedCalls
from surveillance.adapters.snapshots import SnapshotStore

ABREAST: Final = CONNECTIONS // 2


def consumer_from_environment() -> LaneConsumer:
    """Make the consumer of this process from LANES, LANE_BUCKET, CHECKPOINT_TABLE, ALERT_TABLE, METRIC_TABLE and
    METRIC_DELIVERY_STREAM.
    """
    lanes, bucket = int(os.environ["LANES"]), os.environ["LANE_BUCKET"]
    objects, items = client("s3"), client("dynamodb")
    engine = engine_of(objects, bucket, lanes, measuring=True)
    calls = ThreadPoolExecutor(ABREAST, thread_name_prefix="call")
    whole_lanes = ThreadPoolExecutor(ABREAST, thread_name_prefix="lane")
    direct = SignedCalls(items)
    stores = Stores(
        checkpoints=CheckpointTable(items, os.environ["CHECKPOINT_TABLE"], direct),
        log=LaneLog(objects, bucket, attempt_name, calls.map),
        snapshots=SnapshotStore(objects, bucket),
        quarantine=Quarantine(objects, bucket),
        alerts=AlertTable(items, os.environ["ALERT_TABLE"], direct),
        metrics=MetricStore(
            DeliveryStream(client("firehose"), os.environ["METRIC_DELIVERY_STREAM"], sleep),
            LatestMetrics(items, os.environ["METRIC_TABLE"], direct),
            calls.map,
        ),
        evidence_uri=lambda lane, date: f"s3://{bucket}/{CHAPTERS}lane={lane:03d}/date={date}/",
        spread=calls.map,
    )
    return LaneConsumer(
        LaneFeed(engine, judged=allow_list_of(objects, bucket, engine).judged),
        stores,
        lanes,
        attempt_name,
        lambda: time() * 1000,
        Settings(),
        whole_lanes.map,
    )
