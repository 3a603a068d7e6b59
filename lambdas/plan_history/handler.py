"""Plans runs of history for their state machines: which day, what to collect, what to rebuild; and keeps reports."""

from typing import Any

from aws_lambda_powertools import Logger, Tracer
from surveillance.adapters.history_planner import planner_from_environment

logger = Logger()
tracer = Tracer()
planner = planner_from_environment()


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer `{"step": "day", "scheduled": ...}`, `{"step": "span", "from": ..., "to": ...}`, `models` or `report`."""
    answer = planner.answer(event)
    logger.info(event["step"], extra={"answer": answer})
    return answer
