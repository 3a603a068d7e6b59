"""An alert as a row: in the list of alerts, and shorter on the board."""

from typing import Final

from local.page.alert_list import Entry
from local.page.cells import Cell, Column, Row, row
from local.page.following import Following
from local.page.times import EXCHANGE, clock, written, zone_for

COLUMNS: Final = (
    Column("Rule"),
    Column("Severity"),
    Column("Symbol"),
    Column("Detected", "nowrap"),
    Column("Score", "number less"),
    Column("Accounts", "text less"),
    Column("Status"),
    Column("What happened", "text less"),
)
SHORT: Final = (Column("Rule"), Column("Severity"), Column("Symbol"), Column("Detected", "number"))
STATUS_NAMES: Final = {
    "open": "Open",
    "in_review": "Under review",
    "escalated": "Escalated",
    "closed_true": "Closed: confirmed",
    "closed_false": "Closed: false alarm",
    "suppressed": "Suppressed",
}


def address(alert_id: str) -> str:
    """Give the address of an alert's page."""
    return f"/alerts/{alert_id}"


def title(rule: str) -> str:
    """Write a rule's id as words."""
    words = rule.replace("_", " ")
    return words[:1].upper() + words[1:]


def listed(following: Following, entry: Entry, zone: str) -> Row:
    """Give the row of the list of alerts."""
    return row(
        entry.alert_id,
        (
            Cell(title(entry.rule), link=address(entry.alert_id)),
            Cell(entry.severity, badge=f"severity {entry.severity}"),
            entry.symbol,
            written(entry.detected_ts, zone_for(zone, following.zone(entry.symbol, entry.venue))),
            f"{entry.score:.2f}",
            ", ".join(entry.accounts) or "–",
            Cell(STATUS_NAMES.get(entry.status, entry.status), badge=f"status {entry.status}"),
            entry.sentence,
        ),
    )


def short(following: Following, entry: Entry, zone: str) -> Row:
    """Give the row of the board."""
    return row(
        entry.alert_id,
        (
            Cell(title(entry.rule), link=address(entry.alert_id)),
            Cell(entry.severity, badge=f"severity {entry.severity}"),
            entry.symbol,
            clock(entry.detected_ts, zone_for(zone, following.zone(entry.symbol, entry.venue))),
        ),
    )


def time_title(zone: str) -> str:
    """Name the zone that times are in."""
    return "exchange time" if zone == EXCHANGE else zone
