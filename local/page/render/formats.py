"""Values as a field's format writes them: numbers, shares, times; and the units that axes tell."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

GRANULARITIES: Final = {
    "YEAR": "%Y",
    "QUARTER": "%Y-%m",
    "MONTH": "%Y-%m",
    "WEEK": "%Y-%m-%d",
    "DAY": "%Y-%m-%d",
    "HOUR": "%Y-%m-%d %H:00",
    "MINUTE": "%H:%M",
    "SECOND": "%H:%M:%S",
}
NOTHING: Final = "–"


def number_format(field: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the kind of a field's number format and what it says, or nothing."""
    told: Mapping[str, Any] = field.get("FormatConfiguration", {})
    told = told.get("NumberFormatConfiguration", told)
    told = told.get("FormatConfiguration", told.get("NumericFormatConfiguration", told))
    return told if any(key.endswith("DisplayFormatConfiguration") for key in told) else {}


def time_format(field: Mapping[str, Any]) -> str | None:
    """Give a field's format of times as strftime has it."""
    told: Mapping[str, Any] = field.get("FormatConfiguration", {})
    pattern = told.get("DateTimeFormatConfiguration", told).get("DateTimeFormat")
    if pattern is None:
        return None
    for word, code in (
        ("yyyy", "%Y"),
        ("MM", "%m"),
        ("dd", "%d"),
        ("HH", "%H"),
        ("mm", "%M"),
        ("ss", "%S"),
        ("SSS", "%f"),
    ):
        pattern = pattern.replace(word, code)
    return str(pattern)


def unit(field: Mapping[str, Any]) -> str:
    """Give the unit that a field's numbers are in."""
    told = number_format(field)
    if "PercentageDisplayFormatConfiguration" in told:
        return "%"
    return str(told.get("NumberDisplayFormatConfiguration", {}).get("Suffix", "")).strip()


def scaled(value: Any, field: Mapping[str, Any]) -> Any:
    """Give a number as a chart draws it: shares in per cent, with the decimals that the format has."""
    if value is None or isinstance(value, str | date):
        return value
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        return None
    told = number_format(field)
    if "PercentageDisplayFormatConfiguration" in told:
        number *= 100
    return round(number, _places(told, 4))


def text(value: Any, field: Mapping[str, Any]) -> str:
    """Write a value for a table or a KPI."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        pattern = time_format(field) or GRANULARITIES.get(field.get("DateGranularity", ""), "%Y-%m-%d %H:%M:%S")
        written = value.strftime(pattern)
        return written[:-3] if pattern.endswith("%f") else written
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    told = number_format(field)
    if not told:
        return f"{value:,}" if isinstance(value, int) else f"{float(value):,.6g}"
    number = scaled(value, field)
    if number is None:
        return NOTHING
    named = unit(field)
    return f"{number:,.{_places(told, 2)}f}" + (f" {named}" if named and named != "%" else named)


def _places(told: Mapping[str, Any], usual: int) -> int:
    for body in told.values():
        if "DecimalPlacesConfiguration" in body:
            return int(body["DecimalPlacesConfiguration"]["DecimalPlaces"])
    return usual
