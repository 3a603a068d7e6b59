"""Earnings: surprises by ticker and quarter, how prices went about reports, how returns follow surprises."""

from quicksight.contracts import EARNINGS, EARNINGS_PATHS, SURPRISE_CORRELATIONS
from quicksight.fields import DAY, by, mean, most, number, share, total
from quicksight.layout import Chosen, Dashboard, Sheet
from quicksight.visuals import bars, kpi, lines, scatter, table

NAME = "earnings"


def dashboard(prefix: str) -> Dashboard:
    """Make it."""
    return Dashboard(NAME, "Earnings", (EARNINGS, EARNINGS_PATHS, SURPRISE_CORRELATIONS), (_surprises(), _reactions()))


def _surprises() -> Sheet:
    data = EARNINGS
    reports, outcome = total(data, "reports", "Reports"), by(data, "outcome", "Outcome")
    day = by(data, "report_date_at", "Reported", form=DAY)
    surprise = mean(data, "surprise_percent", "Surprise", number(1, "%"))
    return Sheet(
        "surprises",
        "Surprises",
        (
            (
                4,
                [
                    (kpi("reports", "Reports", reports), 12),
                    (kpi("last-report", "Last report", most(data, "report_date_at", "Day", DAY)), 12),
                    (
                        kpi(
                            "mean-after",
                            "Mean return of the session after",
                            mean(data, "return_1d", "Return", share(2)),
                        ),
                        12,
                    ),
                ],
            ),
            (
                11,
                [
                    (
                        bars(
                            "by-quarter",
                            "Reports by quarter and outcome",
                            by(data, "quarter", "Quarter"),
                            [reports],
                            colours=outcome,
                            stacked=True,
                        ),
                        18,
                    ),
                    (
                        bars(
                            "by-sector",
                            "Reports by sector and outcome",
                            by(data, "sector", "Sector"),
                            [reports],
                            colours=outcome,
                            across=True,
                            stacked=True,
                        ),
                        18,
                    ),
                ],
            ),
            (
                14,
                [
                    (
                        table(
                            "surprise-table",
                            "EPS against estimate, by ticker and quarter",
                            [
                                by(data, "symbol", "Symbol"),
                                by(data, "quarter", "Quarter"),
                                day,
                                outcome,
                                mean(data, "eps_estimate", "EPS estimate, $", number(2)),
                                mean(data, "eps_actual", "EPS, $", number(2)),
                                surprise,
                                mean(data, "return_1d", "Return, 1 session", share(1)),
                                mean(data, "return_10d", "Return, 10 sessions", share(1)),
                            ],
                            order=[(day, "DESC"), (by(data, "symbol", ""), "ASC")],
                            tones=[(outcome, "= 'beat'", "success"), (outcome, "= 'missed'", "danger")],
                        ),
                        36,
                    )
                ],
            ),
        ),
        filters=(
            Chosen("ticker-chosen", data, "symbol", "Symbol"),
            Chosen("quarter-chosen", data, "quarter", "Quarter"),
            Chosen("sector-chosen", data, "sector", "Sector"),
        ),
    )


def _reactions() -> Sheet:
    paths, correlations, data = EARNINGS_PATHS, SURPRISE_CORRELATIONS, EARNINGS
    return Sheet(
        "reactions",
        "Reactions of prices",
        (
            (
                13,
                [
                    (
                        lines(
                            "paths",
                            "Mean price from ten sessions before to ten after a report; the close before it is 100",
                            by(paths, "session_offset", "Sessions after the first that could react"),
                            [mean(paths, "normalised_close", "Normalised close", number(2))],
                            colours=by(paths, "outcome", "Outcome"),
                        ),
                        36,
                    )
                ],
            ),
            (
                12,
                [
                    (
                        bars(
                            "correlation",
                            "Correlation of surprise (bounded to 100 %) and return, by sessions after the report",
                            by(correlations, "sector", "Sector"),
                            [mean(correlations, "correlation_bounded", "Correlation", number(3))],
                            colours=by(correlations, "horizon_sessions", "Sessions after"),
                        ),
                        18,
                    ),
                    (
                        bars(
                            "after-outcome",
                            "Mean return after a report, by outcome and sessions after it",
                            by(correlations, "horizon_sessions", "Sessions after"),
                            [
                                mean(correlations, "mean_return_beat", "Beat", share(2)),
                                mean(correlations, "mean_return_met", "Met", share(2)),
                                mean(correlations, "mean_return_missed", "Missed", share(2)),
                            ],
                        ),
                        18,
                    ),
                ],
            ),
            (
                12,
                [
                    (
                        scatter(
                            "surprise-return",
                            "Mean surprise and mean return of the session after, by instrument",
                            mean(data, "surprise_percent", "Surprise", number(1, "%")),
                            mean(data, "return_1d", "Return, 1 session", share(2)),
                            label=by(data, "symbol", "Symbol"),
                        ),
                        36,
                    )
                ],
            ),
        ),
        filters=(
            Chosen("all-sectors", correlations, "sector", values=("all",), visuals=("after-outcome",)),
            Chosen("known-outcome", paths, "outcome", values=("beat", "met", "missed")),
            Chosen("year-chosen", paths, "year", "Year of the report"),
            Chosen("traded", data, "outcome", values=("beat", "met", "missed"), visuals=("surprise-return",)),
        ),
        note="Of instruments that have bars about the report.",
    )
