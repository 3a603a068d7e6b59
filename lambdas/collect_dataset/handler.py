"""Collects one dataset of one vendor into the raw tables; the daily run and back-fills call it once a dataset and span.

While the answer says `complete: false` there is more to get: call again with the same event.
"""

from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from surveillance.adapters.collection_service import service_from_environment

logger = Logger()
metrics = Metrics()
tracer = Tracer()
service = service_from_environment()


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Collect `{"source": "polygon", "dataset": "grouped_daily", "from": "2024-01-02", "to": "2024-01-31"}`."""
    report = service.collect(event, lambda: context.get_remaining_time_in_millis() / 1000)
    metrics.add_metric("RowsCollected", MetricUnit.Count, report.rows.total())
    metrics.add_metric("RowsRejected", MetricUnit.Count, report.rejected.total())
    metrics.add_metric("RequestsFailed", MetricUnit.Count, len(report.failed))
    logger.info("collected", extra=msgspec.to_builtins(report))
    found: dict[str, Any] = msgspec.to_builtins(report)
    return found
