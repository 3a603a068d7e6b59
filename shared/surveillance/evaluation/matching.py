"""When an alert hits a scenario: symbol, time, shared evidence, and no longer than it deserves."""

from collections.abc import Collection, Iterable
from typing import Final

from surveillance.alerts import Alert
from surveillance.events import SECOND
from surveillance.simulation.labels import Label

SLACK_NS: Final = 5 * SECOND
LONGER_NS: Final = 60 * SECOND


def hits(alert: Alert, label: Label) -> bool:
    """Say whether an alert is about a scenario; whether one was expected there is not asked."""
    if alert.symbol != label.symbol:
        return False
    if alert.start_ts > label.end_ts + SLACK_NS or alert.end_ts < label.start_ts - SLACK_NS:
        return False
    if alert.end_ts - alert.start_ts > 2 * (label.end_ts - label.start_ts) + LONGER_NS:
        return False
    return _share_evidence(alert, label)


def hit_by(alert: Alert, labels: Iterable[Label], answers: Collection[str]) -> list[Label]:
    """Give the labels an alert hits; a condition within a quiet scenario is seen by the rules that answer it only."""
    return [label for label in labels if (label.within is None or label.pattern in answers) and hits(alert, label)]


def _share_evidence(alert: Alert, label: Label) -> bool:
    if (alert.order_ids or alert.trade_ids) and (label.order_ids or label.trade_ids):
        shared_orders = set(alert.order_ids) & set(label.order_ids)
        return bool(shared_orders or set(alert.trade_ids) & set(label.trade_ids))
    if alert.accounts and label.accounts:
        return bool(set(alert.accounts) & set(label.accounts))
    return True
