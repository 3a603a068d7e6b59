"""Compares the indicators of the last days with those that a vendor told; the daily run calls it after the marts."""

from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from surveillance.adapters.indicator_reconciliation import reconciler_from_environment

logger = Logger()
metrics = Metrics()
tracer = Tracer()
reconciler = reconciler_from_environment()


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Reconcile `{"day": "2024-01-31"}`; `reason` says why where nothing could be compared."""
    found = reconciler.answer(event)
    metrics.add_metric("IndicatorsCompared", MetricUnit.Count, found.compared)
    if found.agreement is not None:
        metrics.add_metric("IndicatorAgreement", MetricUnit.Percent, 100 * found.agreement)
    logger.info("reconciled", extra=msgspec.to_builtins(found))
    return found.summary
