"""Microstructure: spreads, impact, depth, order flow, trade direction, volatility and correlation, over arrays.

Times are integers, ns; prices and sizes in the instrument's units; directions 1 buy, −1 sell, 0 unknown. Undefined is
nan. What can't be meant raises InputError with one sentence (see `inputs`); states of the market are values.
"""

from surveillance.microstructure.asynchronous import LeadLag, hayashi_yoshida, lead_lag
from surveillance.microstructure.bars_spread import edge
from surveillance.microstructure.classification import clnv, emo, lee_ready, quote_rule, tick_rule
from surveillance.microstructure.clustering import Clustering, arch_lm, ljung_box
from surveillance.microstructure.correlation import correlation_break, grid_correlation, on_grid, pairs_of
from surveillance.microstructure.depth import book_imbalance, depth_of_levels, depth_within
from surveillance.microstructure.gathering import Gathered, gather
from surveillance.microstructure.illiquidity import amihud
from surveillance.microstructure.kyle import kyle_lambda
from surveillance.microstructure.liquidity_score import liquidity_score
from surveillance.microstructure.one_pass import HORIZONS_NS, Minutes, Quotes, Trades, measure
from surveillance.microstructure.order_flow import order_flow_imbalance
from surveillance.microstructure.over_time import time_weighted
from surveillance.microstructure.prevailing import met, mid_after, quotes_before
from surveillance.microstructure.quoted import in_bp, mid_price, quoted_spread
from surveillance.microstructure.roll import roll_spread
from surveillance.microstructure.spreads import effective_spread, price_impact, realised_spread
from surveillance.microstructure.toxicity import bucket_changes, buy_share, vpin
from surveillance.microstructure.volatility import log_returns, realised_variance, realised_volatility

__all__ = [
    "HORIZONS_NS",
    "Clustering",
    "Gathered",
    "LeadLag",
    "Minutes",
    "Quotes",
    "Trades",
    "amihud",
    "arch_lm",
    "book_imbalance",
    "bucket_changes",
    "buy_share",
    "clnv",
    "correlation_break",
    "depth_of_levels",
    "depth_within",
    "edge",
    "effective_spread",
    "emo",
    "gather",
    "grid_correlation",
    "hayashi_yoshida",
    "in_bp",
    "kyle_lambda",
    "lead_lag",
    "lee_ready",
    "liquidity_score",
    "ljung_box",
    "log_returns",
    "measure",
    "met",
    "mid_after",
    "mid_price",
    "on_grid",
    "order_flow_imbalance",
    "pairs_of",
    "price_impact",
    "quote_rule",
    "quoted_spread",
    "quotes_before",
    "realised_spread",
    "realised_variance",
    "realised_volatility",
    "roll_spread",
    "tick_rule",
    "time_weighted",
    "vpin",
]
