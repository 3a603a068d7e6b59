"""Microstructure: spreads, depth, imbalance and toxicity of one instrument's last session, by minute."""

from quicksight.contracts import INTRADAY, Kind
from quicksight.fields import TIME, by, mean, most, number, total
from quicksight.layout import Choice, Dashboard, Sheet
from quicksight.visuals import bars, kpi, lines

NAME = "microstructure"


def dashboard(prefix: str) -> Dashboard:
    """Make it."""
    data = INTRADAY
    minute = by(data, "minute_at", "Minute, UTC", "MINUTE")
    basis = number(2, "bp")
    sheet = Sheet(
        "microstructure",
        "Microstructure",
        (
            (
                4,
                [
                    (kpi("session-up-to", "Newest minute (UTC)", most(data, "minute_at", "Minute", TIME)), 9),
                    (kpi("mean-spread", "Mean quoted spread", mean(data, "quoted_spread_bp", "Spread", basis)), 9),
                    (kpi("mean-vpin", "Mean VPIN", mean(data, "vpin", "VPIN", number(3))), 9),
                    (
                        kpi(
                            "mean-ratio",
                            "Order messages a trade",
                            mean(data, "order_to_trade_ratio", "Ratio", number(1)),
                        ),
                        9,
                    ),
                ],
            ),
            (
                11,
                [
                    (
                        lines(
                            "spreads",
                            "Spreads and price impact",
                            minute,
                            [
                                mean(data, "quoted_spread_bp", "Quoted", basis),
                                mean(data, "effective_spread_bp", "Effective", basis),
                                mean(data, "realised_spread_bp", "Realised", basis),
                                mean(data, "price_impact_bp", "Price impact", basis),
                            ],
                        ),
                        18,
                    ),
                    (
                        lines(
                            "depth",
                            "Depth at the best prices",
                            minute,
                            [
                                mean(data, "bid_depth", "Bid", number(0, "shares")),
                                mean(data, "ask_depth", "Ask", number(0, "shares")),
                            ],
                        ),
                        18,
                    ),
                ],
            ),
            (
                11,
                [
                    (
                        bars(
                            "imbalance",
                            "Order-flow imbalance",
                            minute,
                            [mean(data, "order_flow_imbalance", "Imbalance")],
                        ),
                        12,
                    ),
                    (
                        lines(
                            "vpin",
                            "VPIN: volume-synchronised probability of informed trading",
                            minute,
                            [mean(data, "vpin", "VPIN", number(3))],
                        ),
                        12,
                    ),
                    (lines("lambda", "Kyle's lambda", minute, [mean(data, "kyle_lambda", "Lambda", number(6))]), 12),
                ],
            ),
            (
                11,
                [
                    (
                        bars(
                            "tape",
                            "Trades and order messages a minute",
                            minute,
                            [total(data, "trades", "Trades"), total(data, "order_messages", "Order messages")],
                        ),
                        18,
                    ),
                    (lines("liquidity", "Liquidity score", minute, [mean(data, "liquidity_score", "Score")]), 18),
                ],
            ),
        ),
        choices=(Choice("Symbol", "Symbol", Kind.STRING, "SIM000", (data,)),),
        note="The last session that has any minutes.",
    )
    return Dashboard(NAME, "Microstructure", (data,), (sheet,))
