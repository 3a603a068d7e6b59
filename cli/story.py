"""One alert told in text."""

from collections.abc import Iterator, Mapping

from surveillance.alerts import Alert

from cli.times import utc


def lines(alert: Alert) -> Iterator[str]:
    """Give what, who, when and why, then figures beside their thresholds, then what the record lacks."""
    candidate = ", a candidate only" if alert.candidate else ""
    venue = f" on {alert.venue}" if alert.venue else ""
    yield f"{alert.rule} in {alert.symbol}{venue}: {alert.severity} (score {alert.score:.2f}){candidate}"
    yield f"alert {alert.alert_id}, revision {alert.revision}, status {alert.status}"
    yield f"{utc(alert.start_ts)} to {utc(alert.end_ts)} UTC, detected {utc(alert.detected_ts)}"
    if alert.accounts:
        yield f"accounts {', '.join(alert.accounts)}"
    yield ""
    yield alert.explanation
    yield ""
    for title, values in (("observed", alert.metrics), ("thresholds", alert.thresholds), ("usual", alert.baselines)):
        if values:
            yield f"{title}: {_listed(values)}"
    lacks = alert.completeness
    orders = "1 order" if alert.order_count == 1 else f"{alert.order_count} orders"
    trades = "1 trade" if alert.trade_count == 1 else f"{alert.trade_count} trades"
    yield f"evidence: {orders}, {trades}"
    yield f"record: {lacks.gaps} gaps, {lacks.late} late, {lacks.quarantined} rejected"


def _listed(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())
