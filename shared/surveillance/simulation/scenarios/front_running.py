"""Front running: a proprietary account takes what a large client order is about to take, and offers it to it.

Start values: rules.md, `front_running`: at most a second ahead. In some the client's order arrives first, away from the
market, and the leader reacts within 20 to 150 ms. The client's order is as large as it takes to reach what is offered.
"""

from surveillance.events import SECOND
from surveillance.simulation.accounts import CLIENT, PROPRIETARY_KIND
from surveillance.simulation.script import at_opposite, at_price_of, behind_best, executed_of, reaching, shares
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

AHEAD_NS = 1 * SECOND
LEAD_TIMES_USUAL = 2.0
TICKS = 1.5
CLIENT_TIMES_USUAL = 10.0
REACTION_NS = (20 * MILLISECOND, 150 * MILLISECOND)
REACTING = 0.4
LONGEST_NS = 20 * SECOND


def _actors(stage: Stage, kind: str = PROPRIETARY_KIND) -> tuple[int, int, int]:
    """Draw who leads, by which account it trades out, and the client."""
    if kind == CLIENT:
        leaders, (client, *_) = stage.owners(2, CLIENT)
    else:
        (leaders,) = stage.owners(1, kind)
        ((client, *_),) = stage.owners(1, CLIENT)
    return leaders[0], leaders[-1], client


def _lead(stage: Stage, at: int, account: int, way_out: int, side: int, ticks: int, held_ns: int = MILLISECOND) -> int:
    """Take the best prices and offer what was got a little dearer; gives the order that offers it."""
    size = shares(stage.usual(stage.larger(LEAD_TIMES_USUAL)))
    lead = stage.script.enter(at, account, side, at_opposite(), size, immediate=True)
    return stage.script.enter(at + held_ns, way_out, -side, at_price_of(lead, ticks), executed_of(lead), post_only=True)


def _ticks(stage: Stage) -> int:
    return max(1, round(stage.larger(TICKS)))


def _ahead(stage: Stage) -> int:
    return round(stage.shorter(AHEAD_NS) * stage.between(0.1, 0.8))


def front_run(stage: Stage) -> None:
    """The pattern."""
    account, way_out, client = _actors(stage)
    side, ahead_ns, ticks = stage.side(), _ahead(stage), _ticks(stage)
    script = stage.script
    reacts = stage.chance.random() < REACTING
    leads = stage.start + (round(stage.between(*REACTION_NS)) if reacts else 0)
    crosses = leads + ahead_ns
    arrives = stage.start if reacts else crosses - MILLISECOND
    size = shares(stage.usual(stage.larger(CLIENT_TIMES_USUAL)))
    waits = script.enter(arrives, client, side, behind_best(8), size)
    out = _lead(stage, leads, account, way_out, side, ticks, ahead_ns - 5 * MILLISECOND)
    script.replace(waits, side, at_price_of(out), crosses, size=reaching(out, 1.0))
    script.cancel(waits, crosses + SECOND)
    script.cancel(out, leads + 10 * SECOND)


def _client_takes(stage: Stage, at: int, client: int, side: int, size: float = 10.0) -> int:
    return stage.script.enter(at, client, side, at_opposite(6), shares(stage.usual(size)), immediate=True)


def follow_client(stage: Stage) -> None:
    """All but the order: the proprietary account trades after the client."""
    account, way_out, client = _actors(stage)
    side = stage.side()
    _client_takes(stage, stage.start, client, side)
    out = _lead(stage, stage.start + 100 * MILLISECOND, account, way_out, side, 1)
    stage.script.cancel(out, stage.start + 15 * SECOND)


def lead_other_way(stage: Stage) -> None:
    """All but the side: it sells ahead of a client who buys, or the other way round."""
    account, way_out, client = _actors(stage)
    side = stage.side()
    out = _lead(stage, stage.start, account, way_out, -side, 1)
    _client_takes(stage, stage.start + _ahead(stage), client, side)
    stage.script.cancel(out, stage.start + 15 * SECOND)


def lead_small_order(stage: Stage) -> None:
    """All but the size: the client's order is a usual one."""
    account, way_out, client = _actors(stage)
    side = stage.side()
    out = _lead(stage, stage.start, account, way_out, side, 1)
    _client_takes(stage, stage.start + _ahead(stage), client, side, size=1.0)
    stage.script.cancel(out, stage.start + 15 * SECOND)


def lead_and_keep(stage: Stage) -> None:
    """All but the way out: the position is kept."""
    account, _, client = _actors(stage)
    side = stage.side()
    size = shares(stage.usual(LEAD_TIMES_USUAL))
    stage.script.enter(stage.start, account, side, at_opposite(), size, immediate=True)
    _client_takes(stage, stage.start + _ahead(stage), client, side)


def client_ahead_of_client(stage: Stage) -> None:
    """All but the proprietary account: one client happens to be ahead of another."""
    account, way_out, client = _actors(stage, CLIENT)
    side, ticks, ahead_ns = stage.side(), _ticks(stage), _ahead(stage)
    out = _lead(stage, stage.start, account, way_out, side, ticks)
    stage.script.enter(stage.start + ahead_ns, client, side, at_price_of(out), reaching(out, 1.0), immediate=True)
    stage.script.cancel(out, stage.start + 10 * SECOND)


SCENARIOS = (
    Scenario("front_running", ALERT, front_run, LONGEST_NS),
    Scenario("front_running_too_late", QUIET, follow_client, LONGEST_NS),
    Scenario("front_running_other_way", QUIET, lead_other_way, LONGEST_NS),
    Scenario("front_running_small_order", QUIET, lead_small_order, LONGEST_NS),
    Scenario("front_running_kept", QUIET, lead_and_keep, LONGEST_NS),
    Scenario("front_running_by_client", QUIET, client_ahead_of_client, LONGEST_NS),
)
