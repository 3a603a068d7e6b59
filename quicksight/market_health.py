"""Market health: breadth, sectors and segments, the largest, 30-day lines, top and worst, how sectors move together."""

from quicksight.contracts import MARKET_HEALTH, MEGA_CAPS, SECTOR_CORRELATIONS, TOP_AND_WORST
from quicksight.fields import DAY, by, mean, most, number, share, total
from quicksight.layout import Chosen, Dashboard, Sheet
from quicksight.visuals import bars, combo, heat_map, kpi, lines, table

NAME = "market-health"


def dashboard(prefix: str) -> Dashboard:
    """Make it."""
    return Dashboard(
        NAME,
        "Market health",
        (MARKET_HEALTH, TOP_AND_WORST, MEGA_CAPS, SECTOR_CORRELATIONS),
        (_market(), _groups(), _movers()),
    )


def _market() -> Sheet:
    data = MARKET_HEALTH
    day = by(data, "date_at", "Session", "DAY")
    latest = ("session-day", "advancing", "declining", "above-50", "above-200")
    return Sheet(
        "market",
        "Market",
        (
            (
                4,
                [
                    (kpi(latest[0], "Last session", most(data, "date_at", "Session", DAY)), 8),
                    (kpi(latest[1], "Advancing", total(data, "advancers", "Advancing")), 7),
                    (kpi(latest[2], "Declining", total(data, "decliners", "Declining")), 7),
                    (
                        kpi(
                            latest[3],
                            "Above their 50-session average",
                            mean(data, "share_above_sma_50", "Share", share()),
                        ),
                        7,
                    ),
                    (
                        kpi(
                            latest[4],
                            "Above their 200-session average",
                            mean(data, "share_above_sma_200", "Share", share()),
                        ),
                        7,
                    ),
                ],
            ),
            (
                11,
                [
                    (
                        combo(
                            "breadth",
                            "Breadth: advancing, declining, and the 30-session advance-decline line",
                            day,
                            [total(data, "advancers", "Advancing"), total(data, "decliners", "Declining")],
                            [total(data, "advance_decline_30d", "Advance-decline, 30 sessions")],
                        ),
                        36,
                    )
                ],
            ),
            (
                11,
                [
                    (
                        lines(
                            "above-averages",
                            "Share of instruments above their averages",
                            day,
                            [
                                mean(data, "share_above_sma_50", "50 sessions", share()),
                                mean(data, "share_above_sma_200", "200 sessions", share()),
                                mean(data, "share_above_sma_50_30d", "50 sessions, 30-session mean", share()),
                            ],
                        ),
                        18,
                    ),
                    (
                        lines(
                            "mean-return",
                            "Sum of mean daily returns over 30 sessions",
                            day,
                            [mean(data, "mean_return_30d", "30 sessions", share(2))],
                        ),
                        18,
                    ),
                ],
            ),
        ),
        filters=(
            Chosen("whole-market", data, "group_kind", values=("market",)),
            Chosen("last-session", data, "is_latest", number=1, visuals=latest),
        ),
        note="Equally weighted means of all instruments that traded.",
    )


def _groups() -> Sheet:
    data = MARKET_HEALTH
    name = by(data, "group_name", "Sector")
    sectors = ("sector-returns", "sector-breadth", "sector-lines")
    segments = ("segment-returns", "segment-breadth")
    returns = [
        mean(data, "mean_return_1d", "1 session", share(2)),
        mean(data, "mean_return_20d", "20 sessions", share(2)),
    ]
    above = [
        mean(data, "share_above_sma_50", "50 sessions", share()),
        mean(data, "share_above_sma_200", "200 sessions", share()),
    ]
    segment = by(data, "group_name", "Segment")
    correlation = heat_map(
        "sector-correlation",
        "Correlation of sectors' daily returns, mean of the last twelve months",
        by(SECTOR_CORRELATIONS, "sector", "Sector"),
        by(SECTOR_CORRELATIONS, "other_sector", "Sector"),
        mean(SECTOR_CORRELATIONS, "correlation", "Correlation"),
        bounds=(-1, 1),
    )
    return Sheet(
        "groups",
        "Sectors and segments",
        (
            (
                12,
                [
                    (bars(sectors[0], "Mean return by sector, last session", name, returns, across=True), 18),
                    (bars(sectors[1], "Share above their averages by sector", name, above, across=True), 18),
                ],
            ),
            (
                12,
                [
                    (
                        lines(
                            sectors[2],
                            "Sum of mean daily returns over 30 sessions, by sector",
                            by(data, "date_at", "Session", "DAY"),
                            [mean(data, "mean_return_30d", "30 sessions", share(2))],
                            colours=name,
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
                            segments[0], "Mean return by capitalisation and liquidity", segment, returns, colours=None
                        ),
                        18,
                    ),
                    (
                        bars(segments[1], "Share above their averages by capitalisation and liquidity", segment, above),
                        18,
                    ),
                ],
            ),
            (14, [(correlation, 36)]),
        ),
        filters=(
            Chosen("of-sectors", data, "group_kind", values=("sector",), visuals=sectors),
            Chosen("of-segments", data, "group_kind", values=("capitalisation", "liquidity"), visuals=segments),
            Chosen("groups-last-session", data, "is_latest", number=1, visuals=(*sectors[:2], *segments)),
        ),
    )


def _movers() -> Sheet:
    ranked, large = TOP_AND_WORST, MEGA_CAPS
    place = by(ranked, "place", "Place")

    def listed(name: str, title: str) -> dict[str, object]:
        return table(
            name,
            title,
            [
                by(ranked, "horizon", "Over"),
                place,
                by(ranked, "symbol", "Symbol"),
                by(ranked, "name", "Name"),
                by(ranked, "sector", "Sector"),
                most(ranked, "close", "Close, adjusted", number(2)),
                most(ranked, "return_over_horizon", "Return", share(1)),
            ],
            order=[(by(ranked, "horizon", ""), "ASC"), (place, "ASC")],
        )

    return Sheet(
        "movers",
        "Largest, top and worst",
        (
            (
                12,
                [
                    (
                        lines(
                            "largest-lines",
                            "The ten largest over 60 sessions, first close = 100",
                            by(large, "date_at", "Session", "DAY"),
                            [mean(large, "indexed_close", "Indexed close", number(1))],
                            colours=by(large, "symbol", "Symbol"),
                        ),
                        22,
                    ),
                    (
                        table(
                            "largest",
                            "The ten largest",
                            [
                                by(large, "place", "Place"),
                                by(large, "symbol", "Symbol"),
                                by(large, "ranked_by", "Ranked by"),
                                most(large, "return_1d", "1 session", share(1)),
                                most(large, "return_20d", "20 sessions", share(1)),
                                most(large, "return_60d", "60 sessions", share(1)),
                            ],
                            order=[(by(large, "place", ""), "ASC")],
                        ),
                        14,
                    ),
                ],
            ),
            (
                14,
                [
                    (listed("top", "Best returns up to the last session"), 18),
                    (listed("worst", "Worst returns up to the last session"), 18),
                ],
            ),
        ),
        filters=(
            Chosen("only-top", ranked, "direction", values=("top",), visuals=("top",)),
            Chosen("only-worst", ranked, "direction", values=("worst",), visuals=("worst",)),
            Chosen("largest-last", large, "is_latest", number=1, visuals=("largest",)),
            Chosen("horizon-chosen", ranked, "horizon", "Horizon"),
        ),
    )
