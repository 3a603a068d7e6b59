"""Rules that look over hours of the lake at once; they raise the same alerts as the rules on the stream.

A batch rule module declares ID, VERSION, TITLE, KIND, TIER, ANSWERS, NEEDS and PARAMETERS as a rule does, and `find`:
the executions of one symbol in time order and the rule's parameters in, pieces of `Evidence` out.
"""

from types import ModuleType
from typing import Final

from surveillance.batch import circular_trading

BATCH_RULES: Final[tuple[ModuleType, ...]] = (circular_trading,)
