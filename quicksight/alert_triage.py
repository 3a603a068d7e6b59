"""Alert triage: what is open, how grave, how old; and the story and evidence of one alert."""

from quicksight.actions import GoTo, Open
from quicksight.contracts import ALERT_DAYS, ALERT_EVIDENCE, FRESH_ALERTS, Kind
from quicksight.fields import TIME, by, count, least, mean, most, number, total
from quicksight.layout import Choice, Chosen, Dashboard, Sheet
from quicksight.visuals import bars, heat_map, kpi, scatter, table

NAME = "alert-triage"
CLOSED_HINT = "Direct query over what Firehose landed today and yesterday; Firehose holds alerts up to 60 seconds."


def dashboard(prefix: str) -> Dashboard:
    """Make it; `prefix` begins the ids of dashboards."""
    return Dashboard(
        NAME, "Alert triage", (FRESH_ALERTS, ALERT_EVIDENCE, ALERT_DAYS), (_open_alerts(), _one_alert(prefix), _days())
    )


def _open_alerts() -> Sheet:
    fresh = FRESH_ALERTS
    alerts = total(fresh, "is_open", "Open alerts")
    alert, severity = by(fresh, "alert_id", "Alert"), by(fresh, "severity", "Severity")
    age, rank = by(fresh, "age_minutes", "Age, min"), by(fresh, "severity_rank", "Rank")
    to_alert = GoTo("Story and evidence", "alert", {"AlertId": alert})
    score = mean(fresh, "score", "Score", number(2))
    queue = table(
        "open-queue",
        "Open alerts, gravest and oldest first",
        [
            severity,
            rank,
            by(fresh, "rule", "Rule"),
            by(fresh, "symbol", "Symbol"),
            by(fresh, "status", "Status"),
            age,
            by(fresh, "story", "What happened"),
            alert,
            score,
        ],
        order=[(rank, "DESC"), (age, "DESC")],
        tones=[(severity, "= 'critical'", "danger"), (severity, "= 'high'", "warning")],
        click=to_alert,
    )
    summary = (
        kpi("open-now", "Open alerts", alerts),
        kpi("grave-now", "Open, high or critical", total(fresh, "is_grave", "Grave"), [("> 0", "danger")]),
        kpi(
            "oldest-open",
            "Oldest open alert",
            most(fresh, "age_minutes", "Age", number(0, "min")),
            [("> 240", "warning")],
        ),
        kpi("landed-up-to", "Newest alert landed (UTC)", most(fresh, "detected_at", "Detected", TIME)),
        kpi("landing-lag", "Newest alert landed, behind now", least(fresh, "age_minutes", "Lag", number(0, "min"))),
    )
    return Sheet(
        "open-alerts",
        "Open alerts",
        (
            (4, [(summary[0], 7), (summary[1], 7), (summary[2], 7), (summary[3], 8), (summary[4], 7)]),
            (
                12,
                [
                    (bars("by-severity", "Open alerts by severity", severity, [alerts], by_value=True), 9),
                    (
                        bars(
                            "by-rule", "Open alerts by rule", by(fresh, "rule", "Rule"), [alerts], across=True, top=15
                        ),
                        9,
                    ),
                    (
                        bars(
                            "by-symbol",
                            "Open alerts by symbol",
                            by(fresh, "symbol", "Symbol"),
                            [alerts],
                            across=True,
                            top=15,
                        ),
                        9,
                    ),
                    (bars("by-age", "Open alerts by age", by(fresh, "age_band", "Age"), [alerts]), 9),
                ],
            ),
            (
                10,
                [
                    (
                        heat_map(
                            "rule-by-hour",
                            "Alerts by rule and hour of detection (UTC)",
                            by(fresh, "rule", "Rule"),
                            by(fresh, "hour_of_day", "Hour, UTC"),
                            count(fresh, "alert_id", "Alerts"),
                        ),
                        36,
                    )
                ],
            ),
            (14, [(queue, 36)]),
        ),
        filters=(
            Chosen("severity-chosen", fresh, "severity", "Severity"),
            Chosen("rule-chosen", fresh, "rule", "Rule"),
            Chosen("symbol-chosen", fresh, "symbol", "Symbol"),
            Chosen(
                "only-open",
                fresh,
                "is_open",
                number=1,
                visuals=("oldest-open", "open-queue", "by-severity", "by-rule", "by-symbol", "by-age"),
            ),
        ),
        note=CLOSED_HINT,
    )


def _one_alert(prefix: str) -> Sheet:
    fresh, evidence = FRESH_ALERTS, ALERT_EVIDENCE
    symbol = by(fresh, "symbol", "Symbol")
    story = table(
        "alert-story",
        "The alert",
        [
            by(fresh, "rule", "Rule"),
            by(fresh, "severity", "Severity"),
            symbol,
            by(fresh, "venue", "Venue"),
            by(fresh, "accounts", "Accounts"),
            by(fresh, "detected_at", "Detected, UTC", form=TIME),
            by(fresh, "order_count", "Orders"),
            by(fresh, "trade_count", "Trades"),
            by(fresh, "status", "Status"),
            by(fresh, "explanation", "Story"),
            by(fresh, "evidence_uri", "All evidence"),
        ],
        click=Open("The instrument's chart", f"{prefix}-instrument", {"Symbol": "symbol"}),
    )
    rows = table(
        "alert-evidence",
        "Evidence: orders and trades the alert names",
        [
            by(evidence, "happened_at", "Time, UTC", form="yyyy-MM-dd HH:mm:ss.SSS"),
            by(evidence, "what", "Message"),
            by(evidence, "side", "Side"),
            by(evidence, "account", "Account"),
            by(evidence, "price", "Price"),
            by(evidence, "size", "Size"),
            by(evidence, "order_id", "Order"),
            by(evidence, "trade_id", "Trade"),
        ],
        order=[(by(evidence, "happened_at", "Time, UTC"), "ASC")],
    )
    picture = scatter(
        "alert-picture",
        "Evidence: price over time",
        by(evidence, "seconds_after_start", "Seconds after the first evidence"),
        by(evidence, "price", "Price"),
        colours=by(evidence, "what", "Message"),
    )
    return Sheet(
        "alert",
        "One alert",
        ((6, [(story, 36)]), (12, [(picture, 36)]), (14, [(rows, 36)])),
        choices=(Choice("AlertId", "Alert", Kind.STRING, "-", (evidence,)),),
        filters=(Chosen("this-alert", fresh, "alert_id", parameter="AlertId"),),
    )


def _days() -> Sheet:
    days = ALERT_DAYS
    alerts = total(days, "alerts", "Alerts")
    return Sheet(
        "days",
        "By day",
        (
            (
                12,
                [
                    (
                        bars(
                            "alerts-a-day",
                            "Alerts a day by severity",
                            by(days, "date_at", "Day, UTC", "DAY"),
                            [alerts],
                            colours=by(days, "severity", "Severity"),
                            stacked=True,
                        ),
                        36,
                    )
                ],
            ),
            (
                12,
                [
                    (
                        table(
                            "decided",
                            "What analysts decided, by rule",
                            [
                                by(days, "rule", "Rule"),
                                alerts,
                                total(days, "undecided", "Undecided"),
                                total(days, "closed_true", "Closed, true"),
                                total(days, "closed_false", "Closed, false"),
                            ],
                            order=[(alerts, "DESC")],
                        ),
                        36,
                    )
                ],
            ),
        ),
    )
