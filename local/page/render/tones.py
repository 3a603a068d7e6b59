"""Conditional formats: comparisons of one field with one value, and the colour that follows."""

import operator
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from local.page.render.wells import Field, UnknownPartError

OPERATORS: Final = {
    "=": operator.eq,
    "<>": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_CONDITION: Final = re.compile(r"(?:(\w+)\()?\{(\w+)\}\)?\s*(=|<>|>=|<=|>|<)\s*(?:'([^']*)'|(-?[\d.]+))")


def tones_of(body: Mapping[str, Any]) -> list[tuple[str | None, str, str]]:
    """List (field id or null for the only one, condition, colour) of a visual."""
    found = []
    for option in body.get("ConditionalFormatting", {}).get("ConditionalFormattingOptions", []):
        for written in option.values():
            for solid in _solids(written):
                found.append((written.get("FieldId"), solid["Expression"], solid["Color"]))
    return found


def holds(condition: str, value: Any) -> bool:
    """Say whether a condition holds for its field's value; raises `UnknownPartError` for one of another form."""
    found = _CONDITION.fullmatch(condition)
    if found is None:
        raise UnknownPartError(f"The condition {condition} is of a form that is not drawn here.")
    if value is None:
        return False
    wanted = found[4] if found[4] is not None else float(found[5])
    compared = str(value) if isinstance(wanted, str) else float(value)
    return bool(OPERATORS[found[3]](compared, wanted))


def colour_of(field: Field, value: Any, tones: list[tuple[str | None, str, str]]) -> str | None:
    """Give the colour that a value's text has, where a condition holds."""
    for identifier, condition, colour in tones:
        if identifier in (None, field.identifier) and holds(condition, value):
            return colour
    return None


def _solids(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        if "Solid" in value:
            yield value["Solid"]
        for each in value.values():
            yield from _solids(each)
