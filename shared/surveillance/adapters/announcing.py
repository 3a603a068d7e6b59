"""Composes the announcing processes from the environment: announcer, feed watch, lake delivery."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from time import sleep, time_ns
from typing import Final

from surveillance.adapters.alert_table import AlertTable
from surveillance.adapters.clients import client
from surveillance.adapters.deliveries import DeliveryStream
from surveillance.adapters.feed_watch import FeedWatch
from surveillance.adapters.notifications import Announcer, Topic
from surveillance.adapters.publish_slots import PublishSlots

MARKS_ABREAST: Final = 8
DEFAULT_LINK: Final = "run: surveillance alerts show {alert_id}"


def topic_from_environment() -> Topic:
    """Make the alert topic from ALERT_TOPIC_ARN; LEASE_TABLE holds its turns."""
    arn = os.environ["ALERT_TOPIC_ARN"]
    slots = PublishSlots(client("dynamodb"), os.environ["LEASE_TABLE"], arn.rpartition(":")[2], time_ns, sleep)
    return Topic(client("sns"), arn, slots)


def announcer_from_environment() -> Announcer:
    """Make the announcer from ALERT_TABLE and the topic's variables; ALERT_LINK may say where an alert is shown."""
    table = AlertTable(client("dynamodb"), os.environ["ALERT_TABLE"])
    spread = ThreadPoolExecutor(MARKS_ABREAST, thread_name_prefix="mark").map
    return Announcer(table, topic_from_environment(), os.environ.get("ALERT_LINK", DEFAULT_LINK), spread)


def feed_watch_from_environment() -> FeedWatch:
    """Make the watch from LEASE_TABLE and the topic's variables; HEARTBEAT_LIMIT_SECONDS may set its patience."""
    limit_s = float(os.environ.get("HEARTBEAT_LIMIT_SECONDS", "60"))
    return FeedWatch(client("dynamodb"), os.environ["LEASE_TABLE"], topic_from_environment(), limit_s)


def feeds_from_environment() -> list[str]:
    """Give the names of the configured feeds from FEEDS."""
    return [feed["name"] for feed in json.loads(os.environ["FEEDS"])]


def alert_delivery_from_environment() -> DeliveryStream:
    """Make the lake's delivery from ALERT_DELIVERY_STREAM."""
    return DeliveryStream(client("firehose"), os.environ["ALERT_DELIVERY_STREAM"], sleep)
