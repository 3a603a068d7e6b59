"""Plain values to DynamoDB attribute values and back. Integers stay exact; null is absence.

A number that is not finite has no DynamoDB form and is left out, as null is.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any


def attribute(value: Any) -> dict[str, Any]:
    """Write one value that is not null."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, Mapping):
        return {"M": item(value)}
    if isinstance(value, list | tuple):
        return {"L": [attribute(element) for element in value]}
    raise TypeError(f"no DynamoDB form for {type(value).__name__}")


def item(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Write a mapping; keys whose value is null or not finite are left out."""
    return {key: attribute(value) for key, value in fields.items() if _is_storable(value)}


def _is_storable(value: Any) -> bool:
    return value is not None and (not isinstance(value, float) or isfinite(value))


def value(stored: Mapping[str, Any]) -> Any:
    """Read one attribute value; a number without point or exponent is an integer."""
    (kind, content), *_ = stored.items()
    if kind == "N":
        return float(content) if set(content) & set(".eE") else int(content)
    if kind == "M":
        return values(content)
    if kind == "L":
        return [value(element) for element in content]
    return None if kind == "NULL" else content


def values(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Read an item."""
    return {key: value(content) for key, content in stored.items()}
