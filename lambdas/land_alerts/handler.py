"""Gives the lake its copy of every alert revision, whatever becomes of the announcements."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from surveillance import alerts
from surveillance.adapters.announcing import alert_delivery_from_environment
from surveillance.adapters.table_stream import new_revisions

logger = Logger()
metrics = Metrics()
tracer = Tracer()
delivery = alert_delivery_from_environment()


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deliver the batch's revisions; from the first refused one on the stream is asked again."""
    del context
    revisions = new_revisions(event)
    refused = delivery.put([alerts.encode(revision.alert) for revision in revisions])
    metrics.add_metric("RevisionsLanded", MetricUnit.Count, len(revisions) if refused is None else refused)
    again = [] if refused is None else [{"itemIdentifier": revisions[refused].sequence_number}]
    return {"batchItemFailures": again}
