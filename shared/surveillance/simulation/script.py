"""How a scenario says what to do: timed commands to one instrument's market, which may wait for each other's orders.

    script = board.script(tag)
    spoof = script.enter(start, account, SELL, behind_best(3), shares(1000))
    bid = script.enter(start + 50 * MS, account, BUY, inside(), shares(300))
    script.cancel(spoof, when=filled(bid), delay_ns=20 * MS, deadline=start + SECOND)

Prices and sizes are worked out when the command runs, from the book as it then is. An order is named by the number
`enter` gives; to cancel or replace one that is gone does nothing. Times are nanoseconds since the Unix epoch.
"""

from typing import Final, NamedTuple

import numpy as np

from surveillance.errors import InputError
from surveillance.simulation.kernels import commands as command
from surveillance.simulation.kernels.state import BUY, COMMANDS, DAY, IMMEDIATE, SELL, Integers

__all__ = ["BUY", "SELL", "Board", "Script"]

MILLION: Final = 1_000_000
ANY_CLIENT: Final = -1


class Price(NamedTuple):
    """A price relative to the book; see `commands` for the anchors."""

    anchor: int
    offset: int = 0
    order: int = -1


class Size(NamedTuple):
    """A size, or a share of something in the book; see `commands` for the measures."""

    measure: int
    amount: int
    order: int = -1
    at_least: int = 0


class When(NamedTuple):
    """What a command waits for."""

    happened: int
    order: int


def at_market() -> Price:
    """Take whatever price the other side has."""
    return Price(command.MARKET)


def at_ticks(ticks: int) -> Price:
    """Name the price itself, in ticks."""
    return Price(command.TICKS, ticks)


def behind_best(ticks: int) -> Price:
    """So many ticks behind the own side's best price; negative = better than it."""
    return Price(command.OWN_BEST, ticks)


def at_opposite(through_ticks: int = 0) -> Price:
    """The best price of the other side, or so many ticks through it: trades at once."""
    return Price(command.OPPOSITE_BEST, -through_ticks)


def inside() -> Price:
    """One tick better than the own side's best where the spread has room."""
    return Price(command.INSIDE)


def at_price_of(order: int, behind_ticks: int = 0) -> Price:
    """The price another order of the script was last given, or so many ticks behind it."""
    return Price(command.ORDER, behind_ticks, order)


def shares(count: float) -> Size:
    """So many shares, rounded to whole lots."""
    return Size(command.SHARES, round(count))


def of_own_depth(share: float) -> Size:
    """A share of all that stands on the order's side when it is entered."""
    return Size(command.OWN_DEPTH, round(share * MILLION))


def of_opposite_best(share: float) -> Size:
    """A share of the size at the other side's best price."""
    return Size(command.OPPOSITE_BEST_SIZE, round(share * MILLION))


def of_own_best(share: float, at_least: float = 0.0) -> Size:
    """A share of the size at the own side's best price, or so many shares where that is less."""
    return Size(command.OWN_BEST_SIZE, round(share * MILLION), at_least=round(at_least))


def reaching(order: int, share: float) -> Size:
    """As much as it takes to trade this share of another order, with all that stands before it."""
    return Size(command.REACH, round(share * MILLION), order)


def of_bar_volume(share: float) -> Size:
    """A share of the mean volume of the last twenty whole minutes."""
    return Size(command.BAR_VOLUME, round(share * MILLION))


def of_others_volume(share: float) -> Size:
    """This share of what others trade from one run of a repeated command to the next; at first, of what is usual."""
    return Size(command.PARTICIPATION, round(share * MILLION))


def executed_of(order: int, share: float = 1.0) -> Size:
    """A share of what has been executed of another order."""
    return Size(command.EXECUTED, round(share * MILLION), order)


def filled(order: int) -> When:
    """As soon as any part of the order trades."""
    return When(command.FILLED, order)


def gone(order: int) -> When:
    """As soon as nothing of the order is left in the book."""
    return When(command.GONE, order)


def threatened(order: int) -> When:
    """As soon as the resting order is at the best price of its side."""
    return When(command.THREATENED, order)


class Board:
    """All commands to one instrument's market, from however many scripts."""

    def __init__(self) -> None:
        self.handles = 0
        self._rows: list[dict[int, int]] = []

    def script(self, tag: int) -> "Script":
        """Start a script whose orders bear this tag on the tape; 0 = none."""
        return Script(self, tag)

    def new_handle(self) -> int:
        """Number one more order."""
        self.handles += 1
        return self.handles - 1

    def add(self, row: dict[int, int]) -> None:
        """Take one command, as column to value; columns left out are 0 or, for what names something, -1."""
        self._rows.append(row)

    def rows(self) -> Integers:
        """Give the command table in the order of writing; raise `InputError` if it is too long for a market."""
        if max(len(self._rows), self.handles) > COMMANDS:
            raise InputError(f"{len(self._rows)} commands to one instrument are more than the {COMMANDS} it can hold")
        table = np.zeros((len(self._rows), command.COMMAND_FIELDS), np.int64)
        names = (command.HANDLE, command.ANCHOR_HANDLE, command.MEASURE_HANDLE, command.WHEN_HANDLE)
        table[:, (*names, command.NEXT_WAITING)] = -1
        for place, row in enumerate(self._rows):
            for column, value in row.items():
                table[place, column] = value
        return table


class Script:
    """One scenario's commands to one instrument."""

    def __init__(self, board: Board, tag: int) -> None:
        self._board = board
        self._tag = tag
        self.stirred_from: int | None = None
        self.withdrawals: list[tuple[int, int, float]] = []

    def enter(
        self,
        at: int,
        account: int,
        side: int,
        price: Price,
        size: Size,
        *,
        when: When | None = None,
        delay_ns: int = 0,
        jitter_ns: int = 0,
        deadline: int | None = None,
        times: int = 1,
        every_ns: int = 0,
        life_ns: int = 0,
        immediate: bool = False,
        post_only: bool = False,
        may_self_trade: bool = False,
        tagged: bool = True,
    ) -> int:
        """Enter an order and give its number; of a repeated order the number is the last one's.

        An order `immediate` or at the market never rests; one `post_only` never takes; `life_ns` above 0 ends each.
        """
        order = self._board.new_handle()
        if not tagged:
            self._stir(at)
        row = self._timed(command.ENTER, at, when, delay_ns, jitter_ns, deadline)
        row |= {
            command.TAG: self._tag if tagged else 0,
            command.ACCOUNT: account,
            command.SIDE: side,
            command.HANDLE: order,
            command.TIMES: times,
            command.EVERY: every_ns,
            command.LIFE: life_ns,
            command.TIME_IN_FORCE: IMMEDIATE if immediate or price.anchor == command.MARKET else DAY,
            command.POST_ONLY: int(post_only),
            command.MAY_SELF_TRADE: int(may_self_trade),
        }
        self._board.add(row | self._price(price) | self._size(size))
        return order

    def cancel(
        self,
        order: int,
        at: int = 0,
        *,
        when: When | None = None,
        delay_ns: int = 0,
        jitter_ns: int = 0,
        deadline: int | None = None,
    ) -> None:
        """Cancel what is open of an order."""
        row = self._timed(command.CANCEL, at, when, delay_ns, jitter_ns, deadline)
        self._board.add(row | {command.HANDLE: order})

    def replace(
        self,
        order: int,
        side: int,
        price: Price,
        at: int = 0,
        *,
        size: Size | None = None,
        when: When | None = None,
        delay_ns: int = 0,
        jitter_ns: int = 0,
        deadline: int | None = None,
        times: int = 1,
        every_ns: int = 0,
        post_only: bool = False,
    ) -> None:
        """Move an order to a price, and to a size if one is given; repeated, it follows the book."""
        row = self._timed(command.REPLACE, at, when, delay_ns, jitter_ns, deadline)
        row |= {command.HANDLE: order, command.SIDE: side, command.TIMES: times, command.EVERY: every_ns}
        row[command.POST_ONLY] = int(post_only)
        self._board.add(row | self._price(price) | self._size(size or Size(command.SHARES, 0)))

    def mute(self, account: int, at: int, until: int) -> None:
        """Keep the account's background agent out of the market."""
        self._scene(command.MUTE, at, until, 0, account)

    def drift(self, at: int, until: int, ticks: float) -> None:
        """Move fair value evenly."""
        self._stir(at)
        self._scene(command.DRIFT, at, until, round(ticks * 1000))

    def accept(self, at: int) -> None:
        """Make the mid fair value, so that the price rests where it has come to."""
        self._scene(command.ACCEPT, at, at, 0)

    def volatility(self, at: int, until: int, times_usual: float) -> None:
        """Make fair value more or less volatile; 0 holds it."""
        self._scene(command.VOLATILITY, at, until, round(times_usual * MILLION))

    def intensity(self, at: int, until: int, times_usual: float) -> None:
        """Make the background busier or quieter."""
        if times_usual > 1.0:
            self._stir(at)
        self._scene(command.INTENSITY, at, until, round(times_usual * MILLION))

    def pressure(self, at: int, until: int, lean: float) -> None:
        """Make impatient traders buy (1), sell (-1), or anything between."""
        self._scene(command.PRESSURE, at, until, round(lean * MILLION))

    def widen(self, at: int, until: int, times_usual: float) -> None:
        """Have everybody keep so far from the mid that the spread is this many times the usual one."""
        self._scene(command.WIDEN, at, until, round(times_usual * MILLION))

    def pause(self, at: int, until: int) -> None:
        """Let nothing happen; commands still run."""
        self._scene(command.PAUSE, at, until, 0)

    def scatter(self, at: int, within_ns: int, share: float) -> None:
        """Have the background cancel a share of its open orders within a time."""
        self.withdrawals.append((at, within_ns, share))
        self._board.add(
            {command.VERB: command.SCATTER, command.TIME: at, command.AMOUNT: round(share * MILLION)}
            | {command.EVERY: within_ns, command.TIMES: 1}
        )

    def concede(self, at: int, until: int, within_ns: int) -> None:
        """Have the background withdraw within a time what fair value has passed, so that the mid keeps up with it."""
        times = 1 - (at - until) // within_ns
        self._board.add(
            {command.VERB: command.CONCEDE, command.TIME: at, command.EVERY: within_ns, command.TIMES: times}
        )

    def _stir(self, at: int) -> None:
        """Note since when the background follows the script."""
        self.stirred_from = at if self.stirred_from is None else min(at, self.stirred_from)

    def _scene(self, verb: int, at: int, until: int, amount: int, account: int = 0) -> None:
        row = {command.VERB: verb, command.TIME: at, command.UNTIL: until, command.AMOUNT: amount}
        self._board.add(row | {command.ACCOUNT: account, command.TIMES: 1})

    @staticmethod
    def _timed(
        verb: int, at: int, when: When | None, delay_ns: int, jitter_ns: int, deadline: int | None
    ) -> dict[int, int]:
        row = {command.VERB: verb, command.TIME: at, command.JITTER: jitter_ns, command.TIMES: 1}
        if when is not None:
            row |= {command.WHEN: when.happened, command.WHEN_HANDLE: when.order, command.DELAY: delay_ns}
        if deadline is not None:
            row |= {command.DEADLINE: deadline, command.OTHERWISE: 1}
        return row

    @staticmethod
    def _price(price: Price) -> dict[int, int]:
        return {command.ANCHOR: price.anchor, command.OFFSET: price.offset, command.ANCHOR_HANDLE: price.order}

    @staticmethod
    def _size(size: Size) -> dict[int, int]:
        return {command.MEASURE: size.measure, command.AMOUNT: size.amount, command.MEASURE_HANDLE: size.order} | {
            command.AT_LEAST: size.at_least
        }
