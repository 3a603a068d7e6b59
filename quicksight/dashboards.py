"""All dashboards, in the order of the list."""

from quicksight import (
    alert_triage,
    analyst_grades,
    earnings,
    feeds_and_quality,
    instrument,
    live_market,
    market_health,
    microstructure,
)
from quicksight.layout import Dashboard


def dashboards(prefix: str) -> tuple[Dashboard, ...]:
    """Make them all; `prefix` begins their ids."""
    return (
        alert_triage.dashboard(prefix),
        live_market.dashboard(prefix),
        instrument.dashboard(prefix),
        market_health.dashboard(prefix),
        microstructure.dashboard(prefix),
        earnings.dashboard(prefix),
        analyst_grades.dashboard(prefix),
        feeds_and_quality.dashboard(prefix),
    )
