"""Feeds and data quality: is the data fresh, complete and clean, and how fast does it come."""

from quicksight.contracts import COMPLETENESS, FEED_MINUTES, QUALITY_CHECKS
from quicksight.fields import DAY, TIME, by, least, mean, most, number, share, total
from quicksight.layout import Chosen, Dashboard, Sheet
from quicksight.visuals import bars, kpi, lines, table

NAME = "feeds-and-data-quality"


def dashboard(prefix: str) -> Dashboard:
    """Make it."""
    return Dashboard(
        NAME, "Feeds and data quality", (FEED_MINUTES, COMPLETENESS, QUALITY_CHECKS), (_feeds(), _quality())
    )


def _feeds() -> Sheet:
    data = FEED_MINUTES
    venue, minute = by(data, "venue", "Venue"), by(data, "minute_at", "Minute, UTC", "MINUTE")
    kind, events = by(data, "event_type", "Type of event"), total(data, "events", "Events")
    latency = ("latency-lines",)
    return Sheet(
        "feeds",
        "Feeds",
        (
            (
                4,
                [
                    (kpi("feeds-up-to", "Newest minute landed (UTC)", most(data, "minute_at", "Minute", TIME)), 9),
                    (
                        kpi(
                            "feeds-lag",
                            "Newest minute, behind now",
                            least(data, "age_minutes", "Lag", number(0, "min")),
                            [("> 10", "danger")],
                        ),
                        9,
                    ),
                    (kpi("landed", "Events landed", events), 9),
                    (
                        kpi(
                            "missing",
                            "Messages missing in gaps",
                            total(data, "missing_messages", "Missing"),
                            [("> 0", "danger")],
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
                            "rates",
                            "Events a second, by type",
                            minute,
                            [total(data, "events_per_second", "Events a second", number(1))],
                            colours=kind,
                            area=True,
                        ),
                        18,
                    ),
                    (
                        lines(
                            latency[0],
                            "From the venue's clock to the ingester, worst type of event",
                            minute,
                            [
                                most(data, "latency_p50_ms", "Median", number(1, "ms")),
                                most(data, "latency_p95_ms", "95th percentile", number(1, "ms")),
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
                        table(
                            "freshness",
                            "Freshness by venue and type of event",
                            [
                                venue,
                                kind,
                                most(data, "minute_at", "Newest minute, UTC", TIME),
                                least(data, "age_minutes", "Behind now", number(0, "min")),
                                events,
                                mean(data, "latency_p50_ms", "Median latency", number(1, "ms")),
                                total(data, "missing_messages", "Missing"),
                            ],
                            order=[(venue, "ASC"), (kind, "ASC")],
                            tones=[(least(data, "age_minutes", ""), "> 10", "danger")],
                        ),
                        36,
                    )
                ],
            ),
        ),
        filters=(Chosen("venue-chosen", data, "venue", "Venue"),),
        note="What Firehose landed today and yesterday. Latency needs the ingester's clock, which recorded feeds lack.",
    )


def _quality() -> Sheet:
    days, checks = COMPLETENESS, QUALITY_CHECKS
    day = by(days, "date_at", "Day", "DAY")
    month = by(days, "date_at", "Month", "MONTH")
    latest = ("last-day", "last-completeness", "last-missing", "last-quarantined")
    found = total(checks, "row_count", "Rows")
    return Sheet(
        "quality",
        "Completeness and quality",
        (
            (
                4,
                [
                    (kpi(latest[0], "Last session", most(days, "date_at", "Day", DAY)), 9),
                    (
                        kpi(
                            latest[1],
                            "Bars present of those expected",
                            mean(days, "completeness", "Completeness", share(2)),
                            [("< 0.99", "danger")],
                        ),
                        9,
                    ),
                    (kpi(latest[2], "Bars missing", total(days, "bars_missing", "Missing"), [("> 0", "warning")]), 9),
                    (
                        kpi(
                            latest[3],
                            "Bars quarantined",
                            total(days, "bars_quarantined", "Quarantined"),
                            [("> 0", "warning")],
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
                            "completeness",
                            "Completeness of daily bars",
                            day,
                            [mean(days, "completeness", "Completeness", share(2))],
                        ),
                        18,
                    ),
                    (
                        bars(
                            "bars-touched",
                            "Bars flagged, repaired and quarantined, by month",
                            month,
                            [
                                total(days, "bars_flagged", "Flagged"),
                                total(days, "bars_repaired", "Repaired"),
                                total(days, "bars_quarantined", "Quarantined"),
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
                            "by-check",
                            "Rows by check and outcome",
                            by(checks, "check_name", "Check"),
                            [found],
                            colours=by(checks, "outcome", "Outcome"),
                            across=True,
                            stacked=True,
                        ),
                        18,
                    ),
                    (
                        table(
                            "worst-days",
                            "Days with missing bars",
                            [
                                by(days, "date_at", "Day", "DAY"),
                                total(days, "bars_missing", "Missing"),
                                total(days, "bars_expected", "Expected"),
                                total(days, "messages_missing", "Messages missing"),
                            ],
                            order=[(total(days, "bars_missing", ""), "DESC")],
                        ),
                        18,
                    ),
                ],
            ),
        ),
        filters=(
            Chosen("lacking-days", days, "lacks_bars", number=1, visuals=("worst-days",)),
            Chosen("last-day-only", days, "is_latest", number=1, visuals=latest),
            Chosen("outcome-chosen", checks, "outcome", "Outcome of checks"),
        ),
    )
