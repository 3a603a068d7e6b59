"""Which parameters there are: those of the rules on the stream, and those of batch rules where somebody sets one.

Importing batch rules costs a tenth of a second, which a detecting function does without.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import surveillance.engine  # noqa: F401 - the rules can't be imported before it
from surveillance.declared.definition import ParametersWithRules
from surveillance.metric_parameters import TABLE as METRICS
from surveillance.parameters import Layer, Parameter
from surveillance.rules import RULES

_GROUPS = ("asset_class", "venue", METRICS)


def parameters_under(layers: Iterable[Layer], *, batch: bool = False) -> ParametersWithRules:
    """Give the parameters under layers, which may set those of batch rules and declare rules of their own.

    Raises `ParameterError`.
    """
    listed = tuple(layers)
    declared: dict[str, Sequence[Parameter]] = {rule.ID: rule.PARAMETERS for rule in RULES}
    if batch or any(name not in declared for layer in listed for name in _tables(layer)):
        from surveillance.batch import BATCH_RULES

        declared |= {rule.ID: rule.PARAMETERS for rule in BATCH_RULES}
    return ParametersWithRules(declared, listed, [rule.ID for rule in RULES])


def _tables(layer: Layer) -> Iterator[str]:
    for name, table in layer.items():
        if name not in _GROUPS:
            yield name
        elif isinstance(table, Mapping):
            for rules in table.values():
                yield from rules if isinstance(rules, Mapping) else ()
