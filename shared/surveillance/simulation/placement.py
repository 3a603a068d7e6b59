"""Where and when scenarios are played: apart from each other, and late enough for baselines to exist."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from surveillance.errors import InputError
from surveillance.events import MINUTE
from surveillance.simulation.scenarios import CONTROLS, PATTERNS, PLAYABLE
from surveillance.simulation.stage import Scenario

GAPS_NS: Final = (3 * MINUTE, 2 * MINUTE, MINUTE, MINUTE // 2)
"""Quiet time between two scenarios of a symbol; the smaller ones only where it is crowded."""
MORE_ATTEMPTS: Final = 8
"""Where one found no room, all are placed anew so often."""
GAP_OF_WHOLE_FEED_NS: Final = MINUTE // 3
TRIES: Final = 400
AT_OPEN_NS: Final = 1_000_000
BEFORE_CLOSE_NS: Final = MINUTE
DEFAULT_OF_EACH_PATTERN: Final = 3
PAIR: Final = "pair"


class Placed(msgspec.Struct, frozen=True):
    """A scenario, the number of its instrument (that of a whole feed is 0), its start and its latest end."""

    scenario: Scenario
    instrument: int
    start: int
    end: int


def place(
    wanted: Mapping[str, int] | None,
    instruments: int,
    opens_at: int,
    closes_at: int,
    difficulty: float,
    chance: np.random.Generator,
) -> list[Placed]:
    """Draw a place for every scenario, in order of start.

    `wanted` None means three of each pattern and one of each control, as far as the session has room. Raises
    `InputError` for a name that does not exist, and for explicit wishes that do not fit.
    """
    counts = dict.fromkeys(PATTERNS, DEFAULT_OF_EACH_PATTERN) | dict.fromkeys(CONTROLS, 1) if wanted is None else wanted
    unknown = sorted(set(counts) - set(PLAYABLE))
    if unknown:
        raise InputError(f"no scenario {', '.join(unknown)}; there are {', '.join(PLAYABLE)}")
    queue = [(turn, PLAYABLE[name]) for name, count in counts.items() for turn in range(count)]
    queue.sort(
        key=lambda item: (
            not item[1].at_close,
            not (item[1].whole_feed or item[1].lead_ns),
            item[0],
            not item[1].whole_feed,
            -item[1].earliest_ns,
            -item[1].longest_ns,
        )
    )
    scenarios = [scenario for _, scenario in queue]
    placed, left_out = _place_each(scenarios, instruments, opens_at, closes_at, difficulty, chance, gather=False)
    for _ in range(MORE_ATTEMPTS):
        if left_out:
            again = _place_each(scenarios, instruments, opens_at, closes_at, difficulty, chance, gather=True)
            placed, left_out = min((placed, left_out), again, key=lambda each: len(each[1]))
    if left_out and wanted is not None:
        raise InputError(f"the session has no room for another {left_out[0].name}; make it longer or add symbols")
    return sorted(placed, key=lambda each: (each.start, each.instrument, each.scenario.name))


def _place_each(
    scenarios: Sequence[Scenario],
    instruments: int,
    opens_at: int,
    closes_at: int,
    difficulty: float,
    chance: np.random.Generator,
    gather: bool,
) -> tuple[list[Placed], list[Scenario]]:
    """Place scenarios in turn; give those there was no room for too.

    Those that need a past of their own come first and, with `gather`, on few instruments.
    """
    placed: list[Placed] = []
    left_out = []
    for scenario in sorted(scenarios, key=lambda each: not each.past) if gather else scenarios:
        alike = {each.instrument for each in placed if each.scenario.past == scenario.past} if scenario.past else set()
        several = sorted(alike) if gather and alike else range(instruments)
        found = _find(scenario, placed, several, opens_at, closes_at, difficulty, chance)
        if found is None and len(several) < instruments:
            found = _find(scenario, placed, range(instruments), opens_at, closes_at, difficulty, chance)
        if found is None:
            left_out.append(scenario)
        else:
            placed.append(found)
    return placed, left_out


def _find(
    scenario: Scenario,
    placed: list[Placed],
    instruments: Sequence[int],
    opens_at: int,
    closes_at: int,
    difficulty: float,
    chance: np.random.Generator,
) -> Placed | None:
    longest_ns = scenario.longest(difficulty)
    first = opens_at + scenario.earliest_ns
    last = closes_at - longest_ns - BEFORE_CLOSE_NS
    if scenario.at_open:
        first = opens_at + AT_OPEN_NS
        last = min(last, first + scenario.aligned_ns)
    if scenario.at_close:
        first = max(first, closes_at - longest_ns)
        last = first + 1
    if last <= first or first + longest_ns > closes_at:
        return None

    def at(instrument: int, start: int, gap_ns: int) -> Placed | None:
        start = -(-start // scenario.aligned_ns) * scenario.aligned_ns
        candidate = Placed(scenario, instrument, start, start + longest_ns)
        free = first <= start <= last and not any(_collide(candidate, other, gap_ns) for other in placed)
        return candidate if free else None

    for gap_ns in GAPS_NS:
        for _ in range(TRIES):
            instrument = 0 if scenario.whole_feed else instruments[int(chance.integers(len(instruments)))]
            start = first if scenario.at_open else int(chance.integers(first, last))
            if (found := at(instrument, start, gap_ns)) is not None:
                return found
    # every place right behind another scenario
    for instrument in [0] if scenario.whole_feed else instruments:
        for start in [first, *sorted(other.end + GAPS_NS[-1] + scenario.lead_ns for other in placed)]:
            if (found := at(instrument, start, GAPS_NS[-1])) is not None:
                return found
    return None


def _collide(one: Placed, other: Placed, gap_ns: int) -> bool:
    if one.scenario.whole_feed != other.scenario.whole_feed and (one.scenario.only_said or other.scenario.only_said):
        return False
    if one.scenario.whole_feed or other.scenario.whole_feed:
        return max(one.start, other.start) < min(one.end, other.end) + GAP_OF_WHOLE_FEED_NS
    if one.instrument != other.instrument and not _are_pair(one, other):
        return False
    if one.scenario.past and other.scenario.past and one.scenario.past != other.scenario.past:
        return True
    begins, other_begins = one.start - one.scenario.lead_ns, other.start - other.scenario.lead_ns
    return begins < other.end + gap_ns and other_begins < one.end + gap_ns


def _are_pair(one: Placed, other: Placed) -> bool:
    """Say whether two scenarios that each play on two instruments play on the same; see `Stage.companion`."""
    return one.scenario.past == other.scenario.past == PAIR and one.instrument // 2 == other.instrument // 2
