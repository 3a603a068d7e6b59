"""Instrument: candles of any interval with indicators of any window; alerts and analysts' grades marked."""

from quicksight import analyst_grades
from quicksight.actions import Open
from quicksight.candlestick import candlestick
from quicksight.contracts import ALERT_HISTORY, GRADES, INSTRUMENT_BARS, INSTRUMENTS, Kind
from quicksight.fields import DAY, TIME, by, most, number, share
from quicksight.layout import Choice, Chosen, Dashboard, Sheet
from quicksight.theme import DOWN, SERIES
from quicksight.visuals import combo, highcharts, lines, table

NAME = "instrument"
PRICES = ("open", "high", "low", "close", "body_low", "body_high", "moving_average", "upper_band", "lower_band")
VALUES = (*PRICES, "volume", "alert_mark", "grade_mark")


def dashboard(prefix: str) -> Dashboard:
    """Make it."""
    data = INSTRUMENT_BARS
    bar, direction = by(data, "bar_label", "Bar"), by(data, "direction", "Direction")
    candles = candlestick(
        VALUES,
        {
            "moving_average": "Moving average",
            "upper_band": "Upper Bollinger band",
            "lower_band": "Lower Bollinger band",
        },
        marks={
            "alert_mark": ("Alerts", "triangle-down", DOWN),
            "grade_mark": ("Analysts' grades", "diamond", SERIES[3]),
        },
        volume="volume",
        price_title="Price, adjusted",
    )
    alerts = table(
        "alerts-of-it",
        "Alerts about it",
        [
            by(ALERT_HISTORY, "detected_at", "Detected, UTC", form=TIME),
            by(ALERT_HISTORY, "rule", "Rule"),
            by(ALERT_HISTORY, "severity", "Severity"),
            by(ALERT_HISTORY, "status", "Status"),
        ],
        order=[(by(ALERT_HISTORY, "detected_at", ""), "DESC")],
    )
    grades = table(
        "grades-of-it",
        "Analysts' grades of it; a click opens Analyst grades",
        [
            by(GRADES, "date_at", "Day", form=DAY),
            by(GRADES, "symbol", "Symbol"),
            by(GRADES, "firm", "Firm"),
            by(GRADES, "previous_grade", "From"),
            by(GRADES, "new_grade", "To"),
        ],
        order=[(by(GRADES, "date_at", ""), "DESC")],
        click=Open("Analyst grades", f"{prefix}-{analyst_grades.NAME}", {"Symbol": "symbol"}),
    )
    sheet = Sheet(
        "instrument",
        "Instrument",
        (
            (
                19,
                [
                    (
                        highcharts(
                            "candles",
                            "Candlesticks, moving average, Bollinger bands, volume, alerts and grades",
                            [bar, direction],
                            [most(data, name, name.replace("_", " "), number(4)) for name in VALUES],
                            candles,
                        ),
                        36,
                    )
                ],
            ),
            (
                10,
                [
                    (
                        combo(
                            "macd",
                            "MACD 12, 26, 9",
                            bar,
                            [most(data, "macd_histogram", "Histogram", number(3))],
                            [most(data, "macd", "MACD", number(3)), most(data, "macd_signal", "Signal", number(3))],
                            one_axis=True,
                        ),
                        18,
                    ),
                    (lines("rsi", "RSI 14, from 0 to 100", bar, [most(data, "rsi_14", "RSI", number(1))]), 9),
                    (
                        lines(
                            "percent-b",
                            "Place between the Bollinger bands",
                            bar,
                            [most(data, "percent_b", "%B", share())],
                        ),
                        9,
                    ),
                ],
            ),
            (10, [(alerts, 18), (grades, 18)]),
        ),
        choices=(
            Choice("Symbol", "Symbol", Kind.STRING, "AAPL", (data,), from_column=(INSTRUMENTS, "symbol")),
            Choice("BarInterval", "Bars", Kind.STRING, "day", (data,), values=("day", "week", "month")),
            Choice("Window", "Window of averages, bars", Kind.INTEGER, 20, (data,), bounds=(2, 250, 1)),
            Choice("BandWidth", "Bands, standard deviations", Kind.DECIMAL, 2.0, (data,), bounds=(0.5, 5, 0.5)),
            Choice("Bars", "Bars shown", Kind.INTEGER, 180, (data,), bounds=(20, 1250, 10)),
        ),
        filters=(
            Chosen("alerts-by-symbol", ALERT_HISTORY, "symbol", parameter="Symbol"),
            Chosen("grades-by-symbol", GRADES, "symbol", parameter="Symbol"),
        ),
        note="Prices adjusted for splits and dividends; one bar a session, week or month.",
    )
    return Dashboard(NAME, "Instrument", (data, INSTRUMENTS, ALERT_HISTORY, GRADES), (sheet,))
