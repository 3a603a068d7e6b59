"""Looks each minute whether every feed's ingester gives signs of life, and tells of changes once."""

from time import time_ns
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from surveillance.adapters.announcing import feed_watch_from_environment, feeds_from_environment

logger = Logger()
metrics = Metrics()
tracer = Tracer()
watch = feed_watch_from_environment()
feeds = feeds_from_environment()


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, float]:
    """Give the age of each feed's heartbeat in seconds."""
    del event, context
    ages = watch.check(feeds, time_ns())
    for age in ages.values():
        metrics.add_metric("HeartbeatAge", MetricUnit.Seconds, age)
    return ages
