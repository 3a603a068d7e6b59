"""Rule parameters: declared by rules, set by TOML layers, effective per asset class and venue."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from surveillance.alerts import COOL_DOWN_S, identifier
from surveillance.errors import ParameterError

Layer = Mapping[str, Any]


class Parameter(msgspec.Struct, frozen=True):
    """One number a rule can be tuned by. Names end in their unit of time (`_s`, `_ms`) or say it otherwise."""

    name: str
    default: float
    unit: str
    minimum: float
    maximum: float
    meaning: str = ""


COMMON: Final = (
    Parameter("enabled", 1, "flag", 0, 1, "whether the rule runs"),
    Parameter("cool_down_s", COOL_DOWN_S, "s", 0, 1800, "how long after its last evidence an episode can go on"),
)


class Parameters:
    """All rules' values under layers of TOML; in a layer plain tables, then asset class, then venue; later wins."""

    def __init__(self, declared: Mapping[str, Sequence[Parameter]], layers: Iterable[Layer] = ()) -> None:
        self._declared = {rule: (*own, *COMMON) for rule, own in declared.items()}
        self._layers = tuple(layers)
        for layer in self._layers:
            self._check(layer)

    def effective(self, rule: str, asset_class: str | None = None, venue: str | None = None) -> dict[str, float]:
        """Give every parameter of a rule as it applies to an asset class and a venue."""
        values = {parameter.name: float(parameter.default) for parameter in self._declared[rule]}
        for layer in self._layers:
            for table in (
                layer.get(rule, {}),
                layer.get("asset_class", {}).get(asset_class, {}).get(rule, {}),
                layer.get("venue", {}).get(venue, {}).get(rule, {}),
            ):
                values.update({name: float(value) for name, value in table.items()})
        return values

    def hash(self, rule: str, asset_class: str | None = None, venue: str | None = None) -> str:
        """Hash the effective values of one rule."""
        return identifier(*sorted(self.effective(rule, asset_class, venue).items()))[:12]

    def venues(self) -> tuple[str, ...]:
        """Give the venues that any layer names, sorted."""
        return tuple(sorted({venue for layer in self._layers for venue in layer.get("venue", {})}))

    def declared(self, rule: str) -> tuple[Parameter, ...]:
        """Give a rule's parameters with the common ones."""
        return self._declared[rule]

    def _check(self, layer: Layer) -> None:
        for name, table in layer.items():
            if name in ("asset_class", "venue"):
                for group, rules in table.items():
                    for rule, values in _tables(rules, f"{name}.{group}"):
                        self._check_rule(rule, values, f"{name}.{group}.{rule}")
            else:
                self._check_rule(name, table, name)

    def _check_rule(self, rule: str, values: Any, title: str) -> None:
        if rule not in self._declared:
            raise ParameterError(f"[{title}] is no rule{_hint(rule, self._declared)}.")
        declared = {parameter.name: parameter for parameter in self._declared[rule]}
        for name, value in _tables(values, title):
            parameter = declared.get(name)
            if parameter is None:
                raise ParameterError(f"[{title}] has no parameter {name}{_hint(name, declared)}.")
            if not isinstance(value, int | float):
                raise ParameterError(f"[{title}] {name} must be a number, not {value!r}.")
            if not parameter.minimum <= value <= parameter.maximum:
                bounds = f"{parameter.minimum:g} to {parameter.maximum:g} {parameter.unit}"
                raise ParameterError(f"[{title}] {name} = {value} lies outside {bounds}.")


def _tables(table: Any, title: str) -> Iterable[tuple[str, Any]]:
    if not isinstance(table, Mapping):
        raise ParameterError(f"{title} must be a table.")
    return table.items()


def _hint(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), 1)
    return f" (did you mean {close[0]}?)" if close else ""


def read_layer(text: str, source: str = "the parameter file") -> Layer:
    """Parse TOML text."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(f"{source} is not TOML: {error}.") from error
