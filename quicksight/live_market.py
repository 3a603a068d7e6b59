"""Live market: how fast the tape runs, candles by the minute, what is most active, what moved."""

from quicksight.candlestick import candlestick
from quicksight.contracts import LIVE_MINUTES, Kind
from quicksight.fields import TIME, by, count, most, number, share, total
from quicksight.layout import Choice, Chosen, Dashboard, Sheet
from quicksight.visuals import bars, highcharts, kpi, lines, table

NAME = "live-market"
VALUES = ("low", "high", "body_low", "body_high", "moving_average", "volume")


def dashboard(prefix: str) -> Dashboard:
    """Make it."""
    data = LIVE_MINUTES
    minute, symbol = by(data, "minute_at", "Minute, UTC", "MINUTE"), by(data, "symbol", "Symbol")
    trades = total(data, "trades", "Trades")
    newest = ("trades-now", "messages-now")
    candles = candlestick(VALUES, {"moving_average": "Moving average"}, volume="volume", price_title="Price")
    sheet = Sheet(
        "live",
        "Live market",
        (
            (
                4,
                [
                    (kpi("up-to", "Newest minute landed (UTC)", most(data, "minute_at", "Minute", TIME)), 9),
                    (kpi(newest[0], "Trades in the newest minute", trades), 9),
                    (
                        kpi(
                            newest[1], "Order messages in the newest minute", total(data, "order_messages", "Messages")
                        ),
                        9,
                    ),
                    (kpi("symbols-seen", "Symbols with events", count(data, "symbol", "Symbols")), 9),
                ],
            ),
            (
                11,
                [
                    (lines("velocity", "Trades a minute, by symbol", minute, [trades], colours=symbol, area=True), 18),
                    (
                        lines(
                            "messages",
                            "Messages a minute",
                            minute,
                            [total(data, "order_messages", "Order messages"), total(data, "quotes", "Quotes"), trades],
                        ),
                        18,
                    ),
                ],
            ),
            (
                17,
                [
                    (
                        highcharts(
                            "minute-candles",
                            "Candlesticks of one minute, moving average, volume",
                            [by(data, "minute_label", "Minute, UTC"), by(data, "direction", "Direction")],
                            [most(data, name, name.replace("_", " "), number(4)) for name in VALUES],
                            candles,
                        ),
                        36,
                    )
                ],
            ),
            (
                11,
                [
                    (
                        bars(
                            "most-active",
                            "Most active: shares traded",
                            symbol,
                            [total(data, "volume", "Shares")],
                            across=True,
                            top=15,
                        ),
                        12,
                    ),
                    (
                        bars(
                            "most-money",
                            "Most active: money traded",
                            symbol,
                            [total(data, "notional", "Money")],
                            across=True,
                            top=15,
                        ),
                        12,
                    ),
                    (
                        table(
                            "movers",
                            "Movers: since the first print shown",
                            [
                                symbol,
                                most(data, "return_shown", "Return", share(2)),
                                trades,
                                total(data, "volume", "Shares"),
                            ],
                            order=[(most(data, "return_shown", ""), "DESC")],
                            tones=[
                                (most(data, "return_shown", ""), "> 0", "success"),
                                (most(data, "return_shown", ""), "< 0", "danger"),
                            ],
                        ),
                        12,
                    ),
                ],
            ),
        ),
        choices=(
            Choice("Symbol", "Symbol of the candles", Kind.STRING, "SIM000", from_column=(data, "symbol")),
            Choice("Window", "Window of the average, minutes", Kind.INTEGER, 20, (data,), bounds=(2, 120, 1)),
        ),
        filters=(
            Chosen("last-hours", data, "in_window", number=1),
            Chosen("newest-minute", data, "recency_minutes", number=0, visuals=newest),
            Chosen("candles-symbol", data, "symbol", parameter="Symbol", visuals=("minute-candles",)),
        ),
        note="Direct query over what Firehose landed: up to 5 minutes behind the market. The last two hours.",
    )
    return Dashboard(NAME, "Live market", (data,), (sheet,))
