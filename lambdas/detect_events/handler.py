"""Turns market events from Kinesis into alerts, each exactly once."""

from time import time
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from surveillance.adapters.detecting_process import consumer_from_environment
from surveillance.adapters.kinesis_records import records_of
from surveillance.adapters.lambda_time import seconds_left
from surveillance.adapters.lane_consumer import Report

logger = Logger()
metrics = Metrics()
tracer = Tracer()
consumer = consumer_from_environment()


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Consume a batch; what storage did not take is asked for again."""
    records = records_of(event)
    report = consumer.process(records, seconds_left(context))
    measure(report)
    metrics.add_metric("BatchAge", MetricUnit.Milliseconds, time() * 1000 - records[0].arrival_ms)
    return {"batchItemFailures": [{"itemIdentifier": str(one)} for one in report.failed_records]}


def measure(report: Report) -> None:
    """Count what the batch came to, and log what went wrong."""
    for name, value in report.measures().items():
        metrics.add_metric(name, MetricUnit.Count, value)
    for text in report.errors:
        logger.error(text)
    for text in report.warnings:
        logger.warning(text)
