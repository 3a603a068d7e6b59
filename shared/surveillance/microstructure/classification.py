"""Who began a trade, judged from prices: 1 the buyer, −1 the seller, 0 not told.

Inputs are (n,) arrays of trades in the order of the feed, `bid` and `ask` those of the last quote before each trade
(see `prevailing`), nan where there was none. Prices are compared exactly. A missing or crossed quote judges nothing:
there the tick rule does. Each rule looks at no trade after the one it judges.

Sources: Lee and Ready, "Inferring trade direction from intraday data", Journal of Finance 46 (1991); Ellis, Michaely
and O'Hara, "The accuracy of trade classification rules", JFQA 35 (2000), EMO; Chakrabarty, Li, Nguyen and Van Ness,
"Trade classification algorithms for electronic communications networks", Journal of Banking & Finance 31 (2007), CLNV.
"""

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import Floats, Signs, floats, same_shape
from surveillance.microstructure.quoted import valid_prices


def tick_rule(price: ArrayLike) -> Signs:
    """Compare with the last different price: higher = buy, lower = sell; 0 before there was one."""
    prices = floats("price", price)
    moved = np.zeros(len(prices), np.int64)
    moved[1:] = np.where(prices[1:] != prices[:-1], np.arange(1, len(prices)), 0)
    np.maximum.accumulate(moved, out=moved)
    return _sign(prices[moved] - prices[np.maximum(moved - 1, 0)])


def quote_rule(price: ArrayLike, bid: ArrayLike, ask: ArrayLike) -> Signs:
    """Compare with the mid: above = buy, below = sell; 0 at it and without a valid quote."""
    prices, bids, asks = _taken(price, bid, ask)
    return _sign(prices - 0.5 * (bids + asks))


def lee_ready(price: ArrayLike, bid: ArrayLike, ask: ArrayLike) -> Signs:
    """Take the quote rule, and the tick rule at the mid."""
    by_quote = quote_rule(price, bid, ask)
    return np.where(by_quote != 0, by_quote, tick_rule(price))


def emo(price: ArrayLike, bid: ArrayLike, ask: ArrayLike) -> Signs:
    """Take the quote rule at the ask or at the bid, elsewhere the tick rule (in a locked market too)."""
    prices, bids, asks = _taken(price, bid, ask)
    return np.where((prices == asks) != (prices == bids), quote_rule(prices, bids, asks), tick_rule(prices))


def clnv(price: ArrayLike, bid: ArrayLike, ask: ArrayLike) -> Signs:
    """Take the quote rule within the 30 % of the spread next to ask or bid, else the tick rule.

    A price just at the end of the 30 % is within, as far as binary fractions can tell.
    """
    prices, bids, asks = _taken(price, bid, ask)
    upper = (0.7 * asks + 0.3 * bids <= prices) & (prices <= asks)
    lower = (bids <= prices) & (prices <= 0.3 * asks + 0.7 * bids)
    by_quote = quote_rule(prices, bids, asks)
    return np.where((upper != lower) & (by_quote != 0), by_quote, tick_rule(prices))


def _taken(price: ArrayLike, bid: ArrayLike, ask: ArrayLike) -> tuple[Floats, Floats, Floats]:
    prices = floats("price", price)
    bids, asks = valid_prices(bid, ask)
    same_shape(price=prices, bid=bids, ask=asks)
    return prices, bids, asks


def _sign(difference: Floats) -> Signs:
    signs: npt.NDArray[np.int8] = (difference > 0.0).astype(np.int8)
    return signs - (difference < 0.0)
