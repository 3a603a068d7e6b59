"""What a scenario is given to play with, and what it declares of itself."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import numpy as np

from surveillance.errors import InputError
from surveillance.events import MINUTE, SECOND
from surveillance.simulation.accounts import Accounts
from surveillance.simulation.instruments import Instrument
from surveillance.simulation.kernels.state import Integers
from surveillance.simulation.script import Board, Script
from surveillance.simulation.venues import Later

ALERT: Final = "alert"
QUIET: Final = "quiet"
MILLISECOND: Final = 1_000_000
NEAR_MISS_DIFFICULTY: Final = 0.5
SPREAD_OF_PARAMETERS: Final = 0.1
MUTED_BEFORE_NS: Final = 90 * SECOND
MUTED_AFTER_NS: Final = 60 * SECOND
CONCEDES_NS: Final = 2 * SECOND


class Cast:
    """Who acts in the scenarios of a session so far: pairs of an instrument and an owner, newcomers apart."""

    def __init__(self) -> None:
        self.seen: set[tuple[int, int]] = set()
        self.newcomers: set[tuple[int, int]] = set()


class Stage:
    """One scenario's place in the market: its instrument, its start, its chance, and the scale of its difficulty.

    Whatever makes a pattern plainer is multiplied by 3^(1-2d), whatever must be short is divided by it, each within
    10 %: difficulty 0 is three times the start value, .5 is it, 1 a third.
    """

    def __init__(
        self,
        instrument: Instrument,
        accounts: Accounts,
        boards: list[Board],
        tag: int,
        start: int,
        longest_ns: int,
        difficulty: float,
        chance: np.random.Generator,
        instruments: list[Instrument] | None = None,
        cast: Cast | None = None,
    ) -> None:
        self.instrument = instrument
        self.instruments = instruments or [instrument]
        self.start = start
        self.chance = chance
        self._cast = cast or Cast()
        self.script: Script = boards[instrument.number].script(tag)
        self.feed: list[Script] = [board.script(tag) for board in boards]
        self.events: list[dict[str, Any]] = []
        self.silences: list[tuple[int, int]] = []
        self.losses: list[tuple[int, int]] = []
        self.earlier_days = 0
        self.later: list[Later] = []
        self.trade_ids: list[str] = []
        self.minute_bars = False
        self.companions: list[tuple[int, int, float]] = []
        self.previous_close: float | None = None
        self.tag = tag
        self.end = start
        self._accounts = accounts
        self._longest_ns = longest_ns
        self._scale = 3.0 ** (1.0 - 2.0 * difficulty)

    @property
    def latest_end(self) -> int:
        """When its time is up; the session's close for a scenario at the close."""
        return self.start + self._longest_ns

    def larger(self, start_value: float) -> float:
        """Scale what makes the pattern plainer when it is large: sizes, speeds, and times that must be reached."""
        return start_value * self._scale * self._about_one()

    def shorter(self, start_value_ns: float) -> int:
        """Scale a time that must not be exceeded."""
        return round(start_value_ns / (self._scale * self._about_one()))

    def share(self, start_value: float, bound: float = 1.0) -> float:
        """Scale a share, up to its natural bound."""
        return min(bound, self.larger(start_value))

    def count(self, start_value: float, at_least: int = 1) -> int:
        """Scale a count."""
        return max(at_least, round(self.larger(start_value)))

    def usual(self, times: float) -> float:
        """Give so many times the instrument's usual order size, in shares."""
        return times * self.instrument.usual_size

    def between(self, low: float, high: float) -> float:
        """Draw evenly from a range."""
        return float(self.chance.uniform(low, high))

    def side(self) -> int:
        """Draw buy (1) or sell (-1)."""
        return 1 if self.chance.random() < 0.5 else -1

    def trader(self, second_account: float = 0.0) -> tuple[int, int]:
        """Draw a client or proprietary owner and keep its background agent out of the scenario.

        Gives two account numbers; they differ with probability `second_account` if the owner has two.
        """
        first = int(self.chance.choice(self._traders_but(self._cast.newcomers)))
        group = self._accounts.of_owner(int(self._accounts.owners[first]))
        self._cast.seen.add((self.instrument.number, int(self._accounts.owners[first])))
        for account in group:
            self.script.mute(account, self.start - MUTED_BEFORE_NS, self.start + self._longest_ns + MUTED_AFTER_NS)
        others = [account for account in group if account != first]
        if others and self.chance.random() < second_account:
            return first, others[0]
        return first, first

    def owners(self, count: int, kind: str | None = None, accounts: int = 1) -> list[list[int]]:
        """Draw different owners with at least so many accounts, of a kind if one is given; their agents stay away.

        Gives the account numbers of each.
        """
        traders = [int(number) for number in self._traders_but(self._cast.newcomers)]
        fit = {}
        for number in traders:
            owner = int(self._accounts.owners[number])
            group = self._accounts.of_owner(owner)
            if len(group) >= accounts and (kind is None or self._accounts.kinds[number] == kind):
                fit[owner] = group
        drawn = self.chance.choice(sorted(fit), count, replace=False)
        self._cast.seen.update((self.instrument.number, int(owner)) for owner in drawn)
        groups = [fit[int(owner)] for owner in drawn]
        until = self.start + self._longest_ns + MUTED_AFTER_NS
        for account in (account for group in groups for account in group):
            self.script.mute(account, self.start - MUTED_BEFORE_NS, until)
        return groups

    def newcomer(self) -> int:
        """Draw a client or proprietary account whose owner does nothing else in this market all session."""
        account = int(self.chance.choice(self._traders_but(self._cast.seen | self._cast.newcomers)))
        owner = int(self._accounts.owners[account])
        self._cast.newcomers.add((self.instrument.number, owner))
        for each in self._accounts.of_owner(owner):
            self.script.mute(each, self.instrument.opens_at - MINUTE, self.instrument.closes_at)
        return account

    def maker(self) -> int:
        """Draw a market maker's account; its background agent goes on."""
        return int(self.chance.choice(self._accounts.makers))

    def companion(self, correlation: float) -> tuple[Instrument, float]:
        """Give the instrument that moves with this one, and how: bars of earlier days will say so.

        Instruments go in pairs, in every third of which one rises where the other falls; `correlation` is absolute.
        """
        numbers = len(self.instruments)
        if numbers < 2:
            raise InputError("a scenario of two instruments needs a session of two symbols")
        mine = self.instrument.number
        other = mine ^ 1 if mine ^ 1 < numbers else mine - 2
        base = min(mine, other)
        signed = -correlation if base // 2 % 3 == 2 else correlation
        self.companions.append((base, max(mine, other), signed))
        return self.instruments[other], signed

    def stranger(self) -> Instrument:
        """Give an instrument of another pair; bars of earlier days tell of both."""
        apart = [each for each in self.instruments if each.number // 2 != self.instrument.number // 2]
        if not apart:
            raise InputError("a scenario of two unrelated instruments needs a session of four symbols")
        other = apart[int(self.chance.integers(len(apart)))]
        self.companions += [(each.number, each.number, 1.0) for each in (self.instrument, other)]
        return other

    def first_accounts(self) -> dict[int, str]:
        """Give every owner's number and the name of one account of it."""
        found: dict[int, str] = {}
        for number, owner in enumerate(self._accounts.owners.tolist()):
            found.setdefault(int(owner), self._accounts.names[number])
        return found

    def owner_of(self, account: int) -> int:
        """Give the number of an account's owner."""
        return int(self._accounts.owners[account])

    def hedger(self) -> int:
        """Draw a hedger's account and keep its background agent, which may be busy on the other side, out of it."""
        account = int(self.chance.choice(self._accounts.hedgers))
        self.script.mute(account, self.start - MUTED_BEFORE_NS, self.start + self._longest_ns + MUTED_AFTER_NS)
        return account

    def quiet_market(self, until: int) -> None:
        """Hold fair value, for a scenario that needs its orders not to be reached."""
        self.script.volatility(self.start - SECOND, until, 0.0)

    def keep_up(self, start: int, until: int, within_ns: float = CONCEDES_NS) -> None:
        """Have the mid keep up with fair value at any rate, from where it is at the start.

        What fair value has passed is withdrawn within so long at 25 orders a second; before that it may be traded with.
        """
        self.script.accept(start)
        self.script.concede(start, until, round(within_ns * self.instrument.life_scale))

    def needs_history(self, days: int) -> None:
        """Have bars of so many earlier days go before the session."""
        self.earlier_days = max(self.earlier_days, days)

    def trade_id(self, number: int = 0) -> str:
        """Name a trade of another venue."""
        return f"V{self.tag}-{number}"

    def lasts_until(self, end: int) -> None:
        """Say when the scenario ends, where no orders of its own show it."""
        self.end = max(self.end, end)

    def _traders_but(self, absent: set[tuple[int, int]]) -> Integers:
        """Give the accounts of traders, without those of owners that are listed for this instrument."""
        owners = [owner for number, owner in sorted(absent) if number == self.instrument.number]
        traders = self._accounts.traders
        return traders[~np.isin(self._accounts.owners[traders], owners)]

    def _about_one(self) -> float:
        return self.between(1.0 - SPREAD_OF_PARAMETERS, 1.0 + SPREAD_OF_PARAMETERS)


class Scenario(msgspec.Struct, frozen=True):
    """A pattern, near miss or control.

    `longest_ns` bounds its length at difficulty .5; `earliest_ns` is how much session must lie before it, so that
    baselines exist; it starts on a multiple of `aligned_ns`. One of the `whole_feed` concerns all symbols.
    One `at_close` ends with the session. A scenario that does not `name_orders` is known by symbol and time alone, and
    the trades of another venue.
    An enforcement case says which `pattern` it is a case of.
    One `at_open` begins with the session; what `past` it brings along (`days`, `minutes` ...) does not mix with another
    on the same instrument. For `lead_ns` before it none other has moved its instrument. One that is `only_said`, by a
    status, disturbs no other.
    """

    name: str
    expect: str
    play: Callable[[Stage], None]
    longest_ns: int
    earliest_ns: int = 3 * MINUTE
    aligned_ns: int = 1
    names_orders: bool = True
    whole_feed: bool = False
    at_open: bool = False
    past: str = ""
    lead_ns: int = 0
    fixed_length: bool = False
    only_said: bool = False
    pattern: str = ""
    at_close: bool = False

    @property
    def labelled(self) -> str:
        """The pattern its label names."""
        return self.pattern or self.name

    def longest(self, difficulty: float) -> int:
        """Bound its length, in nanoseconds; near misses and controls do not scale."""
        scales = self.expect == ALERT and not self.fixed_length
        return round(self.longest_ns * (3.0 ** abs(1.0 - 2.0 * difficulty) if scales else 1.0))
