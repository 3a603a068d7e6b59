"""Rules that look over hours of the lake at once; they raise the same alerts as the rules on the stream.

A batch rule module declares ID, VERSION, TITLE, KIND, TIER, ANSWERS, NEEDS and PARAMETERS as a rule does, SCOPE, and
`find`. With SCOPE `symbol` it is given the executions of one symbol in time order and the rule's parameters, and gives
pieces of `Evidence`. With SCOPE `market` it compares symbols: it is given `Records` and the parameters by symbol, and
gives (symbol, evidence).
"""

from types import ModuleType
from typing import Final

from surveillance.batch import circular_trading, cross_product_spoofing, insider_trading

BATCH_RULES: Final[tuple[ModuleType, ...]] = (circular_trading, cross_product_spoofing, insider_trading)
