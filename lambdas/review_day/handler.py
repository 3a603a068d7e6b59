"""Reviews the day before: batch rules over the lake, and what landed against what the rules consumed."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from surveillance.adapters.daily_review import day_to_review, review_from_environment

logger = Logger()
metrics = Metrics()
tracer = Tracer()
review = review_from_environment()


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Review a day; `{"day": "2026-03-02"}` names another than the one before."""
    del context
    report = review.review(day_to_review(event, datetime.now(UTC)))
    metrics.add_metric("Unreconciled", MetricUnit.Count, 0 if report.holds else 1)
    logger.info("reviewed", extra=msgspec.to_builtins(report))
    found: dict[str, Any] = msgspec.to_builtins(report)
    return found
