"""Announces alerts: those a table stream brings, and each minute whatever lacks its announcement."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from surveillance.adapters.announcing import announcer_from_environment
from surveillance.adapters.table_stream import wanting_announcement

logger = Logger()
metrics = Metrics()
tracer = Tracer()
announcer = announcer_from_environment()


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Announce; a failure is raised, so that the stream tries again and then the sweep does."""
    del context
    if event.get("sweep"):
        published = announcer.sweep()
        metrics.add_metric("AnnouncementBacklog", MetricUnit.Count, announcer.backlog())
    else:
        published = announcer.announce(wanting_announcement(event))
    told = sum(len(announcement.alerts) for announcement in published)
    metrics.add_metric("Publishes", MetricUnit.Count, len(published))
    metrics.add_metric("Announcements", MetricUnit.Count, told)
    return {"published": len(published), "announced": told}
