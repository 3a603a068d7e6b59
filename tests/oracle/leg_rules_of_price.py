"""Marking the close and ramping, told over plain objects."""

from dataclasses import dataclass, field
from math import nan, sqrt

from surveillance.events import DAY, SECOND

from tests.oracle.findings import Said, ns, picked
from tests.oracle.legs import Leg
from tests.oracle.market import Owner

Values = dict[str, float]
RECENT_S = 300.0


def mid_of(leg: Leg) -> float:
    return nan if leg.bid is None or leg.ask is None else (leg.bid + leg.ask) / 2


@dataclass(eq=False)
class Part:
    """One owner's part of a window."""

    owner: Owner
    first: str
    first_ts: int
    second: str | None = None
    bought: float = 0.0
    sold: float = 0.0
    moments: int = 0
    last_ts: int = 0
    trades: list[str | None] = field(default_factory=list)
    told: bool = False


@dataclass(eq=False)
class Window:
    """The trading before a reference time."""

    start_ts: int
    start: float
    sigma: float
    bought: float = 0.0
    sold: float = 0.0
    parts: list[Part] = field(default_factory=list)

    def count(self, leg: Leg) -> Part:
        part = next((each for each in self.parts if each.owner is leg.owner), None)
        if part is None:
            part = Part(leg.owner, leg.account, leg.ts)
            if len(self.parts) < 24:
                self.parts.append(part)
            else:
                least = min(range(24), key=lambda place: self.parts[place].bought + self.parts[place].sold)
                self.parts[least] = part
        if leg.side > 0:
            self.bought += leg.quantity
            part.bought += leg.quantity
        else:
            self.sold += leg.quantity
            part.sold += leg.quantity
        if leg.account != part.first:
            part.second = leg.account
        if part.last_ts != leg.ts:
            part.last_ts = leg.ts
            part.moments += 1
            if len(part.trades) < 16:
                part.trades.append(leg.trade)
        return part


class MarkingTheClose:
    """A market's window before its next reference time."""

    def __init__(self) -> None:
        self.reference = 0
        self.whole: Window | None = None
        self.burst: Window | None = None

    def see(self, leg: Leg, p: Values) -> Said | None:
        reference = self.reference_of(leg, p)
        if reference == 0:
            return None
        if self.whole is None or self.reference != reference:
            self.reference = reference
            self.whole, self.burst = Window(leg.ts, mid_of(leg), leg.volatility), None
        said = self.judge(leg, self.whole, self.whole.count(leg), True, p)
        if leg.ts >= reference - ns(p["burst_s"]):
            if self.burst is None:
                self.burst = Window(leg.ts, mid_of(leg), leg.volatility)
            part = self.burst.count(leg)
            said = said or self.judge(leg, self.burst, part, False, p)
        return said

    @staticmethod
    def reference_of(leg: Leg, p: Values) -> int:
        window = ns(p["window_s"])
        if leg.closes_ts - window <= leg.ts <= leg.closes_ts:
            return leg.closes_ts
        fix = leg.ts // DAY * DAY + ns(p["reference_s"])
        if p["reference_s"] >= 0 and fix - window <= leg.ts <= fix:
            return fix
        first = leg.opens_ts + ns(p["open_window_s"])
        return first if p["open_window_s"] > 0 and leg.opens_ts <= leg.ts <= first else 0

    def judge(self, leg: Leg, window: Window, part: Part, whole: bool, p: Values) -> Said | None:
        gross, volume = part.bought + part.sold, max(window.bought, window.sold)
        share = gross / volume
        enough = (
            not part.told
            and share >= p["min_share" if whole else "burst_share"]
            and part.moments >= (p["min_trades"] if whole else 3)
            and max(part.bought, part.sold) >= p["min_direction"] * gross
            and volume >= (p["min_volume"] if whole else 3) * leg.usual_trade
        )
        if not enough or (whole and 2 * (self.reference - leg.ts) > ns(p["window_s"])):
            return None
        side = 1 if part.bought > part.sold else -1
        push = (mid_of(leg) - window.start) * side
        sigma = window.sigma * sqrt(max((leg.ts - window.start_ts) / SECOND, 1.0))
        least = p["min_push_bp" if whole else "burst_push_bp"] * 1e-4 * abs(window.start)
        if not (push >= p["min_sigmas"] * sigma and push >= least):
            return None
        day = leg.day_volume - volume
        day_share = max(leg.bought + leg.sold - gross, 0.0) / day if day > 0 else 0.0
        if share < p["day_multiple"] * day_share:
            return None
        part.told = True
        strength = min(push / max(sigma, 1e-12) / (4 * max(p["min_sigmas"], 0.1)), 1.0)
        return Said(
            score=0.8 + 0.1 * min(share / 0.5, 1.0) + 0.06 * strength,
            ts=leg.ts,
            start_ts=part.first_ts,
            end_ts=leg.ts,
            trades=[name for name in part.trades if name is not None],
            accounts=[name for name in (part.first, part.second) if name is not None],
            tier=3 if leg.owner.known else 2,
            metrics={
                "share": share,
                "day_share": day_share,
                "push_bp": push / abs(window.start) * 1e4,
                "sigmas": push / max(sigma, 1e-12),
                "executions": float(part.moments),
                "seconds_to_reference": (self.reference - leg.ts) / SECOND,
            },
            thresholds=picked(p, "window_s day_multiple min_sigmas min_share min_push_bp burst_share burst_push_bp"),
            baselines={"volatility": window.sigma},
        )


@dataclass(eq=False)
class Run:
    """An owner's aggressive executions."""

    start_ts: int
    first: str
    start: float
    sigma: float
    volume_before: float
    second: str | None = None
    bought: float = 0.0
    sold: float = 0.0
    sides: list[int] = field(default_factory=list)
    last_ts: int = 0
    trades: list[str | None] = field(default_factory=list)


class Ramping:
    """One owner's run."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.until = 0

    def see(self, leg: Leg, p: Values) -> Said | None:
        if leg.aggressive <= 0:
            return None
        if leg.ts > self.until:
            self.run = None
        if self.run is None or leg.ts - self.run.start_ts > ns(p["window_s"]):
            self.run = Run(leg.ts, leg.account, mid_of(leg), leg.volatility, leg.day_volume)
        self.until = leg.ts + ns(p["pause_s"])
        self.take(self.run, leg)
        said = self.judge(self.run, leg, p)
        if said:
            self.run = None
        return said

    @staticmethod
    def take(run: Run, leg: Leg) -> None:
        if leg.side > 0:
            run.bought += leg.quantity
        else:
            run.sold += leg.quantity
        if leg.account != run.first:
            run.second = leg.account
        if run.last_ts != leg.ts:
            run.last_ts = leg.ts
            run.sides.append(leg.side)
            if len(run.trades) < 16:
                run.trades.append(leg.trade)

    @staticmethod
    def judge(run: Run, leg: Leg, p: Values) -> Said | None:
        trades = len(run.sides)
        agreeing = sum(a * b for a, b in zip(run.sides, run.sides[1:], strict=False))
        if trades < p["min_trades"] or agreeing < p["min_autocorrelation"] * (trades - 1):
            return None
        own, span = run.bought + run.sold, leg.ts - run.start_ts
        usual = leg.recent_volume * (max(span, ns(p["shortest_s"])) / (RECENT_S * SECOND))
        volume = max(leg.day_volume - run.volume_before, own, usual)
        if leg.ts - leg.opens_ts < ns(p["warm_up_s"]):
            return None
        if own < p["min_share"] * volume or volume < p["min_volume"] * leg.usual_trade:
            return None
        side = 1 if run.bought > run.sold else -1
        move = (mid_of(leg) - run.start) * side
        sigma = run.sigma * sqrt(max(span / SECOND, 1.0))
        moved = move >= p["min_sigmas"] * sigma and move >= p["min_move_bp"] * 1e-4 * abs(run.start)
        if leg.side != side or not moved:
            return None
        strength = min(move / max(sigma, 1e-12) / (4 * max(p["min_sigmas"], 0.1)), 1.0)
        return Said(
            score=0.8 + 0.08 * min(own / volume / 0.4, 1.0) + 0.08 * strength,
            ts=leg.ts,
            start_ts=run.start_ts,
            end_ts=leg.ts,
            trades=[name for name in run.trades if name is not None],
            accounts=[name for name in (run.first, run.second) if name is not None],
            tier=3 if leg.owner.known else 2,
            metrics={
                "executions": float(trades),
                "autocorrelation": agreeing / max(trades - 1, 1),
                "share": own / volume,
                "move_bp": move / abs(run.start) * 1e4,
                "sigmas": move / max(sigma, 1e-12),
            },
            thresholds=picked(p, "min_trades min_autocorrelation min_share min_sigmas min_move_bp"),
            baselines={"volatility": run.sigma},
        )
