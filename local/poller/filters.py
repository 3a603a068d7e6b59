"""Filter patterns of an event source mapping: the part of EventBridge's pattern language that mappings use."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.poller.sources import Record


def matcher(patterns: Sequence[str]) -> Callable[[Record], bool]:
    """Give the test for a mapping's filters: a record is wanted if any pattern matches, or if there is none."""
    parsed = [json.loads(pattern) for pattern in patterns]

    def wanted(record: Record) -> bool:
        return not parsed or any(_matches(pattern, _filterable(record.event)) for pattern in parsed)

    return wanted


def _filterable(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a Kinesis record's data as JSON, as Lambda's filters see it; a DynamoDB record as it is."""
    if "kinesis" not in event:
        return event
    kinesis: Mapping[str, Any] = event["kinesis"]
    try:
        return {**kinesis, "data": json.loads(base64.b64decode(kinesis["data"]))}
    except ValueError:
        return kinesis


def _matches(pattern: Mapping[str, Any], value: Any) -> bool:
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(_matches(choice, value) for choice in wanted):
                return False
            continue
        part = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(wanted, Mapping):
            if not _matches(wanted, part if part is not None else {}):
                return False
        elif not any(_allows(rule, part) for rule in wanted):
            return False
    return True


def _allows(rule: Any, value: Any) -> bool:
    if not isinstance(rule, Mapping):
        return bool(value == rule)
    ((operator, operand),) = rule.items()
    if operator == "exists":
        return (value is not None) is operand
    if operator == "prefix":
        return isinstance(value, str) and value.startswith(operand)
    if operator == "suffix":
        return isinstance(value, str) and value.endswith(operand)
    if operator == "anything-but":
        return value not in (operand if isinstance(operand, list) else [operand])
    if operator == "numeric":
        return _numeric(operand, value)
    raise ValueError(f"the filter operator {operator} is not supported")


def _numeric(operand: Sequence[Any], value: Any) -> bool:
    tests: dict[str, Callable[[float, float], bool]] = {
        "=": lambda a, b: a == b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
    }
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return all(tests[sign](value, bound) for sign, bound in zip(operand[::2], operand[1::2], strict=True))
