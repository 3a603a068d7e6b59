"""A lane log fed to the engine again: the audit's proof that its lines give the stored alerts."""

from collections.abc import Iterable

from surveillance import alerts, wire
from surveillance.adapters.engine_protocol import RuleEngine
from surveillance.alerts import Alert
from surveillance.engine import ndjson


def replay_lane_log(engine: RuleEngine, lane: int, pieces: Iterable[bytes]) -> list[Alert]:
    """Give the last revision of each alert that the lines lead to, from an empty lane."""
    state, decoder = engine.new_state(lane), wire.Decoder(ndjson.Reader())
    fed = (engine.feed(state, decoder.decode(piece)).alerts for piece in pieces)
    return alerts.last_revisions(alert for some in fed for alert in some)
